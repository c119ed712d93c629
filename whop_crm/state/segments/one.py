"""One segment in one tab: what it brings, how it grew, who came and went. Its members are the list's."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.errors import NotFound
from whop_crm.filters import BadFilter
from whop_crm.models.enums import UsedKind
from whop_crm.services import changes, segments, usages
from whop_crm.state.live import Watch
from whop_crm.state.marks import needs
from whop_crm.state.segments.all import MOVING
from whop_crm.state.session import this_company
from whop_crm.state.undo import offer
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


def segment_watch(watch: Watch) -> Watch:
    """What a segment's page wants to hear of, at the pace of its sums."""
    return replace(watch, topics=watch.topics | MOVING | {Topic.SEGMENT_MOVES}, pace=1.0)


class SegmentState(rx.State):
    """What stands over the list of a segment's members."""

    segment: SegmentLine = SegmentLine()
    money: MoneyView = MoneyView()
    moves: list[MoveLine] = []
    growth: Growth = Growth()
    used_by: str = ""
    """What rests on it, in words; empty where nothing does."""

    async def _read(self, segment_id: int, shared: Callable[..., Awaitable[Any]]) -> None:
        """`shared` is that of the page. Raises NotFound."""
        async with this_company() as db:
            row = await segments.get_segment(db, segment_id)
            users = await usages.list_users(db, UsedKind.SEGMENT, segment_id)
            self.moves = [move_line(one) for one in await segments.list_moves(db, segment_id)]
            self.growth = growth(await segments.list_days(db, segment_id))
        try:
            self.money = money_view(await shared(segments.money, row.filter))
        except BadFilter:
            self.money = MoneyView()
        self.segment, self.used_by = segment_line(row), usages.named(users) if users else ""

    @needs(Permission.SEGMENTS_WRITE)
    async def duplicate(self) -> Any:
        async with this_company() as db:
            made = await segments.duplicate_segment(db, self.segment.id)
        return rx.redirect(routes.segment_edit(self._company(), made))

    @needs(Permission.SEGMENTS_WRITE)
    async def delete(self) -> Any:
        async with this_company() as db:
            name = await segments.delete_segment(db, self.segment.id)
        told = offer(f"Segment “{name}” deleted", changes.last_change(db))
        return [rx.redirect(routes.segments(self._company())), told]

    def _company(self) -> str:
        return routes.company_in(self.router.url.path) or ""
