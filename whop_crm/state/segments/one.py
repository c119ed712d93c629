"""One segment in one tab: who is in it, how it grew, who came and went."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.errors import NotFound
from whop_crm.filters import BadFilter
from whop_crm.models.enums import UsedKind
from whop_crm.services import changes, segments, usages
from whop_crm.state.base import Page, needs, this_company
from whop_crm.state.segments.all import MOVING
from whop_crm.state.undo import offer
from whop_crm.state.views import MemberLine, member_line
from whop_crm.state.views.segments import (
    Growth,
    MoneyView,
    MoveLine,
    SegmentLine,
    growth,
    money_view,
    move_line,
    segment_line,
)


def segment_id(text: str) -> int:
    """From an address. Raises NotFound."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("There is no such segment.")
    return int(text)


class SegmentState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = MOVING | {Topic.SEGMENT_MOVES}
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ
    pace: ClassVar[float] = 1.0

    segment: SegmentLine = SegmentLine()
    money: MoneyView = MoneyView()
    rows: list[MemberLine] = []
    moves: list[MoveLine] = []
    growth: Growth = Growth()
    used_by: str = ""
    """What rests on it, in words; empty where nothing does."""

    async def _read(self) -> None:
        wanted = segment_id(self._param(routes.SEGMENT_ARG))
        async with this_company() as db:
            row = await segments.get_segment(db, wanted)
            users = await usages.list_users(db, UsedKind.SEGMENT, wanted)
            self.moves = [move_line(one) for one in await segments.list_moves(db, wanted)]
            self.growth = growth(await segments.list_days(db, wanted))
            try:
                found = await segments.preview(db, row.filter)
            except BadFilter:
                self.rows, self.money = [], MoneyView()
            else:
                self.rows, self.money = [member_line(one) for one in found.rows], money_view(found.money)
        self.segment, self.used_by = segment_line(row), usages.named(users) if users else ""

    @needs(Permission.SEGMENTS_WRITE)
    async def duplicate(self) -> Any:
        async with this_company() as db:
            made = await segments.duplicate_segment(db, segment_id(self._param(routes.SEGMENT_ARG)))
        return rx.redirect(routes.segment_edit(self._company(), made))

    @needs(Permission.SEGMENTS_WRITE)
    async def delete(self) -> Any:
        async with this_company() as db:
            name = await segments.delete_segment(db, segment_id(self._param(routes.SEGMENT_ARG)))
        told = offer(f"Segment “{name}” deleted", changes.last_change(db))
        return [rx.redirect(routes.segments(self._company())), told]
