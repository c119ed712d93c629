"""Numbered pages of members: the ids of a page are found in an index alone, and only then its rows are read."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Select, func, select
from sqlmodel import col

from whop_crm.filters import shown_as
from whop_crm.models import Member, MemberTag
from whop_crm.services.members.schemas import PAGE_SIZE, MemberListQuery, MemberSort
from whop_crm.services.members.searching import matches

Condition = ColumnExpressionArgument[bool]

_PLAN = func.nullif(col(Member.plan_name), "")

_REQUIRED: dict[MemberSort, tuple[Any, ...]] = {
    MemberSort.NAME: (col(Member.sort_name),),
    MemberSort.STATUS: (col(Member.status), col(Member.canceling)),
    MemberSort.REVENUE: (col(Member.net_revenue_minor),),
    MemberSort.MRR: (col(Member.mrr_minor),),
}
_OPTIONAL: dict[MemberSort, Any] = {
    MemberSort.EMAIL: col(Member.email),
    MemberSort.PLAN: _PLAN,
    MemberSort.JOINED: col(Member.joined_at),
    MemberSort.LAST_ACTIVE: col(Member.last_active_at),
}


EVERYBODY: Condition = col(Member.counted)


def conditions(query: MemberListQuery) -> list[Condition]:
    """What a member must meet beyond being in the list at all; empty: nothing."""
    found: list[Condition] = [*matches(query.search)]
    if query.statuses:
        found.append(shown_as(list(query.statuses)))
    if query.tag_id is not None:
        tagged = select(col(MemberTag.member_id)).where(col(MemberTag.tag_id) == query.tag_id)
        found.append(col(Member.id).in_(tagged))
    return found


NEAR = 20
"""Pages so near the front that walking there costs less than another question."""


def near_page(query: MemberListQuery, offset: int) -> Select[int, int]:
    """The ids of one page of everybody, walked from the front, each with how many there are."""
    total = select(func.count()).select_from(Member).where(EVERYBODY).scalar_subquery().label("total")
    ordered = order(query.sort, query.descending)
    return select(col(Member.id), total).where(EVERYBODY).order_by(*ordered).offset(offset).limit(PAGE_SIZE)


def whole_page(query: MemberListQuery, offset: int, total: int) -> Select[int]:
    """The ids of one page of everybody, walked along the index of its order from whichever end is nearer."""
    last = min(offset + PAGE_SIZE, total)
    from_end = offset > total - last
    start = total - last if from_end else offset
    ordered = order(query.sort, query.descending, backwards=from_end)
    return select(col(Member.id)).where(EVERYBODY).order_by(*ordered).offset(start).limit(last - offset)


def found_page(query: MemberListQuery, where: list[Condition], offset: int) -> Select[int, int]:
    """The ids of one page of those who meet the conditions, each with how many there are.

    They are all found first and then sorted: walking an order's index would have to look into the table for each
    member on the way, and nobody knows how far the way is.
    """
    keys = [column.label(f"key{n}") for n, column in enumerate(columns(query.sort))]
    found = select(col(Member.id), *keys).where(*where).cte("found").prefix_with("MATERIALIZED")
    ordered = in_order([found.c[key.name] for key in keys], found.c.id, query.sort, query.descending)
    total = select(func.count()).select_from(found).scalar_subquery()
    return select(found.c.id, total.label("total")).order_by(*ordered).offset(offset).limit(PAGE_SIZE)


def order(sort: MemberSort, descending: bool, *, backwards: bool = False) -> list[ColumnElement[Any]]:
    """The order of the list, or exactly its reverse. Ties are broken by id, so that no page repeats a member."""
    return in_order(columns(sort), col(Member.id), sort, descending, backwards=backwards)


def columns(sort: MemberSort) -> tuple[Any, ...]:
    """What the list is ordered by, before the id."""
    return _REQUIRED[sort] if sort in _REQUIRED else (_OPTIONAL[sort],)


def is_optional(sort: MemberSort) -> bool:
    """Whether what it is ordered by may be missing."""
    return sort in _OPTIONAL


def in_order(
    columns: Iterable[Any], row_id: Any, sort: MemberSort, descending: bool, *, backwards: bool = False
) -> list[ColumnElement[Any]]:
    down = descending != backwards
    keys = [column.desc() if down else column.asc() for column in columns]
    if sort in _OPTIONAL:
        keys = [key.nulls_first() if backwards else key.nulls_last() for key in keys]
    return [*keys, row_id.desc() if down else row_id.asc()]
