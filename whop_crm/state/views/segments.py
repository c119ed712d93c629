"""Segments, as their pages show them."""

from dataclasses import dataclass, field

from whop_crm.money import format_money
from whop_crm.services.lists import ListRow
from whop_crm.services.segments import Money, Move, SegmentRow, SizeDay, Template
from whop_crm.state.views.text import iso


@dataclass(frozen=True, slots=True)
class MoneyView:
    mrr: str = ""
    net_revenue: str = ""
    leaving: str = ""


@dataclass(frozen=True, slots=True)
class SegmentLine:
    """`problem` is empty for one that works."""

    id: int = 0
    name: str = ""
    description: str = ""
    color: str = "blue"
    members: str = ""
    mrr: str = ""
    words: str = ""
    shared: bool = False
    may_change: bool = False
    owner: str = ""
    changed: str = ""
    changed_by: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TemplateLine:
    key: str
    name: str
    description: str
    color: str
    members: str


@dataclass(frozen=True, slots=True)
class ListLine:
    id: int
    name: str
    description: str
    color: str
    members: str


@dataclass(frozen=True, slots=True)
class MoveLine:
    id: str
    name: str
    photo: str
    entered: bool
    at: str
    key: str


@dataclass(frozen=True, slots=True)
class Growth:
    """A segment's size by day: `line` is an SVG path 100 wide and 30 high, with its first and last day in words."""

    line: str = ""
    first: str = ""
    last: str = ""
    least: str = ""
    most: str = ""
    days: list[tuple[str, str]] = field(default_factory=list)


def money_view(money: Money) -> MoneyView:
    return MoneyView(
        format_money(money.mrr_minor, money.currency),
        format_money(money.net_revenue_minor, money.currency),
        format_money(money.leaving_minor, money.currency),
    )


def segment_line(row: SegmentRow) -> SegmentLine:
    return SegmentLine(
        id=row.id,
        name=row.name,
        description=row.description,
        color=row.color.value,
        members="–" if row.members is None else f"{row.members:,}",
        mrr=format_money(row.mrr_minor, row.currency),
        words=row.words,
        shared=row.shared,
        may_change=row.may_change,
        owner=row.owner_name,
        changed=iso(row.changed_at),
        changed_by=row.changed_by,
        problem=row.problem or "",
    )


def template_line(template: Template, members: int) -> TemplateLine:
    return TemplateLine(template.key, template.name, template.description, template.color.value, f"{members:,}")


def list_line(row: ListRow) -> ListLine:
    return ListLine(row.id, row.name, row.description, row.color.value, f"{row.members:,}")


def move_line(move: Move) -> MoveLine:
    at = iso(move.at)
    return MoveLine(move.member_id, move.name, move.photo_url or "", move.entered, at, f"{move.member_id}{at}")


def growth(days: list[SizeDay]) -> Growth:
    if not days:
        return Growth()
    sizes = [one.members for one in days]
    least, most = min(sizes), max(sizes)
    span = max((days[-1].day - days[0].day).days, 1)
    line = "M" + " L".join(
        f"{100 * (one.day - days[0].day).days / span:.2f},{28 - 26 * (one.members - least) / max(most - least, 1):.2f}"
        for one in days
    )
    return Growth(line, days[0].day.isoformat(), days[-1].day.isoformat(), f"{least:,}", f"{most:,}",
                  [(one.day.isoformat(), f"{one.members:,}") for one in days])  # fmt: skip
