"""The Sync page of one tab: how it stands, what ran, what differed, and the log of webhooks by its address."""

from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.errors import NotFound
from whop_crm.models.enums import EventStatus
from whop_crm.services import sync
from whop_crm.services.sync import EventPage, EventQuery
from whop_crm.state.base import Page, needs, page_event, this_company
from whop_crm.state.views import (
    DifferenceLine,
    DriftLine,
    EventLine,
    EventView,
    RunLine,
    SyncNow,
    difference_line,
    drift_line,
    event_line,
    event_view,
    run_line,
    sync_now,
)

_LONGEST_SEARCH = 200


class SyncState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.SYNC_RUNS, Topic.WEBHOOKS, Topic.MEMBERS, Topic.COMPANIES})
    permission: ClassVar[Permission | None] = Permission.SYNC_READ
    pace: ClassVar[float] = 1.0

    now: SyncNow = SyncNow()
    runs: list[RunLine] = []
    drift: DriftLine = DriftLine()
    differences: list[DifferenceLine] = []
    events: list[EventLine] = []
    total: int = 0
    page: int = 1
    pages: int = 1
    range_text: str = ""
    page_link: str = ""
    search_text: str = ""
    chosen: str = ""
    filtered: bool = False
    search_key: int = 0
    """Changes when the address searches for something else than what was typed here: the field starts anew."""
    opened: EventView = EventView()
    is_open: bool = False
    _typed: str = ""

    async def _read(self) -> None:
        self.now = sync_now(await self._shared(sync.get_overview))
        self.runs = [run_line(row) for row in await self._shared(sync.list_runs)]
        drift = await self._shared(sync.get_drift)
        self.drift = drift_line(drift)
        self.differences = [difference_line(row) for row in drift.rows] if drift else []
        await self._read_log()
        if self.is_open:
            await self._read_opened(self.opened.line.id)

    async def _read_log(self) -> None:
        wanted = _wanted(self._query())
        found = await self._shared(sync.list_events, wanted)
        self.events = [event_line(row) for row in found.rows]
        self.total, self.page, self.pages = found.total, found.page, found.pages
        self.range_text = _range(found)
        self.search_text, self.chosen = wanted.search, wanted.status.value if wanted.status else ""
        self.filtered = bool(wanted.search or wanted.status)
        if wanted.search != self._typed:
            self._typed, self.search_key = wanted.search, self.search_key + 1
        self.page_link = routes.sync(self._company()) + "?" + _encoded(wanted) + "page={page}"

    async def _read_opened(self, event_id: int) -> None:
        try:
            self.opened = event_view(await self._shared(sync.get_event, event_id))
        except NotFound:
            self.is_open = False

    @needs(Permission.SYNC_RUN)
    async def catch_up(self) -> Any:
        """Reads what changed since everything was known to be here."""
        async with this_company() as db:
            await sync.request_catch_up(db)
        return rx.toast.success("Reading what changed at Whop.")

    @needs(Permission.SYNC_RUN)
    async def reconcile(self) -> Any:
        async with this_company() as db:
            await sync.request_reconciliation(db)
        return rx.toast.success("Comparing everything with Whop.")

    @needs(Permission.SYNC_RUN)
    async def replay(self, event_id: int) -> Any:
        async with this_company() as db:
            await sync.replay(db, event_id)
        return rx.toast.success("The webhook is worked off once more.")

    @needs(Permission.SYNC_RUN)
    async def replay_failed(self) -> Any:
        async with this_company() as db:
            count = await sync.replay_failed(db)
        return rx.toast.success(f"{count:,} webhook{' is' if count == 1 else 's are'} worked off once more.")

    @page_event
    async def show(self, event_id: int) -> None:
        """Opens one delivery in full."""
        async with this_company() as db:
            self.opened = event_view(await sync.get_event(db, event_id))
        self.is_open = True

    @page_event
    async def close(self, is_open: bool) -> None:
        self.is_open = is_open and self.is_open
        if not self.is_open:
            self.opened = EventView()

    @page_event
    async def search(self, text: str) -> Any:
        self._typed = text[:_LONGEST_SEARCH]
        return self._go(EventQuery(search=self._typed, status=_wanted(self._query()).status), replace=True)

    @page_event
    async def filter_status(self, status: str) -> Any:
        """Shows deliveries of this status alone; empty shows all."""
        return self._go(EventQuery(search=_wanted(self._query()).search, status=_status(status)))

    @page_event
    async def clear_all(self) -> Any:
        self._typed = ""
        return self._go(EventQuery())

    def _go(self, wanted: EventQuery, *, replace: bool = False) -> Any:
        address, query = routes.sync(self._company()), _encoded(wanted).rstrip("&")
        return rx.redirect(f"{address}?{query}" if query else address, replace=replace)


def _wanted(query: Any) -> EventQuery:
    """The part of the log that an address asks for; whatever in it makes no sense is left at its default."""
    page = query.get("page", "")
    return EventQuery(
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
        search=query.get("q", "")[:_LONGEST_SEARCH],
        status=_status(query.get("status", "")),
    )


def _status(value: str) -> EventStatus | None:
    return next((one for one in EventStatus if one.value == value), None)


def _encoded(wanted: EventQuery) -> str:
    """The query string without the page, each part ended by `&`."""
    parts = {"q": wanted.search, "status": wanted.status.value if wanted.status else ""}
    kept = {name: value for name, value in parts.items() if value}
    return urlencode(kept) + "&" if kept else ""


def _range(found: EventPage) -> str:
    first = (found.page - 1) * sync.EVENTS_A_PAGE + 1
    last = first + len(found.rows) - 1
    more = " and more" if found.capped else ""
    return f"{first:,}–{last:,} of {found.total:,}{more}" if found.rows else "No webhooks"
