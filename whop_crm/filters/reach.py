"""What stands in other tables than the member's own row: memberships, tags, notes, lists, own fields.

Each is a set of ids found once for the whole question, not a look-up a member.
"""

from typing import Any, cast

from sqlalchemy import ColumnElement, ColumnExpressionArgument, and_, select, true
from sqlmodel import col

from whop_crm.filters.ast import Op
from whop_crm.filters.compare import HELD, NEGATIVE, against
from whop_crm.filters.fields import Field
from whop_crm.filters.values import Value
from whop_crm.filters.windows import Clock
from whop_crm.models import CustomValue, ListMember, Member, Membership, MemberTag, Note

Where = ColumnElement[bool]


def among(member_id: Any, *where: ColumnExpressionArgument[bool]) -> Where:
    """Whether the member is one of those whom rows of another table name."""
    return col(Member.id).in_(select(member_id).where(*where))


def with_membership(met: Where) -> Where:
    """There is one membership that meets it."""
    return among(col(Membership.member_id), col(Membership.member_id).is_not(None), met)


def held_now(field: Field, op: Op, value: Value) -> Where:
    column: Any = col(getattr(Membership, field.column))
    asks_what = op not in (Op.IS_SET, Op.IS_EMPTY)
    what: Where = column.in_(value if isinstance(value, tuple) else [value]) if asks_what else true()
    held = with_membership(and_(col(Membership.status).in_(HELD), what))
    return ~held if op in (Op.IS_NOT, Op.IS_NONE_OF, Op.IS_EMPTY) else held


def tagged(op: Op, value: Value) -> Where:
    ids = cast("tuple[int, ...]", value or ())
    member, tag = col(MemberTag.member_id), col(MemberTag.tag_id)
    match op:
        case Op.IS_SET:
            return among(member)
        case Op.IS_EMPTY:
            return ~among(member)
        case Op.HAS_ALL:
            return and_(true(), *(among(member, tag == one) for one in ids))
        case Op.HAS_NONE:
            return ~among(member, tag.in_(ids))
        case _:
            return among(member, tag.in_(ids))


def noted(value: Value) -> Where:
    found = among(col(Note.member_id))
    return found if value else ~found


def in_lists(op: Op, value: Value) -> Where:
    found = among(col(ListMember.member_id), col(ListMember.list_id).in_(cast("tuple[int, ...]", value)))
    return found if op is Op.IS_ANY_OF else ~found


def own_value(field: Field, op: Op, value: Value, clock: Clock) -> Where:
    """A field of the company's own: without a row it is missing. For yes or no, missing is neither."""
    column: Any = col(getattr(CustomValue, field.column))
    positive = NEGATIVE.get(op, op)
    mine = col(CustomValue.field_id) == field.custom_id
    found = among(col(CustomValue.member_id), mine, against(field, column, positive, value, clock))
    return ~found if op in NEGATIVE else found
