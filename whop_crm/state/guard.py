"""The one gate before every Reflex event: whatever is not marked is denied.

Any websocket client can name any public method of any state with any arguments, and whoever presents a client token
gets that token's state. So before each event the gate finds the session behind the *connection's* cookie, empties the
whole state when the session or company behind the token has changed, demands the marker of the handler and its
permission, and lets only arguments through that fit the handler's annotations.
"""

from collections.abc import Awaitable, Callable

import reflex as rx
import structlog
from prometheus_client import Counter, Gauge
from reflex.event import Event
from reflex.middleware import Middleware
from reflex.state import BaseState, StateUpdate

from whop_crm import routes
from whop_crm.services.companies import Visit
from whop_crm.state import session, wire
from whop_crm.state.arguments import BadArguments, checked
from whop_crm.state.live import hub
from whop_crm.state.marks import Anyone, Rule, Teammate, rule_of
from whop_crm.state.session import SessionState

log = structlog.get_logger(__name__)

REFLEX_EVENTS = frozenset(
    {
        "reflex___state____state.hydrate",
        "reflex___state____state.hydrate_and_load",
        "reflex___state____state.set_is_hydrated",
        "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal",
        "reflex___state____state.reflex___state____on_load_internal_state.set_is_hydrated",
        "reflex___state____state.reflex___state____update_vars_internal_state.update_vars_internal",
        "reflex___state____state.reflex___state____frontend_event_exception_state.handle_frontend_exception",
    }
)
"""Reflex's own events that a page cannot do without. No other is let through by name."""

STORED_IN_BROWSER: frozenset[str] = frozenset()
"""The vars, by full name, that a browser may set from its own storage. None so far."""

_EVENTS = Counter("whop_crm_events", "Events of open tabs, by what became of them.", ["outcome"])
_TABS = Gauge("whop_crm_open_tabs", "Tabs of signed-in people that this process keeps in step.")
_TABS.set_function(lambda: hub.open_tabs)

CHECK = wire.event_name(SessionState, "check")
"""Does nothing: it is sent to have the gate look at a tab again."""

_SENT_BY_US = frozenset({"check", "refresh"})
_NEW_PAGE = "on_load_internal"
_REPEATED = frozenset({"hydrate", "hydrate_and_load", _NEW_PAGE, "load", "refresh"})
Resolve = Callable[[str | None, str | None], Awaitable[Visit | None]]


class Guard(Middleware):
    """`resolve` finds the visit behind a cookie and a company; `connection` the socket that an event belongs to."""

    def __init__(self, resolve: Resolve = session.resolve, connection: wire.FindConnection = wire.connection) -> None:
        self._resolve = resolve
        self._connection = connection

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """None lets the event through; an update is sent instead of running it."""
        update = await self._decide(app, state, event)
        _EVENTS.labels("run" if update is None else "refused").inc()
        return update

    async def _decide(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        rule = _rule(event.name)
        connection = self._connection(app, wire.token())
        if rule is None or connection is None:
            log.warning("event_refused", event_name=event.name[:200], reason="not allowed" if rule is None else "gone")
            return StateUpdate()
        root = state._get_root_state()
        if not root.router_data:
            return await self._lost(app, event, connection)
        company = routes.company_in(root.router.url.path)
        try:
            found = await self._resolve(session.session_cookie(connection.cookie), company)
            await session.note(found, by_hand=event.name.rpartition(".")[2] not in _SENT_BY_US)
        except Exception as error:
            return self._undecided(event, connection, error)
        session.enter(found)
        await self._settle(root, found, company, framed=connection.framed)
        self._follow(event, connection, found)
        return await self._judge(root, event, rule, found)

    def _undecided(self, event: Event, connection: wire.Connection, error: Exception) -> StateUpdate:
        """Without the database nobody enters. What fills a page is repeated by the hub as soon as it is back."""
        log.error("event_undecided", event_name=event.name[:200], reason=type(error).__name__)
        if event.name.rpartition(".")[2] in _REPEATED:
            hub.miss(wire.token(), connection.socket_id, event.name)
        return wire.only(rx.toast.error("Our database cannot be reached. This page comes back by itself."))

    async def _lost(self, app: rx.App, event: Event, connection: wire.Connection) -> StateUpdate:
        """The state of this tab is gone and it was not the browser that spoke: nobody knows where the tab is."""
        log.warning("state_lost", event_name=event.name[:200])
        await wire.hang_up(app, connection.socket_id)
        return StateUpdate()

    def _follow(self, event: Event, connection: wire.Connection, found: Visit | None) -> None:
        """Tells the live hub where this tab is."""
        if found is None:
            hub.forget(wire.token())
            return
        hub.seen(wire.token(), connection.socket_id, found.session_id)
        if event.name.endswith(f".{_NEW_PAGE}"):
            hub.leave(wire.token())

    async def _settle(self, root: BaseState, found: Visit | None, company: str | None, *, framed: bool) -> None:
        """Empties a state that belongs to another session or company, and shows who is here now."""
        current = await root.get_state(SessionState)
        fingerprint = _fingerprint(found)
        if current._fingerprint != fingerprint:
            hydrated = root.is_hydrated
            await wire.gather_states(root)
            root.reset()
            root.is_hydrated = hydrated
            current._fingerprint = fingerprint
            hub.leave(wire.token())
        if current.framed != framed:
            current.framed = framed
        await session.show(current, found, company)

    async def _judge(self, root: BaseState, event: Event, rule: Rule, found: Visit | None) -> StateUpdate | None:
        if isinstance(rule, Teammate):
            if found is None or found.scope is None:
                return await wire.flushed(root)
            if rule.permission is not None and not found.scope.allows(rule.permission):
                return await wire.flushed(root, rx.toast.error(_not_allowed(found)))
        try:
            _without_storage(event)
            checked(event)
        except BadArguments as error:
            log.warning("event_refused", event_name=event.name[:200], reason=str(error))
            return await wire.flushed(root)
        return None


def _without_storage(event: Event) -> None:
    """Drops vars that a browser claims to have stored, but for those that we let it store."""
    if event.name not in REFLEX_EVENTS or not isinstance(event.payload, dict):
        return
    if isinstance(sent := event.payload.get("vars"), dict):
        event.payload["vars"] = {name: sent[name] for name in sent.keys() & STORED_IN_BROWSER}


def _rule(name: str) -> Rule | None:
    if name in REFLEX_EVENTS:
        return Anyone()
    handler = wire.handler(name)
    return None if handler is None or name.endswith(".setvar") else rule_of(handler)


def _fingerprint(found: Visit | None) -> str:
    if found is None:
        return ""
    return f"{found.session_id}:{found.scope.company_id if found.scope else ''}"


def _not_allowed(found: Visit) -> str:
    role = found.scope.role.label if found.scope else ""
    return f"Your role here is {role}, which does not allow this. Ask an admin."
