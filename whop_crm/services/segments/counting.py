"""How many, what each condition costs, and what it is worth: each in one scan of the members."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.filters import (
    EVERYBODY,
    All,
    Any_,
    Asked,
    BadFilter,
    Filter,
    InMembership,
    Node,
    Not,
    asked_now,
    compile_filter,
)
from whop_crm.filters.ast import children
from whop_crm.filters.leaves import Leaves
from whop_crm.models import Member, Membership
from whop_crm.services import members
from whop_crm.services.members import MemberListQuery
from whop_crm.services.segments.schemas import Loss, Losses, Money, Preview

Path = tuple[int, ...]
"""The way from the root to a group: which child, at each level."""
AT_ONCE = 40
"""Filters that one scan counts."""
FIRST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Size:
    members: int
    mrr_minor: int


async def count(db: CompanyDb, given: Filter) -> int:
    """How many members meet a resolved filter, exactly. Raises BadFilter."""
    db.scope.require(Permission.MEMBERS_READ)
    met = compile_filter(given, await asked_now(db))
    return (await db.scalars(select(func.count()).select_from(Member).where(EVERYBODY, met))).one()


async def sizes(db: CompanyDb, given: Sequence[Filter], asked: Asked | None = None) -> list[Size | BadFilter]:
    """How many meet each and their MRR, in the given order; an error in the place of one that cannot be asked.

    One scan for `AT_ONCE` filters, in which a condition that several share is told once.
    """
    db.scope.require(Permission.MEMBERS_READ)
    asked = asked or await asked_now(db)
    found: list[Size | BadFilter] = []
    for start in range(0, len(given), AT_ONCE):
        found += await _sizes(db, given[start : start + AT_ONCE], asked)
    return found


async def _sizes(db: CompanyDb, given: Sequence[Filter], asked: Asked) -> list[Size | BadFilter]:
    leaves = Leaves(asked)
    errors = [leaves.add(one.where) for one in given]
    scan = leaves.scan(col(Member.mrr_minor))
    wanted: list[Any] = [func.count()]
    for one, error in zip(given, errors, strict=True):
        if error is None:
            met = leaves.over(one.where, scan)
            wanted += [func.count().filter(met), func.coalesce(func.sum(scan.c.mrr_minor).filter(met), 0)]
    figures = iter(list((await db.execute(select(*wanted).select_from(scan))).one())[1:])
    return [error or Size(int(next(figures)), int(next(figures))) for error in errors]


async def preview(db: CompanyDb, given: Filter) -> Preview:
    """The first rows and the money of a resolved filter. Raises BadFilter."""
    db.scope.require(Permission.MEMBERS_READ)
    found = await members.list_members(db, MemberListQuery(where=given))
    return Preview(found.rows[:FIRST_ROWS], await money(db, given))


async def money(db: CompanyDb, given: Filter) -> Money:
    """Raises BadFilter."""
    db.scope.require(Permission.MEMBERS_READ)
    met = compile_filter(given, await asked_now(db))
    these = select(col(Member.id), col(Member.mrr_minor), col(Member.net_revenue_minor)).where(EVERYBODY, met)
    who = these.cte("who").prefix_with("MATERIALIZED")
    leaving = (
        select(func.coalesce(func.sum(col(Membership.mrr_minor)), 0))
        .where(col(Membership.mrr_minor) > 0, col(Membership.cancel_at_period_end))
        .where(col(Membership.member_id).in_(select(who.c.id)))
        .scalar_subquery()
    )
    sums = (func.coalesce(func.sum(who.c[name]), 0) for name in ("mrr_minor", "net_revenue_minor"))
    wanted: list[Any] = [*sums, leaving]
    mrr, net, leaves = list((await db.execute(select(*wanted).select_from(who))).one())
    return Money(int(mrr), int(net), int(leaves), db.scope.company.currency)


async def losses(db: CompanyDb, given: Filter, path: Path = ()) -> Losses:
    """For each child of the group at `path` how many meet it alone, and how many would remain without it.

    Raises BadFilter, and NotFound where there is no such group.
    """
    db.scope.require(Permission.MEMBERS_READ)
    parts = children(_at(given.where, path))
    alone = [Filter(where=one) for one in parts]
    without = [Filter(where=_without(given.where, (*path, n))) for n in range(len(parts))]
    found = [_told(one) for one in await sizes(db, [given, Filter(), *alone, *without])]
    pairs = zip(found[2 : 2 + len(parts)], found[2 + len(parts) :], strict=True)
    return Losses(found[0], found[1], tuple(Loss(*pair) for pair in pairs))


def _told(size: Size | BadFilter) -> int:
    if isinstance(size, BadFilter):
        raise size
    return size.members


def _at(node: Node, path: Path) -> All | Any_:
    for step in path:
        below = children(node)
        if step >= len(below) or isinstance(node, InMembership):
            raise NotFound("There is no such group in this filter.")
        node = below[step]
    if not isinstance(node, All | Any_):
        raise NotFound("There is no such group in this filter.")
    return node


def _without(node: Node, path: Path) -> Node:
    """The tree without the child at the end of the way."""
    below = list(children(node))
    if len(path) == 1:
        del below[path[0]]
    else:
        below[path[0]] = _without(below[path[0]], path[1:])
    match node:
        case All():
            return All(all=tuple(below))
        case Any_():
            return Any_(any=tuple(below))
        case _:
            return Not.of(below[0])
