"""The columns of the member list, what stands in them, and the views that keep them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from whop_crm.filters import CUSTOM_PREFIX
from whop_crm.models.enums import CustomFieldType
from whop_crm.money import format_money
from whop_crm.services import custom_fields
from whop_crm.services.custom_fields import FieldRow
from whop_crm.services.members import MemberRow, MemberSort
from whop_crm.services.tags import MemberTagRow
from whop_crm.services.views import DEFAULT_COLUMNS, ColumnChoice, ColumnKey, ViewRow
from whop_crm.state.views.team import TagChip, tag_chip
from whop_crm.state.views.text import iso


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column as the table draws it. `kind` says how a cell's text is shown; `sort` is empty where it does not sort.

    `hide` is where it is left out: under 1200 ("lg"), 1024 ("md") or 640 px ("sm"); empty: nowhere.
    """

    key: str
    label: str
    kind: str
    align: str
    sort: str
    hide: str
    width: str
    named: bool
    """Its name stands before the value where rows are cards."""


@dataclass(frozen=True, slots=True)
class ColumnOption:
    """A line of the column chooser."""

    key: str
    label: str
    on: bool
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class ViewLine:
    """A view in the menu."""

    id: int
    name: str
    address: str
    shared: bool


@dataclass(frozen=True, slots=True)
class MemberExtras:
    """What columns show beside the member's own row: tags by member, values by member and field, fields by key."""

    tags: dict[int, list[MemberTagRow]] = field(default_factory=dict[int, list[MemberTagRow]])
    values: dict[tuple[int, int], Any] = field(default_factory=dict[tuple[int, int], Any])
    fields: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row of the list; `cells` stand in the order of its columns."""

    id: str
    name: str
    handle: str
    photo: str
    cells: list[str]
    tags: list[TagChip]


@dataclass(frozen=True, slots=True)
class _Column:
    label: str
    kind: str
    text: Callable[[MemberRow], str]
    sort: MemberSort | None = None
    hide: str = ""

    @property
    def align(self) -> str:
        return "right" if self.kind == "number" else "left"


def _count(read: Callable[[MemberRow], int | None]) -> Callable[[MemberRow], str]:
    return lambda row: "" if (value := read(row)) is None else f"{value:,}"


_COLUMNS: dict[str, _Column] = {
    ColumnKey.EMAIL: _Column("Email", "email", lambda row: row.email or "", MemberSort.EMAIL, "md"),
    ColumnKey.STATUS: _Column("Status", "status", lambda row: row.status.value, MemberSort.STATUS),
    ColumnKey.PLAN: _Column("Plan", "text", lambda row: row.plan_name, MemberSort.PLAN, "sm"),
    ColumnKey.REVENUE: _Column(
        "Net revenue", "number", lambda row: format_money(row.net_revenue_minor, row.currency), MemberSort.REVENUE
    ),
    ColumnKey.MRR: _Column(
        "MRR", "number", lambda row: format_money(row.mrr_minor, row.currency), MemberSort.MRR, "lg"
    ),
    ColumnKey.JOINED: _Column("Joined", "date", lambda row: iso(row.joined_at), MemberSort.JOINED, "sm"),
    ColumnKey.LAST_ACTIVE: _Column(
        "Last active", "ago", lambda row: iso(row.last_active_at), MemberSort.LAST_ACTIVE, "sm"
    ),
    ColumnKey.TAGS: _Column("Tags", "tags", lambda _: ""),
    ColumnKey.PAYMENTS: _Column("Payments", "number", _count(lambda row: row.payments)),
    ColumnKey.FAILED_PAYMENTS: _Column("Failed payments", "number", _count(lambda row: row.failed_payments)),
    ColumnKey.FIRST_PAYMENT: _Column("First payment", "date", lambda row: iso(row.first_payment_at)),
    ColumnKey.LAST_PAYMENT: _Column("Last payment", "date", lambda row: iso(row.last_payment_at)),
    ColumnKey.NEXT_CHARGE: _Column("Next charge", "date", lambda row: iso(row.next_charge_at)),
    ColumnKey.SCORE: _Column("Engagement", "number", _count(lambda row: row.engagement_score)),
    ColumnKey.POSTS: _Column("Posts", "number", _count(lambda row: row.posts)),
    ColumnKey.COMMENTS: _Column("Comments", "number", _count(lambda row: row.comments)),
    ColumnKey.LESSONS: _Column("Lessons", "number", _count(lambda row: row.lessons)),
}


def row_line(row: MemberRow, keys: Iterable[str], extras: MemberExtras) -> RowLine:
    return RowLine(
        id=row.whop_id,
        name=row.name,
        handle=f"@{row.username}" if row.username else "",
        photo=row.photo_url or "",
        cells=[_cell(row, key, extras) for key in keys],
        tags=[tag_chip(tag) for tag in extras.tags.get(row.id, ())],
    )


def _cell(row: MemberRow, key: str, extras: MemberExtras) -> str:
    if key in _COLUMNS:
        return _COLUMNS[key].text(row)
    number = extras.fields.get(key.removeprefix(CUSTOM_PREFIX))
    return "" if number is None else custom_fields.shown(extras.values.get((row.id, number)))


def list_columns(choices: Sequence[ColumnChoice], fields: Sequence[FieldRow]) -> list[ListColumn]:
    """The usual columns give way on narrow screens; what somebody chose does not."""
    usual = {one.key for one in choices} <= {one.key for one in DEFAULT_COLUMNS} and not any(c.width for c in choices)
    own = {CUSTOM_PREFIX + each.key: each for each in fields}
    lines: list[ListColumn] = []
    for one in choices:
        width = f"{one.width}px" if one.width else ""
        if column := _COLUMNS.get(one.key):
            sort, hide = column.sort.value if column.sort else "", column.hide if usual else ""
            lines.append(ListColumn(one.key, column.label, column.kind, column.align, sort, hide, width, not usual))
        elif each := own.get(one.key):
            align = "right" if each.type is CustomFieldType.NUMBER else "left"
            lines.append(ListColumn(one.key, each.name, "text", align, "", "", width, True))
    return lines


def column_options(choices: Sequence[ColumnChoice], fields: Sequence[FieldRow]) -> list[ColumnOption]:
    """The chosen ones in their order, then the others."""
    labels = {key: column.label for key, column in _COLUMNS.items()}
    labels |= {CUSTOM_PREFIX + each.key: each.name for each in fields}
    on = [one.key for one in choices if one.key in labels]
    chosen = [ColumnOption(key, labels[key], True, key == on[0], key == on[-1]) for key in on]
    return chosen + [ColumnOption(key, label, False, False, False) for key, label in labels.items() if key not in on]


def view_line(view: ViewRow, path: str) -> ViewLine:
    before = f"{view.address}&" if view.address else ""
    return ViewLine(view.id, view.name, f"{path}?{before}view={view.id}", view.shared)
