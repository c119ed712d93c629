"""What every page's state has in common.

    class MembersState(Page, rx.State):
        watches: ClassVar[frozenset[Topic]] = frozenset({Topic.MEMBERS, Topic.MEMBER_TAGS})
        permission: ClassVar[Permission] = Permission.MEMBERS_READ

        rows: list[MemberRow] = []
        total: int = 0

        async def _read(self) -> None:                       # all that the page shows, from address and database
            page = await self._shared(members.list_members, _query(self._query()))
            self.rows, self.total = page.rows, page.total

        @needs(Permission.TAGS_WRITE)                        # no marker, no event: see marks.py
        async def tag(self, member_id: str, name: str) -> None:
            async with this_company() as db:                 # one transaction; the change comes back as a refresh
                await tags.tag_members(db, [member_id], name)

    app.add_page(members_page, route=routes.MEMBERS, on_load=MembersState.load)

`load` subscribes, shows the skeleton, reads; `refresh` reads again when something watched has changed; `retry` is the
button of the error look. `status` picks the look (`components/feedback.py`), `problem` is its sentence. Helpers and
private vars begin with an underscore: every other method is an event that a browser may call.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

import reflex as rx
import structlog

from whop_crm import routes
from whop_crm.access import Permission, Scope
from whop_crm.db import CompanyDb, Topic, company_session
from whop_crm.errors import CrmError, Forbidden, NotFound
from whop_crm.state import wire
from whop_crm.state.live import Watch, hub
from whop_crm.state.marks import needs, page_event, public
from whop_crm.state.session import scope, this_company

__all__ = ["Page", "PageStatus", "needs", "page_event", "public", "scope", "this_company"]

log = structlog.get_logger(__name__)
Found = TypeVar("Found")


class PageStatus(StrEnum):
    """Which look a page has."""

    LOADING = "loading"
    READY = "ready"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    FAILED = "failed"


class Page(rx.State, mixin=True):
    """Mixed into each page's state: `class MembersState(Page, rx.State)`. See the module for how."""

    watches: ClassVar[frozenset[Topic]] = frozenset()
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ
    pace: ClassVar[float] = 0.2
    """Seconds between two refreshes at least; 1.0 for pages of aggregates. The first one comes after 50 ms."""

    status: PageStatus = PageStatus.LOADING
    problem: str = ""
    busy: bool = False
    """The same page is being read for another address: what it shows is about to change."""
    parts: ClassVar[tuple[type[rx.State], ...]] = ()
    """Other states that belong to this page, and are emptied with it when it is left."""
    _path: str = ""

    async def _read(self) -> None:
        """Fills the vars from the address and the database. May raise any CrmError."""
        raise NotImplementedError

    @page_event
    async def load(self) -> AsyncIterator[Any]:
        """The page was opened: give it this as `on_load`."""
        before = hub.watch(wire.token(), self._watch())
        if before is not None and (before is not type(self) or self._path != self.router.url.path):
            for left in before.parts if before is type(self) else (before, *before.parts):
                (await self.get_state(left)).reset()
        self.busy = self.status is PageStatus.READY and self.router.url.path == self._path
        if not self.busy:
            self.status, self._path = PageStatus.LOADING, self.router.url.path
        yield
        await self._show()
        self.busy = False

    @page_event
    async def refresh(self) -> Any:
        """Something that this page shows has changed. Sent by the hub."""
        tab = hub.find(wire.token())
        if tab is None or tab.watch is None or tab.watch.page is not type(self):
            return None
        await self._show()
        return await self._tell()

    async def _tell(self) -> Any:
        """What to say, in a toast, of what a refresh has found."""
        return None

    @page_event
    async def retry(self) -> AsyncIterator[Any]:
        """Tries again after an error."""
        self.status = PageStatus.LOADING
        yield
        await self._show()

    async def _show(self) -> None:
        try:
            await self._read()
        except NotFound as error:
            self.status, self.problem = PageStatus.NOT_FOUND, str(error)
        except Forbidden as error:
            self.status, self.problem = PageStatus.FORBIDDEN, str(error)
        except CrmError as error:
            self._failed(str(error))
        except Exception:
            log.exception("page_failed", page=type(self).__name__)
            self._failed("This page could not be loaded. Try again in a moment.")
        else:
            self.status, self.problem = PageStatus.READY, ""

    def _failed(self, sentence: str) -> None:
        """A page that shows something keeps showing it: the next refresh repairs it."""
        if self.status is not PageStatus.READY:
            self.status, self.problem = PageStatus.FAILED, sentence

    def _watch(self, member_id: int | None = None) -> Watch:
        page = type(self)
        return Watch(page, wire.event_name(page, "refresh"), scope().company_id, self.watches, self.pace, member_id)

    def _watch_member(self, member_id: int) -> None:
        """Narrows the subscription to one member, once the address has been resolved to one."""
        tab = hub.find(wire.token())
        if tab is not None and tab.watch is not None and tab.watch.page is type(self):
            tab.watch = self._watch(member_id)

    async def _shared(self, query: Callable[..., Awaitable[Found]], *args: Hashable) -> Found:
        """`query(db, *args)` in a session of its own, done once for all tabs of this company, role and page.

        The arguments must be hashable (frozen dataclasses do) and the result is not to be changed. A query whose
        answer depends on who asks does not belong here: use `this_company()`.
        """
        proof = scope()
        key = (proof.company_id, proof.role, query.__module__, query.__qualname__, args)
        return await hub.shared(wire.token(), key, lambda: _query_once(proof, query, args))

    def _param(self, name: str) -> str:
        """A dynamic part of the address, `routes.MEMBER_ARG` for one. Comes from the browser."""
        return _storable(str(self.rx_router_page.params.get(name, "")))

    def _query(self) -> Mapping[str, str]:
        """What stands behind the `?` of the address. Comes from the browser."""
        return {name: _storable(value) for name, value in self.router.url.query_parameters.items()}

    def _company(self) -> str:
        """Whop's id of the company in the address, for building links."""
        return routes.company_in(self.router.url.path) or ""


def _storable(text: str) -> str:
    """Without the characters that PostgreSQL and UTF-8 refuse: an address may hold anything."""
    return "".join(letter for letter in text if letter != "\0" and not "\ud800" <= letter <= "\udfff")


async def _query_once(proof: Scope, query: Callable[..., Awaitable[Found]], args: tuple[Hashable, ...]) -> Found:
    db: CompanyDb
    async with company_session(proof) as db:
        return await query(db, *args)
