"""The member list of one tab: page, sort and filter stand in its address alone."""

from typing import Any, ClassVar
from urllib.parse import urlencode

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.models.enums import ShownStatus
from whop_crm.services import members, tags
from whop_crm.services.members import MemberListQuery, MemberSort
from whop_crm.state.base import Page, page_event
from whop_crm.state.views import MemberLine, StatusChip, member_line, status_chip

_LONGEST_SEARCH = 200


class MembersState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.MEMBERS, Topic.MEMBER_TAGS, Topic.TAGS, Topic.COMPANIES})
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ

    rows: list[MemberLine] = []
    total: int = 0
    page: int = 1
    pages: int = 1
    range_text: str = ""
    sort: str = MemberSort.JOINED.value
    descending: bool = True
    search_text: str = ""
    chips: list[StatusChip] = []
    everybody: str = ""
    chosen: list[str] = []
    any_chosen: bool = False
    tag_name: str = ""
    tag_color: str = ""
    page_link: str = ""
    """The address of another page of this list, `{page}` in the place of its number."""
    filtered: bool = False
    search_key: int = 0
    """Changes when the address searches for something else than what was typed here: the field starts anew."""
    _typed: str = ""

    async def _read(self) -> None:
        wanted = _wanted(self._query())
        found = await self._shared(members.list_members, wanted)
        self.rows = [member_line(row) for row in found.rows]
        self.total, self.page, self.pages = found.total, found.page, found.pages
        self.range_text = _range(found)
        self.sort, self.descending = wanted.sort.value, wanted.descending
        self.search_text, self.chosen = wanted.search, [status.value for status in wanted.statuses]
        self.any_chosen = bool(wanted.statuses)
        if wanted.search != self._typed:
            self._typed, self.search_key = wanted.search, self.search_key + 1
        self.filtered = bool(wanted.search or wanted.statuses or wanted.tag_id)
        self.page_link = routes.members(self._company()) + "?" + _encoded(wanted) + "page={page}"
        await self._read_filters(wanted)

    async def _read_filters(self, wanted: MemberListQuery) -> None:
        counts = await self._shared(members.status_counts)
        self.chips = [status_chip(count) for count in counts]
        self.everybody = f"{sum(count.members for count in counts):,}"
        tag = await self._shared(tags.get_tag, wanted.tag_id) if wanted.tag_id is not None else None
        self.tag_name, self.tag_color = (tag.name, tag.color.value) if tag else ("", "")

    @page_event
    async def sort_by(self, column: str) -> Any:
        wanted = _wanted(self._query())
        sort = _sort(column)
        descending = not wanted.descending if sort is wanted.sort else sort not in _ASCENDING_FIRST
        return self._go(wanted, sort=sort, descending=descending)

    @page_event
    async def filter_status(self, status: str) -> Any:
        """Adds a status to the filter or takes it out; empty shows everybody."""
        wanted = _wanted(self._query())
        picked = set(_statuses(status))
        chosen = set(wanted.statuses) ^ picked if picked else set[ShownStatus]()
        return self._go(wanted, statuses=tuple(one for one in ShownStatus if one in chosen))

    @page_event
    async def search(self, text: str) -> Any:
        if self.router.url.path.rstrip("/") != routes.members(self._company()):
            return None  # typed a moment ago, and the list has been left since
        self._typed = text[:_LONGEST_SEARCH]
        return self._go(_wanted(self._query()), replace=True, search=self._typed)

    @page_event
    async def clear_tag(self) -> Any:
        return self._go(_wanted(self._query()), tag_id=None)

    @page_event
    async def clear_all(self) -> Any:
        wanted = _wanted(self._query())
        return self._go(MemberListQuery(sort=wanted.sort, descending=wanted.descending))

    def _go(self, wanted: MemberListQuery, *, replace: bool = False, **changes: Any) -> Any:
        values = {"sort": wanted.sort, "descending": wanted.descending, "statuses": wanted.statuses,
                  "tag_id": wanted.tag_id, "search": wanted.search, **changes}  # fmt: skip
        address = routes.members(self._company())
        query = _encoded(MemberListQuery(**values)).rstrip("&")
        return rx.redirect(f"{address}?{query}" if query else address, replace=replace)


_ASCENDING_FIRST = frozenset({MemberSort.NAME, MemberSort.EMAIL, MemberSort.PLAN, MemberSort.STATUS})
_DEFAULT = MemberListQuery()


def _wanted(query: Any) -> MemberListQuery:
    """The list that an address asks for; whatever in it makes no sense is left at its default."""
    page, tag = query.get("page", ""), query.get("tag", "")
    return MemberListQuery(
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
        sort=_sort(query.get("sort", "")),
        descending=query.get("dir", "desc" if _DEFAULT.descending else "asc") != "asc",
        statuses=_statuses(query.get("status", "")),
        tag_id=int(tag) if tag.isascii() and tag.isdigit() and 0 < len(tag) < 16 else None,
        search=query.get("q", "")[:_LONGEST_SEARCH],
    )


def _sort(key: str) -> MemberSort:
    return next((sort for sort in MemberSort if sort.value == key), _DEFAULT.sort)


def _statuses(text: str) -> tuple[ShownStatus, ...]:
    named = set(text.split(","))
    return tuple(status for status in ShownStatus if status.value in named)


def _encoded(wanted: MemberListQuery) -> str:
    """The query string without the page, each part ended by `&`."""
    parts: dict[str, str] = {}
    if wanted.search:
        parts["q"] = wanted.search
    if wanted.statuses:
        parts["status"] = ",".join(wanted.statuses)
    if wanted.tag_id is not None:
        parts["tag"] = str(wanted.tag_id)
    if (wanted.sort, wanted.descending) != (_DEFAULT.sort, _DEFAULT.descending):
        parts |= {"sort": wanted.sort.value, "dir": "desc" if wanted.descending else "asc"}
    return urlencode(parts, safe=",") + "&" if parts else ""


def _range(found: members.MemberPage) -> str:
    first = (found.page - 1) * members.PAGE_SIZE + 1
    last = first + len(found.rows) - 1
    return f"{first:,}–{last:,} of {found.total:,}" if found.rows else "No members"
