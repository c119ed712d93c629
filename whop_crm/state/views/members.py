"""Members in the list and in the search."""

from dataclasses import dataclass

from whop_crm.models.enums import ShownStatus
from whop_crm.money import format_money
from whop_crm.services.members import MemberHit, MemberRow, StatusCount
from whop_crm.state.views.text import iso


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A row of the list. `status` is a ShownStatus value."""

    id: str
    name: str
    handle: str
    email: str
    photo: str
    status: str
    plan: str
    revenue: str
    mrr: str
    joined: str
    last_active: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A result of the search."""

    id: str
    name: str
    detail: str
    photo: str
    status: str
    plan: str
    revenue: str


@dataclass(frozen=True, slots=True)
class StatusChip:
    value: str
    label: str
    count: str


def member_line(row: MemberRow) -> MemberLine:
    return MemberLine(
        id=row.whop_id,
        name=row.name,
        handle=f"@{row.username}" if row.username else "",
        email=row.email or "",
        photo=row.photo_url or "",
        status=row.status.value,
        plan=row.plan_name,
        revenue=format_money(row.net_revenue_minor, row.currency),
        mrr=format_money(row.mrr_minor, row.currency),
        joined=iso(row.joined_at),
        last_active=iso(row.last_active_at),
    )


def hit(found: MemberHit) -> Hit:
    return Hit(
        id=found.whop_id,
        name=found.name,
        detail=found.email or (f"@{found.username}" if found.username else "No email"),
        photo=found.photo_url or "",
        status=found.status.value,
        plan=found.plan_name,
        revenue=format_money(found.net_revenue_minor, found.currency),
    )


def status_chip(counted: StatusCount) -> StatusChip:
    return StatusChip(counted.status.value, ShownStatus(counted.status).label, f"{counted.members:,}")
