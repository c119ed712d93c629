"""What can be exported of a member, and the lines of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Text, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from whop_crm import filters
from whop_crm.access import CompanyRef
from whop_crm.errors import InvalidInput
from whop_crm.models import CustomValue, Member, MemberTag, Tag
from whop_crm.models.enums import CustomFieldType
from whop_crm.services.custom_fields import FieldRow
from whop_crm.services.exports import cells
from whop_crm.services.exports.schemas import DEFAULT_COLUMNS, ColumnChoice

TAG_SEPARATOR = "; "
_TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Column:
    """`source` is a column of `members`, their tags, or a field of the company's own."""

    key: str
    label: str
    source: str | FieldRow
    cell: cells.Maker


def catalogue(company: CompanyRef, own: Sequence[FieldRow]) -> dict[str, Column]:
    """Every column by its key, the usual ones first."""
    built_in = [*_usual(company), *_money(company), *_times(), *_counts()]
    mine = [Column(filters.CUSTOM_PREFIX + one.key, one.name, one, _CUSTOM_CELLS[one.type]) for one in own]
    return {one.key: one for one in [*built_in, *mine]}


def _usual(company: CompanyRef) -> list[Column]:
    known = {one.key: one for one in _money(company)}
    return [
        Column("name", "Name", "name", cells.text),
        Column("email", "Email", "email", cells.text),
        Column("username", "Username", "username", cells.text),
        Column("status", "Status", "status", cells.status),
        known["net_revenue"],
        Column("joined", "Joined", "joined_at", cells.day),
        Column("tags", "Tags", _TAGS, cells.text),
        Column("whop_id", "Whop id", "whop_id", cells.text),
        Column("whop_user_id", "Whop user id", "whop_user_id", cells.text),
        Column("phone", "Phone", "phone", cells.text),
        Column("plan", "Plan", "plan_name", cells.text),
    ]


def _money(company: CompanyRef) -> list[Column]:
    code, cell = company.currency.upper(), cells.money(company.currency)
    return [
        Column("net_revenue", f"Net revenue ({code})", "net_revenue_minor", cell),
        Column("mrr", f"MRR ({code})", "mrr_minor", cell),
    ]


def _times() -> list[Column]:
    return [
        Column(key, label, column, cells.moment)
        for key, label, column in (
            ("last_active", "Last active", "last_active_at"),
            ("next_charge", "Next charge", "next_charge_at"),
            ("trial_end", "Trial end", "trial_ends_at"),
            ("canceled", "Canceled", "canceled_at"),
            ("first_payment", "First payment", "first_payment_at"),
            ("last_payment", "Last payment", "last_payment_at"),
        )
    ]


def _counts() -> list[Column]:
    return [
        Column(key, label, key, cells.number)
        for key, label in (
            ("memberships", "Memberships"),
            ("payments", "Payments"),
            ("failed_payments", "Failed payments"),
            ("refunds", "Refunds"),
            ("disputes", "Disputes"),
            ("posts", "Forum posts"),
            ("comments", "Comments"),
            ("chats", "Chat messages"),
            ("lessons", "Lessons completed"),
            ("course_completion", "Course completion (%)"),
            ("engagement_score", "Engagement score"),
        )
    ]


_CUSTOM_CELLS: dict[CustomFieldType, cells.Maker] = {
    CustomFieldType.TEXT: cells.text,
    CustomFieldType.CHOICE: cells.text,
    CustomFieldType.NUMBER: cells.number,
    CustomFieldType.DATE: cells.day,
    CustomFieldType.YES_NO: cells.yes_no,
}
_CUSTOM_COLUMNS: dict[CustomFieldType, str] = {
    CustomFieldType.TEXT: "text_value",
    CustomFieldType.CHOICE: "text_value",
    CustomFieldType.NUMBER: "number_value",
    CustomFieldType.DATE: "date_value",
    CustomFieldType.YES_NO: "flag_value",
}


def choices(company: CompanyRef, own: Sequence[FieldRow]) -> list[ColumnChoice]:
    return [ColumnChoice(one.key, one.label, one.key in DEFAULT_COLUMNS) for one in catalogue(company, own).values()]


def chosen(known: Mapping[str, Column], keys: Sequence[str]) -> list[Column]:
    """Raises InvalidInput for a column there is not."""
    wanted = list(dict.fromkeys(keys or DEFAULT_COLUMNS))
    for key in wanted:
        if key not in known:
            raise InvalidInput(f"There is no column “{key[:60]}”. There are {', '.join(known)}.", "columns")
    return [known[key] for key in wanted]


def head(columns: Sequence[Column]) -> str:
    return ",".join(cells.plain_cell(one.label) for one in columns) + "\r\n"


def lines(columns: Sequence[Column], company: CompanyRef, where: Sequence[Any], order: Sequence[Any]) -> Select[str]:
    """One text a member: the line, its end included. Members are put in order before their text is made."""
    ids = select(col(Member.id)).where(*where)
    tags = _tags(ids) if any(one.source == _TAGS for one in columns) else None
    fields = [one.source for one in columns if isinstance(one.source, FieldRow)]
    own = _own(ids, fields) if fields else None
    raw = [_raw(one, company.timezone, tags, own).label(f"c{n}") for n, one in enumerate(columns)]
    inner = select(*raw, col(Member.canceling).label("canceling")).where(*where)
    for joined in (tags, own):
        inner = inner if joined is None else inner.outerjoin(joined, joined.c.member_id == col(Member.id))
    found = inner.order_by(*order).subquery("found")
    made_of = [one.cell(f"found.c{n}") for n, one in enumerate(columns)]
    line = " || ',' || ".join(made_of) if len(made_of) > 1 else cells.alone(made_of[0])
    made: ColumnElement[str] = literal_column(f"{line} || E'\\r\\n'", Text)
    return select(made).select_from(found)


def _raw(column: Column, zone: str, tags: Subquery | None, own: Subquery | None) -> Any:
    if isinstance(column.source, FieldRow):
        assert own is not None
        return own.c[f"f{column.source.id}"]
    if column.source == _TAGS:
        assert tags is not None
        return tags.c.names
    value: Any = col(getattr(Member, column.source))
    return func.timezone(zone, value) if column.source.endswith("_at") else value


def _tags(ids: Select[int]) -> Subquery:
    """The names of each one's tags in one text."""
    member, name = col(MemberTag.member_id), col(Tag.name)
    listed = func.string_agg(name, aggregate_order_by(literal(TAG_SEPARATOR), func.lower(name)))
    joined = select(member, listed.label("names")).join(Tag, col(Tag.id) == col(MemberTag.tag_id))
    return joined.where(member.in_(ids)).group_by(member).subquery("tagged")


def _own(ids: Select[int], fields: Sequence[FieldRow]) -> Subquery:
    """What stands in each one's fields, a column a field, in one reading of the table."""
    member, field = col(CustomValue.member_id), col(CustomValue.field_id)
    values = [_value_in(one).filter(field == one.id).label(f"f{one.id}") for one in fields]
    mine = field.in_([one.id for one in fields])
    return select(member, *values).where(mine, member.in_(ids)).group_by(member).subquery("own")


def _value_in(field: FieldRow) -> Any:
    column: Any = col(getattr(CustomValue, _CUSTOM_COLUMNS[field.type]))
    return func.bool_and(column) if field.type is CustomFieldType.YES_NO else func.max(column)
