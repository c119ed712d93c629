"""What reaches into Reflex 0.10.1 and may move with its next version. Nothing else in the product does.

Covered by `tests/state/test_wire.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import reflex as rx
from reflex.event import Event
from reflex.istate.manager.redis import StateManagerRedis
from reflex.state import BaseState, StateUpdate
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

_STORE_PATIENCE = 5.0
_MARK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Connection:
    """The websocket that a client token hangs on right now. `cookie` is the header of its handshake; `framed` says
    that it comes out of Whop's frame.
    """

    socket_id: str
    cookie: str
    framed: bool = False


FindConnection = Callable[[Any, str], Connection | None]


def token() -> str:
    """The client token (one a tab) of the event being handled."""
    return EventContext.get().token


def connection(app: rx.App, client_token: str) -> Connection | None:
    """The live connection of a tab, None when it is gone.

    The state remembers headers of the connection it last heard of; an event that the server starts itself would be
    judged by those, and whoever has taken over the token since would be sent its result. So the cookie comes from here.
    """
    namespace = app.event_namespace
    socket_id = namespace and namespace.token_to_sid.get(client_token)
    known = namespace._static_router_data.get(socket_id) if namespace and socket_id else None
    if socket_id is None or known is None:
        return None
    return Connection(socket_id, known["headers"].get("cookie", ""), "x-framed" in known["headers"])


def handler(name: str) -> rx.EventHandler | None:
    """The handler of an event by its full name."""
    registered = RegistrationContext.get().event_handlers.get(name)
    return registered.handler if registered else None


def event_name(state: type[BaseState], method: str) -> str:
    return f"{state.get_full_name()}.{method}"


async def gather_states(root: BaseState) -> None:
    """Brings in every state of the tab: with Redis a root holds only those that the event at hand needs."""
    pending = list(type(root).get_substates())
    while pending:
        state = pending.pop()
        await root.get_state(state)
        pending += state.get_substates()


async def flushed(root: BaseState, *events: Any) -> StateUpdate:
    """What has changed in the state so far, and events for the browser, instead of running a handler."""
    delta = await root._get_resolved_delta()
    root._clean()
    return StateUpdate(delta=delta, events=Event.from_event_type(list(events)))


def only(*events: Any) -> StateUpdate:
    """Events for the browser and nothing else."""
    return StateUpdate(events=Event.from_event_type(list(events)))


async def hang_up(app: rx.App, socket_id: str) -> None:
    """Ends a tab's connection. Its browser dials again within seconds and has everything sent anew."""
    if app.event_namespace is not None:
        await app.event_namespace.disconnect(socket_id)


class Tabs:
    """The open tabs of an app, as the live hub reaches them."""

    def __init__(self, app: rx.App) -> None:
        self._app = app
        self._mark = f"whop_crm_store_{uuid4().hex}"
        self._marked = False

    async def send(self, token: str, event_name: str) -> Awaitable[Any]:
        """Puts an event into a tab's queue, behind what waits there; the result is done when the event is."""
        with self._app.set_contexts():
            return await self._app.event_processor.enqueue(token, Event(name=event_name))

    async def hang_up_all(self) -> None:
        """Ends every connection of this process, those that nothing was heard of yet included."""
        namespace = self._app.event_namespace
        for socket_id in list(namespace.sid_to_token) if namespace else ():
            await hang_up(self._app, socket_id)

    async def store_is_whole(self) -> bool:
        """Whether the store of states still has what was put there. Raises where it cannot be reached."""
        manager = self._app.state_manager
        if not isinstance(manager, StateManagerRedis):
            return True
        async with asyncio.timeout(_STORE_PATIENCE):
            kept = await manager.redis.set(self._mark, "1", ex=_MARK_SECONDS, get=True)
        was, self._marked = self._marked, True
        return kept is not None or not was

    def socket_id(self, token: str) -> str | None:
        """The tab's live connection, None when it is gone."""
        found = connection(self._app, token)
        return found.socket_id if found else None
