"""The member list of one tab, and a segment's: page, sort and filter stand in its address alone."""

from dataclasses import replace
from typing import Any, ClassVar

import reflex as rx

from whop_crm import filters, routes
from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.filters import BadFilter
from whop_crm.models.enums import ShownStatus
from whop_crm.services import bulk_actions, custom_fields, lists, members, segments, tags
from whop_crm.services.custom_fields import FieldRow
from whop_crm.services.members import MemberListQuery, MemberPage
from whop_crm.state.base import Page, page_event, this_company
from whop_crm.state.live import Watch
from whop_crm.state.members import address
from whop_crm.state.members.address import Wanted
from whop_crm.state.members.bulk import LOOKED_AT, BulkState
from whop_crm.state.members.columns import ColumnsMixin
from whop_crm.state.members.preview import PreviewState
from whop_crm.state.members.saved import ViewsMixin
from whop_crm.state.members.selection import SelectionState
from whop_crm.state.segments.one import SegmentState, segment_id, segment_watch
from whop_crm.state.views import MemberExtras, RowLine, StatusChip, list_columns, row_line, status_chip

ON_THE_WAY = 20


class MembersState(Page, ColumnsMixin, ViewsMixin, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset(
        {Topic.MEMBERS, Topic.MEMBER_TAGS, Topic.TAGS, Topic.COMPANIES, Topic.LISTS, Topic.LIST_MEMBERS, Topic.SEGMENTS,
         Topic.CUSTOM_FIELDS, Topic.CUSTOM_VALUES, Topic.NOTES, Topic.BULK_ACTIONS, Topic.VIEWS, Topic.LAYOUTS}
    )  # fmt: skip
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ
    parts: ClassVar[tuple[type[rx.State], ...]] = (SelectionState, BulkState, PreviewState, SegmentState)

    rows: list[RowLine] = []
    total: int = 0
    page: int = 1
    pages: int = 1
    range_text: str = ""
    sort: str = Wanted().query.sort.value
    descending: bool = True
    search_text: str = ""
    chips: list[StatusChip] = []
    everybody: str = ""
    chosen: list[str] = []
    any_chosen: bool = False
    tag_name: str = ""
    tag_color: str = ""
    set_name: str = ""
    """The list or segment that the address names."""
    filter_words: str = ""
    """The conditions in the address, as a sentence."""
    filter_problem: str = ""
    """Why they cannot be asked."""
    page_link: str = ""
    """The address of another page of this list, `{page}` in the place of its number."""
    export_query: str = ""
    """What the export's address says to mean the same members."""
    filtered: bool = False
    wide: bool = False
    """The columns may need more room than there is."""
    search_key: int = 0
    """Changes when the address searches for something else than what was typed here: the field starts anew."""
    _typing: tuple[str, ...] = ()
    """Searches typed here whose address the browser is still on its way to."""
    _fields: tuple[FieldRow, ...] = ()

    async def _read(self) -> None:
        wanted = self._wanted()
        await self._read_segment()
        query = await self._resolved(wanted)
        await self._read_look(wanted)
        found = await self._shared(members.list_members, query)
        await self._show_rows(found)
        self.total, self.page, self.pages = found.total, found.page, found.pages
        self.range_text = _range(found)
        self.sort, self.descending = query.sort.value, query.descending
        self._keep_field(query.search)
        self.chosen = [status.value for status in query.statuses]
        self.any_chosen = bool(query.statuses)
        self.filtered = wanted.whom != self._everybody().whom
        self.export_query = address.exported(wanted)
        self.page_link = self._link(wanted) + "page={page}"
        await self._read_filters(query)
        await self._read_parts(wanted, query)

    def _keep_field(self, search: str) -> None:
        """What somebody types stays, though the list be read again before its address has come."""
        if search in self._typing:
            self._typing = self._typing[self._typing.index(search) + 1 :]
        elif search != self.search_text:
            self._typing, self.search_key = (), self.search_key + 1
        self.search_text = search

    async def _resolved(self, wanted: Wanted) -> MemberListQuery:
        """The query with its filter, as this person may ask it; one that cannot be asked finds nobody, and says why.

        Raises NotFound.
        """
        self.set_name = self.filter_words = self.filter_problem = ""
        try:
            return await self._narrowed(wanted)
        except BadFilter as error:
            self.filter_problem = str(error)
            return replace(wanted.query, where=address.NOBODY)

    async def _narrowed(self, wanted: Wanted) -> MemberListQuery:
        given = address.where(wanted)
        if given is None:
            return wanted.query
        async with this_company() as db:
            if wanted.list_id is not None:
                self.set_name = (await lists.get_list(db, wanted.list_id)).name
            if wanted.segment_id is not None:
                name = await segments.get_name(db, wanted.segment_id)
                self.set_name = "" if self._segment() else name
            known, asker = await filters.load(db), filters.Asker(db.scope.actor.user_id)
            if wanted.filter:
                self.filter_words = filters.words(filters.resolve(address.own_filter(wanted), known, asker), known)
            return replace(wanted.query, where=filters.resolve(given, known, asker))

    async def _read_look(self, wanted: Wanted) -> None:
        """The columns and views of whoever looks."""
        fields = await self._shared(custom_fields.list_fields)
        async with this_company() as db:
            await self._read_views(db, wanted)
            await self._read_columns(db, wanted, fields)
        self._judge_view(wanted)
        self.columns = list_columns(self._choices, fields)
        self.wide = any(column.named for column in self.columns)
        self._fields = tuple(fields)

    async def _show_rows(self, found: MemberPage) -> None:
        keys = [column.key for column in self.columns]
        member_ids = tuple(row.id for row in found.rows)
        tagged = await self._shared(tags.tags_by_member, member_ids) if "tags" in keys else {}
        own = any(key.startswith("custom.") for key in keys)
        values = await self._shared(custom_fields.values_of_many, member_ids) if own else {}
        extras = MemberExtras(tagged, values, {field.key: field.id for field in self._fields})
        self.rows = [row_line(row, keys, extras) for row in found.rows]

    async def _read_filters(self, query: MemberListQuery) -> None:
        counts = await self._shared(members.status_counts, query.where)
        self.chips = [status_chip(count) for count in counts]
        self.everybody = f"{sum(count.members for count in counts):,}"
        tag_id = query.tag_id
        tag = await self._shared(tags.get_tag, tag_id) if tag_id is not None else None
        self.tag_name, self.tag_color = (tag.name, tag.color.value) if tag else ("", "")

    async def _read_segment(self) -> None:
        """What stands over the list on a segment's own page. Raises NotFound."""
        segment = self._segment()
        if segment is not None:
            await (await self.get_state(SegmentState))._read(segment, self._shared)

    async def _read_parts(self, wanted: Wanted, query: MemberListQuery) -> None:
        """What lies over the list: the selection, what is under way, the preview."""
        selection = await self.get_state(SelectionState)
        selection._settle(wanted.whom, query, [row.id for row in self.rows], self.total)
        bulk = await self.get_state(BulkState)
        bulk._settle(await self._shared(bulk_actions.list_actions, LOOKED_AT))
        preview = await self.get_state(PreviewState)
        await preview._read()

    async def _tell(self) -> Any:
        return (await self.get_state(BulkState))._finished()

    @page_event
    async def sort_by(self, column: str) -> Any:
        wanted = self._wanted()
        sort = address.sort_of(column)
        same = sort is wanted.query.sort
        descending = not wanted.query.descending if same else sort not in address.ASCENDING_FIRST
        return self._go(wanted.changed(sort=sort, descending=descending))

    @page_event
    async def filter_status(self, status: str) -> Any:
        """Adds a status to the filter or takes it out; empty shows everybody."""
        wanted = self._wanted()
        picked = set(address.statuses_of(status))
        chosen = set(wanted.query.statuses) ^ picked if picked else set[ShownStatus]()
        return self._go(wanted.changed(statuses=tuple(one for one in ShownStatus if one in chosen)))

    @page_event
    async def search(self, text: str) -> Any:
        if self.router.url.path.rstrip("/") != self._path_of_list():
            return None  # typed a moment ago, and the list has been left since
        text = text[: address.LONGEST_SEARCH]
        self._typing = (*self._typing[-ON_THE_WAY:], text)
        return self._go(self._wanted().changed(search=text), replace=True)

    @page_event
    async def clear_tag(self) -> Any:
        return self._go(self._wanted().changed(tag_id=None))

    @page_event
    async def clear_set(self) -> Any:
        """Leaves the list or the segment."""
        return self._go(self._wanted().changed(list_id=None, segment_id=None))

    @page_event
    async def clear_filter(self) -> Any:
        return self._go(self._wanted().changed(filter=""))

    @page_event
    async def clear_all(self) -> Any:
        query = self._wanted().query
        return self._go(self._everybody().changed(sort=query.sort, descending=query.descending))

    def _wanted(self) -> Wanted:
        return address.wanted(self._query(), self._segment())

    def _everybody(self) -> Wanted:
        """Who stands in this list where nothing narrows it down."""
        return Wanted(segment_id=self._segment())

    def _segment(self) -> int | None:
        """The segment whose page this is. Raises NotFound."""
        said = self._param(routes.SEGMENT_ARG)
        return segment_id(said) if said else None

    def _path_of_list(self) -> str:
        segment = self._segment()
        return routes.segment(self._company(), segment) if segment else routes.members(self._company())

    def _link(self, wanted: Wanted) -> str:
        """The address of a list, up to where more of its query string may follow."""
        shown = replace(wanted, segment_id=None) if self._segment() else wanted
        return f"{self._path_of_list()}?{address.encoded(shown)}"

    def _go(self, wanted: Wanted, *, replace: bool = False) -> Any:
        return rx.redirect(self._link(wanted).rstrip("?&"), replace=replace)

    def _watch(self, member_id: int | None = None) -> Watch:
        watch = super()._watch(member_id)
        return segment_watch(watch) if self._param(routes.SEGMENT_ARG) else watch


def _range(found: MemberPage) -> str:
    first = (found.page - 1) * members.PAGE_SIZE + 1
    last = first + len(found.rows) - 1
    return f"{first:,}–{last:,} of {found.total:,}" if found.rows else "No members"
