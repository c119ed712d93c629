"""The list of members behind one of them: by the values it is ordered by instead of a page's number.

What is missing stands last, and no comparison finds it: it is a stretch of its own.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, StrictBool, TypeAdapter
from sqlalchemy import ColumnElement, Executable, and_, literal, select, tuple_
from sqlmodel import col

from whop_crm.models import Member
from whop_crm.models.enums import MemberStatus
from whop_crm.services.members import paging
from whop_crm.services.members.schemas import MemberAfter, MemberListQuery, MemberSort

_Text = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")]
_Count = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]

PLACES: dict[MemberSort, TypeAdapter[tuple[Any, ...]]] = {
    MemberSort.NAME: TypeAdapter(tuple[_Text, _Count]),
    MemberSort.STATUS: TypeAdapter(tuple[MemberStatus, StrictBool, _Count]),
    MemberSort.REVENUE: TypeAdapter(tuple[_Count, _Count]),
    MemberSort.MRR: TypeAdapter(tuple[_Count, _Count]),
    MemberSort.EMAIL: TypeAdapter(tuple[_Text | None, _Count]),
    MemberSort.PLAN: TypeAdapter(tuple[_Text | None, _Count]),
    MemberSort.JOINED: TypeAdapter(tuple[AwareDatetime | None, _Count]),
    MemberSort.LAST_ACTIVE: TypeAdapter(tuple[AwareDatetime | None, _Count]),
}
"""What the keys and the id of a `MemberAfter` are, by the sort: for a place that comes from outside."""

Stretch = ColumnElement[bool]


def stretches(query: MemberListQuery, after: MemberAfter | None) -> Iterator[Stretch | None]:
    """The conditions to be asked one after the other until there are enough; None: no condition."""
    columns = paging.columns(query.sort)
    if not paging.is_optional(query.sort):
        yield None if after is None else _behind(query, columns, after.keys, after.id)
        return
    [column] = columns
    if after is None:
        yield column.is_not(None)
        yield column.is_(None)
    elif after.keys[0] is not None:
        yield and_(column.is_not(None), _behind(query, columns, after.keys, after.id))
        yield column.is_(None)
    else:
        yield and_(column.is_(None), _behind(query, (), (), after.id))


def _behind(query: MemberListQuery, columns: Sequence[Any], keys: Sequence[object], row_id: int) -> Stretch:
    here = tuple_(*columns, col(Member.id))
    there = tuple_(*(literal(key, column.type) for key, column in zip(keys, columns, strict=True)), literal(row_id))
    return here < there if query.descending else here > there


def statement(
    query: MemberListQuery, where: Sequence[paging.Condition], stretch: Stretch | None, shown: Sequence[Any], limit: int
) -> Executable:
    """Some rows with what they show, in order, and what they are ordered by as `key0`, `key1`."""
    keys = [column.label(f"key{n}") for n, column in enumerate(paging.columns(query.sort))]
    wanted = [paging.EVERYBODY, *where, *(() if stretch is None else (stretch,))]
    if not where:
        ordered = paging.order(query.sort, query.descending)
        return select(*shown, *keys).where(*wanted).order_by(*ordered).limit(limit)
    found = select(col(Member.id), *keys).where(*wanted).cte("found").prefix_with("MATERIALIZED")
    ordered = paging.in_order([found.c[key.name] for key in keys], found.c.id, query.sort, query.descending)
    some = select(found).order_by(*ordered).limit(limit).cte("some")
    again = paging.in_order([some.c[key.name] for key in keys], some.c.id, query.sort, query.descending)
    return select(*shown, *(some.c[key.name] for key in keys)).join(some, some.c.id == col(Member.id)).order_by(*again)


def place_of(query: MemberListQuery, row: Any) -> MemberAfter:
    keys = (getattr(row, f"key{n}") for n, _ in enumerate(paging.columns(query.sort)))
    return MemberAfter(tuple(keys), row.id)
