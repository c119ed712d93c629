"""Keeps open tabs in step: one hub a process hears what was committed and has the tabs that show it read again.

A refresh is an ordinary event of the page, so the guard judges it like any other. A tab subscribes before its first
read; after any gap in what PostgreSQL tells, every tab reads again. Tabs on the same page share their reads: see
`shared`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol, TypeVar

import structlog

from whop_crm.db import CHANNEL, Notice, Topic, listen
from whop_crm.services.companies import SESSIONS_CHANNEL

log = structlog.get_logger(__name__)

WINDOW = 0.05
"""Seconds in which notices gather before tabs are woken."""

KEPT_EVERY = 300.0
"""Seconds between two signs of life for the state of each open tab: Reflex forgets one after 900 without any, and the
next refresh would find neither page nor address in it."""

STORE_EVERY = 1.0
"""Seconds between two looks at what keeps the states of tabs."""

_PRUNED_EVERY = 100
Found = TypeVar("Found")


class Wire(Protocol):
    """How the hub reaches tabs; `wire.Tabs` for real ones."""

    async def send(self, token: str, event_name: str) -> Awaitable[Any]:
        """Puts an event into a tab's queue; the result is done when the event is."""
        ...

    def socket_id(self, token: str) -> str | None:
        """The tab's live connection, None when it is gone."""
        ...

    async def hang_up_all(self) -> None:
        """Ends every connection; browsers dial again by themselves."""
        ...

    async def store_is_whole(self) -> bool:
        """Whether the states of tabs are still there. Raises where that cannot be found out."""
        ...


@dataclass(frozen=True, slots=True)
class Watch:
    """What one tab wants to hear of. `refresh` is the event's full name, `pace` seconds between two refreshes."""

    page: type
    refresh: str
    company_id: int
    topics: frozenset[Topic]
    pace: float
    member_id: int | None = None

    def concerned(self, notice: Notice) -> bool:
        if not self.topics & notice.topics:
            return False
        return self.member_id is None or notice.concerns(self.member_id)


@dataclass(slots=True)
class Tab:
    token: str
    socket_id: str
    session_id: int
    watch: Watch | None = None
    page: type | None = None
    """The page last shown here, also after it was left."""
    fresh_from: float = 0.0
    """A read that began before this moment is too old for this tab (monotonic seconds)."""
    running: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    """Events to be repeated once the database is back."""


@dataclass(slots=True)
class _Group:
    """The tabs of one company on one page: woken together, so that they share their reads."""

    notices: list[Notice] = field(default_factory=list)
    last: float = float("-inf")
    timer: asyncio.TimerHandle | None = None


class Hub:
    """The open tabs of this process. All methods but `run` are immediate and belong to the event loop's thread."""

    def __init__(self) -> None:
        self._tabs: dict[str, Tab] = {}
        self._groups: dict[tuple[int, str, float], _Group] = {}
        self._flights: dict[Hashable, _Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wire: Wire | None = None
        self._check = ""
        self._forget: Callable[[], None] = lambda: None

    async def run(self, wire: Wire, check: str, forget: Callable[[], None]) -> None:
        """Listens for ever and wakes tabs. One task a process.

        `check` is the event that has the guard look at a tab again, `forget` empties what it knows of sessions.
        """
        self._wire, self._check, self._forget = wire, check, forget
        async for heard in listen(CHANNEL, SESSIONS_CHANNEL):
            match heard:
                case None:
                    self.wake_all()
                case (channel, payload) if channel == SESSIONS_CHANNEL:
                    self.check_sessions(int(one) for one in payload.split(","))
                case (_, payload):
                    self.notice(Notice.decode(payload))

    @property
    def open_tabs(self) -> int:
        self._prune()
        return len(self._tabs)

    def _prune(self) -> None:
        """Forgets tabs that were closed in a company where nothing has happened since."""
        if self._wire is not None:
            gone = [tab.token for tab in self._tabs.values() if self._wire.socket_id(tab.token) != tab.socket_id]
            for token in gone:
                del self._tabs[token]

    def find(self, token: str) -> Tab | None:
        return self._tabs.get(token)

    def seen(self, token: str, socket_id: str, session_id: int) -> None:
        """Notes which session a tab belongs to."""
        tab = self._tabs.get(token)
        if tab is None or tab.session_id != session_id:
            if len(self._tabs) % _PRUNED_EVERY == _PRUNED_EVERY - 1:
                self._prune()
            self._tabs[token] = Tab(token, socket_id, session_id)
        else:
            tab.socket_id = socket_id

    def watch(self, token: str, watch: Watch) -> type | None:
        """Subscribes a tab, in place of what it watched; returns the page it showed before."""
        tab = self._tabs.get(token)
        if tab is None:
            return None
        before, tab.page, tab.watch = tab.page, watch.page, watch
        tab.fresh_from = monotonic()
        return before

    def leave(self, token: str) -> None:
        """Ends a tab's subscription: it moves to another page."""
        if tab := self._tabs.get(token):
            tab.watch = None

    def forget(self, token: str) -> None:
        self._tabs.pop(token, None)

    def miss(self, token: str, socket_id: str, event_name: str) -> None:
        """Has an event repeated that could not be judged because the database was away."""
        tab = self._tabs.setdefault(token, Tab(token, socket_id, 0))
        tab.missed.add(event_name)

    def notice(self, notice: Notice) -> None:
        """Hears of one commit."""
        if Topic.COMPANIES in notice.topics:
            self._forget()
        keys = {
            (notice.company_id, tab.watch.refresh, tab.watch.pace)
            for tab in self._tabs.values()
            if tab.watch and tab.watch.company_id == notice.company_id and tab.watch.concerned(notice)
        }
        for key in keys:
            group = self._groups.setdefault(key, _Group())
            group.notices.append(notice)
            if group.timer is None:
                wait = max(WINDOW, group.last + key[2] - monotonic())
                group.timer = asyncio.get_running_loop().call_later(wait, self._flush, key)

    def _flush(self, key: tuple[int, str, float]) -> None:
        group = self._groups[key]
        notices, group.notices = group.notices, []
        group.timer, group.last = None, monotonic()
        tabs = [
            tab
            for tab in self._tabs.values()
            if (watch := tab.watch)
            and (watch.company_id, watch.refresh, watch.pace) == key
            and any(watch.concerned(one) for one in notices)
        ]
        self._wake(tabs, lambda _tab: {key[1]})

    def wake_all(self) -> None:
        """After a gap: whatever was told meanwhile is lost, so every tab reads again."""
        self._forget()
        self._flights.clear()
        self._wake(list(self._tabs.values()), _all_events)

    def check_sessions(self, session_ids: Iterable[int]) -> None:
        """Has the guard look at the tabs of these sessions, at once; those that show sessions read again."""
        self._forget()
        ids = set(session_ids)
        self._wake([tab for tab in self._tabs.values() if tab.session_id in ids], self._checked)

    def _checked(self, tab: Tab) -> set[str]:
        shows_sessions = tab.watch is not None and Topic.SESSIONS in tab.watch.topics
        return {self._check, tab.watch.refresh} if tab.watch and shows_sessions else {self._check}

    async def keep_tabs(self) -> None:
        """Has each open tab's state used now and then, for ever."""
        while True:
            await asyncio.sleep(KEPT_EVERY)
            self._wake(list(self._tabs.values()), lambda _tab: {self._check})

    async def keep_store(self, wire: Wire) -> None:
        """Has every tab connect anew once what keeps their states was away or emptied, for ever: what happened in them
        meanwhile is lost."""
        away = False
        while True:
            try:
                lost = not await wire.store_is_whole()
            except Exception as error:
                if not away:
                    log.error("state_store_away", reason=type(error).__name__)
                away = True
            else:
                if away or lost:
                    log.warning("state_store_back", emptied=lost)
                    await wire.hang_up_all()
                away = False
            await asyncio.sleep(STORE_EVERY)

    def _wake(self, tabs: list[Tab], events: Callable[[Tab], set[str]]) -> None:
        now = monotonic()
        for tab in tabs:
            if self._wire is None or self._wire.socket_id(tab.token) != tab.socket_id:
                self._tabs.pop(tab.token, None)
                continue
            tab.fresh_from = now
            for event_name in events(tab):
                self._send(tab, event_name)

    def _send(self, tab: Tab, event_name: str) -> None:
        """At most one event of a name waits or runs in a tab; what comes meanwhile makes for one more."""
        if event_name in tab.running:
            tab.again.add(event_name)
            return
        tab.running.add(event_name)
        task = asyncio.get_running_loop().create_task(self._sent(tab, event_name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sent(self, tab: Tab, event_name: str) -> None:
        assert self._wire is not None
        try:
            await (await self._wire.send(tab.token, event_name))
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
        except Exception:
            log.exception("refresh_failed", event_name=event_name)
        finally:
            tab.running.discard(event_name)
        if event_name in tab.again and self._tabs.get(tab.token) is tab:
            tab.again.discard(event_name)
            tab.fresh_from = monotonic()
            self._send(tab, event_name)

    async def shared(self, token: str, key: Hashable, read: Callable[[], Awaitable[Found]]) -> Found:
        """The result of `read`, or of the same read by another tab if it began late enough for this one.

        `key` says all that the result depends on. A result is kept for the shortest pace of a page, and belongs to
        several tabs: nobody changes it.
        """
        tab = self._tabs.get(token)
        fresh_from = tab.fresh_from if tab else monotonic()
        flight = self._flights.get(key)
        if flight is None or flight.began < fresh_from or flight.landed():
            flight = self._flights[key] = _Flight(asyncio.ensure_future(read()))
            asyncio.get_running_loop().call_later(_Flight.KEPT * 2, self._clear, key, flight)
        return await asyncio.shield(flight.future)

    def _clear(self, key: Hashable, flight: "_Flight") -> None:
        if self._flights.get(key) is flight and flight.future.done():
            del self._flights[key]


class _Flight:
    """A read that several tabs may wait for."""

    KEPT = 1.0

    def __init__(self, future: "asyncio.Future[Any]") -> None:
        self.future = future
        self.began = monotonic()
        self.future.add_done_callback(_seen)

    def landed(self) -> bool:
        """Whether its result is no longer to be handed on."""
        done = self.future.done()
        return done and (
            self.future.cancelled() or bool(self.future.exception()) or self.began + self.KEPT < monotonic()
        )


def _seen(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled():
        future.exception()


def _all_events(tab: Tab) -> set[str]:
    missed, tab.missed = tab.missed, set()
    return missed | ({tab.watch.refresh} if tab.watch else set())


hub = Hub()


@contextlib.asynccontextmanager
async def running(wire: Wire, check: str, forget: Callable[[], None]) -> AsyncIterator[None]:
    """The hub at work, for the lifetime of a process."""
    loop = asyncio.get_running_loop()
    tasks = [
        loop.create_task(hub.run(wire, check, forget), name="live hub"),
        loop.create_task(hub.keep_tabs(), name="tabs kept"),
        loop.create_task(hub.keep_store(wire), name="store kept"),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
