"""All segments that one person sees, with templates to begin with."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.services import changes, lists, segments
from whop_crm.state.base import Page, needs, this_company
from whop_crm.state.undo import offer
from whop_crm.state.views.segments import ListLine, SegmentLine, TemplateLine, list_line, segment_line, template_line

MOVING = frozenset(
    {Topic.MEMBERS, Topic.MEMBERSHIPS, Topic.ACTIVITIES, Topic.SEGMENTS, Topic.SEGMENT_DAYS, Topic.TAGS,
     Topic.MEMBER_TAGS, Topic.NOTES, Topic.LISTS, Topic.LIST_MEMBERS, Topic.CUSTOM_VALUES, Topic.COMPANIES}
)  # fmt: skip


class SegmentsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = MOVING
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ
    pace: ClassVar[float] = 1.0

    rows: list[SegmentLine] = []
    templates: list[TemplateLine] = []
    lists: list[ListLine] = []

    async def _read(self) -> None:
        async with this_company() as db:
            found = await segments.list_segments(db)
            open_ = await segments.list_templates(db)
            by_hand = await lists.list_lists(db)
        self.rows = [segment_line(row) for row in found]
        self.lists = [list_line(row) for row in by_hand]
        self.templates = [template_line(one, members) for one, members in open_]

    @needs(Permission.SEGMENTS_WRITE)
    async def make(self, key: str) -> Any:
        """A segment from a template, in one click."""
        async with this_company() as db:
            made = await segments.create_from_template(db, key)
        return rx.redirect(routes.segment(self._company(), made))

    @needs(Permission.SEGMENTS_WRITE)
    async def duplicate(self, segment_id: int) -> Any:
        async with this_company() as db:
            made = await segments.duplicate_segment(db, segment_id)
        return rx.redirect(routes.segment_edit(self._company(), made))

    @needs(Permission.SEGMENTS_WRITE)
    async def delete(self, segment_id: int) -> Any:
        async with this_company() as db:
            name = await segments.delete_segment(db, segment_id)
        return offer(f"Segment “{name}” deleted", changes.last_change(db))
