"""Reading members: the list, the search, one profile."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col

from whop_crm import filters
from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import Member
from whop_crm.models.enums import ShownStatus
from whop_crm.services.members import keyset, paging, profile, searching
from whop_crm.services.members.naming import shown_name
from whop_crm.services.members.schemas import (
    EVERYONE,
    PAGE_SIZE,
    MemberAfter,
    MemberDetail,
    MemberHit,
    MemberListQuery,
    MemberPage,
    MemberRow,
    MemberSlice,
    PaymentPage,
    StatusCount,
)
from whop_crm.services.members.status import shown_member

_HIT = (
    col(Member.id), col(Member.whop_id), col(Member.name), col(Member.username), col(Member.email),
    col(Member.photo_url), col(Member.status), col(Member.canceling), col(Member.plan_name),
    col(Member.net_revenue_minor),
)  # fmt: skip
_ROW = (
    *_HIT, col(Member.mrr_minor), col(Member.joined_at), col(Member.last_active_at), col(Member.payments),
    col(Member.failed_payments), col(Member.first_payment_at), col(Member.last_payment_at), col(Member.next_charge_at),
    col(Member.engagement_score), col(Member.posts), col(Member.comments), col(Member.lessons),
)  # fmt: skip


async def list_members(db: CompanyDb, query: MemberListQuery) -> MemberPage:
    """One page of the list with the exact count. A page past the last is the last."""
    db.scope.require(Permission.MEMBERS_READ)
    where = await _conditions(db, query)
    if not where and query.page > paging.NEAR:
        return await _far(db, query)
    found = await _near(db, query, where)
    if found.rows or query.page <= 1:
        return found
    total = await db.scalars(select(func.count()).select_from(Member).where(paging.EVERYBODY, *where))
    return await list_members(db, replace(query, page=_pages(total.one())))


async def select_ids(db: CompanyDb, query: MemberListQuery) -> Select[int]:
    """A query for the ids of all that match, whatever page is asked for. Raises BadFilter."""
    db.scope.require(Permission.MEMBERS_READ)
    return select(col(Member.id)).where(paging.EVERYBODY, *await _conditions(db, query))


def order(query: MemberListQuery) -> list[ColumnElement[Any]]:
    """The order of the list."""
    return paging.order(query.sort, query.descending)


async def _conditions(db: CompanyDb, query: MemberListQuery) -> list[paging.Condition]:
    """Raises BadFilter where the filter names what is gone."""
    found = paging.conditions(query)
    return found if query.where == EVERYONE else [*found, await filters.where(db, query.where)]


async def _near(db: CompanyDb, query: MemberListQuery, where: list[paging.Condition]) -> MemberPage:
    """In one question; without rows where the page lies behind the last."""
    page = max(query.page, 1)
    offset = (page - 1) * PAGE_SIZE
    wanted = paging.found_page(query, [paging.EVERYBODY, *where], offset) if where else paging.near_page(query, offset)
    ids = wanted.cte("page")
    ordered = paging.order(query.sort, query.descending)
    found = await db.execute(select(*_ROW, ids.c.total).join(ids, ids.c.id == col(Member.id)).order_by(*ordered))
    rows = found.all()
    total = rows[0].total if rows else 0
    currency = db.scope.company.currency
    return MemberPage(tuple(_row(row, currency) for row in rows), total, page if rows else 1, _pages(total))


async def _far(db: CompanyDb, query: MemberListQuery) -> MemberPage:
    total = (await db.scalars(select(func.count()).select_from(Member).where(paging.EVERYBODY))).one()
    page = min(query.page, _pages(total))
    ids = paging.whole_page(query, (page - 1) * PAGE_SIZE, total)
    ordered = paging.order(query.sort, query.descending)
    found = await db.execute(select(*_ROW).where(col(Member.id).in_(ids)).order_by(*ordered))
    return MemberPage(tuple(_row(row, db.scope.company.currency) for row in found), total, page, _pages(total))


def _pages(total: int) -> int:
    return max(1, -(-total // PAGE_SIZE))


async def list_members_after(
    db: CompanyDb, query: MemberListQuery, after: MemberAfter | None, limit: int
) -> MemberSlice:
    """The next members behind one, in the order of the list; `query.page` does not matter.

    What is written meanwhile neither repeats nor skips a member whose own place has not changed.
    """
    db.scope.require(Permission.MEMBERS_READ)
    where = await _conditions(db, query)
    found: list[Any] = []
    for stretch in keyset.stretches(query, after):
        statement = keyset.statement(query, where, stretch, _ROW, limit + 1 - len(found))
        found += (await db.execute(statement)).all()
        if len(found) > limit:
            break
    rows = tuple(_row(row, db.scope.company.currency) for row in found[:limit])
    return MemberSlice(rows, keyset.place_of(query, found[limit - 1]) if len(found) > limit else None)


async def count_members(db: CompanyDb, query: MemberListQuery) -> int:
    """How many the whole list has."""
    db.scope.require(Permission.MEMBERS_READ)
    where = await _conditions(db, query)
    return await db.scalar(select(func.count()).select_from(Member).where(paging.EVERYBODY, *where)) or 0


async def get_member_id(db: CompanyDb, whop_id: str) -> int:
    """Our id of a member, by Whop's. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    found = await db.scalar(select(col(Member.id)).where(col(Member.whop_id) == whop_id))
    if found is None:
        raise NotFound("There is no such member in this company.")
    return found


async def list_member_ids(db: CompanyDb, whop_ids: Collection[str]) -> dict[str, int]:
    """The same for many; unknown ones are not in it."""
    db.scope.require(Permission.MEMBERS_READ)
    wanted = select(col(Member.whop_id), col(Member.id)).where(col(Member.whop_id).in_(set(whop_ids)))
    return {whop_id: number for whop_id, number in await db.execute(wanted)}  # noqa: C416 - rows are not pairs to pyright


async def search_members(db: CompanyDb, text: str, limit: int = 8) -> list[MemberHit]:
    """The best matches, exact ones and prefixes first. An empty text finds nobody."""
    db.scope.require(Permission.MEMBERS_READ)
    if not searching.words(text):
        return []
    rank = searching.rank(text).label("rank")
    best = select(col(Member.id), rank).where(paging.EVERYBODY, *searching.matches(text))
    best = best.order_by(rank, col(Member.sort_name), col(Member.id)).limit(limit).cte("best")
    rows = select(*_HIT).join(best, best.c.id == col(Member.id))
    rows = rows.order_by(best.c.rank, col(Member.sort_name), col(Member.id))
    return [_hit(row, db.scope.company.currency) for row in await db.execute(rows)]


async def status_counts(db: CompanyDb, where: filters.Filter = EVERYONE) -> list[StatusCount]:
    """How many of those who meet `where` each filter chip stands for, in the order of the chips, without those that
    hold nobody. Raises BadFilter.
    """
    db.scope.require(Permission.MEMBERS_READ)
    columns = col(Member.status), col(Member.canceling)
    met = await _conditions(db, MemberListQuery(where=where))
    statement = select(*columns, func.count()).where(paging.EVERYBODY, *met).group_by(*columns)
    counts: Counter[ShownStatus] = Counter()
    for status, canceling, members in await db.execute(statement):
        counts[shown_member(status, canceling)] += members
    return [StatusCount(status, counts[status]) for status in ShownStatus if counts[status]]


async def get_member(db: CompanyDb, whop_id: str) -> MemberDetail:
    """A member's profile by Whop's id (`mber_…`). Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    member = (await db.scalars(select(Member).where(col(Member.whop_id) == whop_id))).one_or_none()
    if member is None:
        raise NotFound("There is no such member in this company.")
    return await profile.detail(db, member)


async def list_payments(db: CompanyDb, member_id: int, offset: int = 0) -> PaymentPage:
    """50 of a member's payments, newest first."""
    db.scope.require(Permission.MEMBERS_READ)
    return await profile.payments(db, member_id, offset)


def _hit(row: Any, currency: str) -> MemberHit:
    return MemberHit(
        id=row.id,
        whop_id=row.whop_id,
        name=shown_name(row.name, row.username, row.email, row.whop_id),
        username=row.username,
        email=row.email,
        photo_url=row.photo_url,
        status=shown_member(row.status, row.canceling),
        plan_name=row.plan_name,
        currency=currency,
        net_revenue_minor=row.net_revenue_minor,
    )


def _row(row: Any, currency: str) -> MemberRow:
    return MemberRow(
        id=row.id,
        whop_id=row.whop_id,
        name=shown_name(row.name, row.username, row.email, row.whop_id),
        username=row.username,
        email=row.email,
        photo_url=row.photo_url,
        status=shown_member(row.status, row.canceling),
        plan_name=row.plan_name,
        currency=currency,
        net_revenue_minor=row.net_revenue_minor,
        mrr_minor=row.mrr_minor,
        joined_at=row.joined_at,
        last_active_at=row.last_active_at,
        payments=row.payments,
        failed_payments=row.failed_payments,
        first_payment_at=row.first_payment_at,
        last_payment_at=row.last_payment_at,
        next_charge_at=row.next_charge_at,
        engagement_score=row.engagement_score,
        posts=row.posts,
        comments=row.comments,
        lessons=row.lessons,
    )
