"""What the team did lately."""

from dataclasses import dataclass

from whop_crm.models.action import BulkStatus
from whop_crm.services.bulk_actions import BulkRow
from whop_crm.services.undo import Deed
from whop_crm.state.views.text import iso


@dataclass(frozen=True, slots=True)
class DeedLine:
    """A line of the recent actions. Of `bulk_id` and `change_id` one is 0; `percent` is -1 unless it is under way."""

    key: str
    bulk_id: int
    change_id: int
    title: str
    detail: str
    member_id: str
    member_name: str
    actor: str
    at: str
    percent: int
    stoppable: bool
    undoable: bool


@dataclass(frozen=True, slots=True)
class WorkLine:
    """A bulk action under way."""

    id: int
    title: str
    percent: int
    text: str
    actor: str


def work_line(row: BulkRow) -> WorkLine:
    percent = round(row.fraction * 100)
    undoing = f"Undoing: {row.title}"
    title = undoing if row.status is BulkStatus.UNDOING else row.title
    return WorkLine(row.id, title, percent, f"{percent} %", row.undone_by or row.actor_name)


def deed_line(deed: Deed) -> DeedLine:
    return DeedLine(
        key=f"many {deed.bulk_id}" if deed.bulk_id else f"one {deed.change_id}",
        bulk_id=deed.bulk_id or 0,
        change_id=deed.change_id or 0,
        title=deed.title,
        detail=deed.detail,
        member_id=deed.member_whop_id or "",
        member_name=deed.member_name,
        actor=deed.actor_name,
        at=iso(deed.at),
        percent=-1 if deed.fraction is None else round(deed.fraction * 100),
        stoppable=deed.stoppable,
        undoable=deed.undoable,
    )
