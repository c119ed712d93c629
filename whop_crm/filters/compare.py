"""One column against one value. Never NULL: what is missing is false, or true for the negative operators."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlmodel import col

from whop_crm.filters.ast import Op, Span
from whop_crm.filters.fields import INTERVALS, Field, Kind
from whop_crm.filters.values import Value
from whop_crm.filters.windows import Bounds, Clock, Point, Relative
from whop_crm.models import Member, Membership
from whop_crm.models.enums import MembershipStatus, MemberStatus, ShownStatus
from whop_crm.text import fold, like

Where = ColumnElement[bool]
NAME_LENGTH = 100
"""Characters of a name that are kept to compare."""
OWN_LENGTH = 600
"""The same of a text in a field of the company's own: all that one can hold, and less than an index entry can."""
HELD = (MembershipStatus.ACTIVE, MembershipStatus.TRIALING, MembershipStatus.PAST_DUE, MembershipStatus.CANCELING,
        MembershipStatus.COMPLETED)  # fmt: skip
NEGATIVE = {Op.IS_NOT: Op.IS, Op.IS_NONE_OF: Op.IS_ANY_OF, Op.NOT_CONTAINS: Op.CONTAINS, Op.NOT_IN_LAST: Op.IN_LAST,
             Op.IS_EMPTY: Op.IS_SET}  # fmt: skip


def compared(field: Field, op: Op, value: Value, clock: Clock) -> Where:
    """A field of the member row."""
    if field.key == "status":
        return _signed(op, lambda _plain: shown_as(_texts(value)))
    column: Any = col(getattr(Member, field.column))
    return against(field, column, op, value, clock)


def of_membership(field: Field, op: Op, value: Value, clock: Clock) -> Where:
    """A field of one membership."""
    column: Any = col(getattr(Membership, field.column))
    match field.key:
        case "current":
            held = column.in_(HELD)
            return held if value else ~held
        case "price_interval":
            return _signed(op, lambda _plain: _interval(column, _texts(value)))
        case _:
            return against(field, column, op, value, clock)


def against(field: Field, column: Any, op: Op, value: Value, clock: Clock) -> Where:
    """Any column by the kind of its field."""
    there: Where = column.is_not(None) if field.optional else true()
    return _signed(
        op, lambda plain: there if plain is Op.IS_SET else and_(there, _met(field, column, plain, value, clock))
    )


def _signed(op: Op, met: Callable[[Op], Where]) -> Where:
    """A negative operator is the whole opposite of its positive one."""
    positive = NEGATIVE.get(op)
    return ~met(positive) if positive else met(op)


def _met(field: Field, column: Any, op: Op, value: Value, clock: Clock) -> Where:
    match field.kind:
        case Kind.CHOICE:
            return column.in_(_texts(value) if field.custom_id is None else [fold(one) for one in _texts(value)])
        case Kind.TEXT:
            return _text(field, column, op, cast("str", value))
        case Kind.NUMBER | Kind.MONEY | Kind.PERCENT:
            return _number(column, op, value)
        case Kind.DATE:
            return _between(column, bounds(op, value, clock))
        case Kind.DAY:
            low, high = days(op, value, clock)
            return _within(column, low, high)
        case Kind.YES_NO:
            return column.is_(bool(value))
        case Kind.TAGS | Kind.SETS:
            raise TypeError(f"{field.key} is no column.")


def _texts(value: Value) -> list[str]:
    return [cast("str", one) for one in value] if isinstance(value, tuple) else [cast("str", value)]


def shown_as(statuses: list[str]) -> Where:
    """What the member's badge says: CANCELING stands before the status underneath."""
    known = {status.value for status in MemberStatus}
    plain = [MemberStatus(one) for one in statuses if one in known]
    canceling: Any = col(Member.canceling) if ShownStatus.CANCELING in statuses else false()
    return or_(canceling, and_(col(Member.status).in_(plain), ~col(Member.canceling)))


def _interval(column: Any, names: list[str]) -> Where:
    return or_(false(), *(_one_interval(column, name) for name in names))


def _one_interval(column: Any, name: str) -> Where:
    if name == "other":
        return ~or_(*(_one_interval(column, one) for one in INTERVALS))
    low, high = INTERVALS[name]
    return column.is_(None) if low is None else and_(column.is_not(None), column.between(low, high))


def _text(field: Field, column: Any, op: Op, said: str) -> Where:
    """Without regard to case; names and own fields without regard to accents either."""
    if field.key == "name" or field.custom_id is not None:
        have, wanted = column, fold(said)[: NAME_LENGTH if field.custom_id is None else OWN_LENGTH]
    else:
        lowered = func.lower(column)
        have = func.split_part(lowered, "@", 2) if field.key == "email_domain" else lowered
        wanted = said.lower().removeprefix("@") if field.key == "email_domain" else said.lower()
    match op:
        case Op.CONTAINS:
            return have.like(f"%{like(wanted)}%")
        case Op.STARTS_WITH:
            return have.like(f"{like(wanted)}%")
        case _:
            return have == wanted


def _number(column: Any, op: Op, value: Value) -> Where:
    if isinstance(value, tuple):
        return column.between(*value)
    match op:
        case Op.AT_LEAST:
            return column >= value
        case Op.AT_MOST:
            return column <= value
        case Op.GREATER:
            return column > value
        case Op.LESS:
            return column < value
        case _:
            return column == value


def bounds(op: Op, value: Value, clock: Clock) -> Bounds:
    """The instants that meet a date condition."""
    if isinstance(value, Span):
        return clock.next(value) if op is Op.IN_NEXT else clock.last(value)
    if isinstance(value, tuple):
        first, last = (clock.around(cast("Point", one)) for one in value)
        return Bounds(first.low, last.high)
    assert isinstance(value, date | Relative)
    around = clock.around(value)
    match op:
        case Op.BEFORE:
            return Bounds(None, around.low)
        case Op.AFTER:
            return Bounds(around.high, None)
        case Op.ON_OR_BEFORE:
            return Bounds(None, around.high)
        case _:
            return Bounds(around.low, None)


def days(op: Op, value: Value, clock: Clock) -> tuple[date | None, date | None]:
    """The same for calendar days: from the first on, up to but not the last."""
    one = timedelta(days=1)
    if isinstance(value, Span):
        there = clock.day_of(Relative(value, 1 if op is Op.IN_NEXT else -1))
        return (clock.today, there + one) if op is Op.IN_NEXT else (there, clock.today + one)
    if isinstance(value, tuple):
        first, last = (clock.day_of(cast("Point", each)) for each in value)
        return first, last + one
    assert isinstance(value, date | Relative)
    day = clock.day_of(value)
    match op:
        case Op.BEFORE:
            return None, day
        case Op.AFTER:
            return day + one, None
        case Op.ON_OR_BEFORE:
            return None, day + one
        case _:
            return day, None


def _between(column: Any, found: Bounds) -> Where:
    return _within(column, found.low, found.high)


def _within(column: Any, low: Any, high: Any) -> Where:
    parts = [column >= low] if low is not None else []
    return and_(*parts, column < high) if high is not None else and_(true(), *parts)
