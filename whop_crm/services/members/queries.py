"""Reading members: the list, the search, one profile."""

from collections import Counter
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import Member
from whop_crm.models.enums import ShownStatus
from whop_crm.services.members import paging, profile, searching
from whop_crm.services.members.naming import shown_name
from whop_crm.services.members.schemas import (
    PAGE_SIZE,
    MemberDetail,
    MemberHit,
    MemberListQuery,
    MemberPage,
    MemberRow,
    PaymentPage,
    StatusCount,
)
from whop_crm.services.members.status import shown_member

_HIT = (
    col(Member.id), col(Member.whop_id), col(Member.name), col(Member.username), col(Member.email),
    col(Member.photo_url), col(Member.status), col(Member.canceling), col(Member.plan_name),
    col(Member.net_revenue_minor),
)  # fmt: skip
_ROW = (*_HIT, col(Member.mrr_minor), col(Member.joined_at), col(Member.last_active_at))


async def list_members(db: CompanyDb, query: MemberListQuery) -> MemberPage:
    """One page of the list with the exact count. A page past the last is the last."""
    db.scope.require(Permission.MEMBERS_READ)
    where = paging.conditions(query)
    if not where and query.page > paging.NEAR:
        return await _far(db, query)
    found = await _near(db, query, where)
    if found.rows or query.page <= 1:
        return found
    total = await db.scalars(select(func.count()).select_from(Member).where(paging.EVERYBODY, *where))
    return await list_members(db, replace(query, page=_pages(total.one())))


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


async def status_counts(db: CompanyDb) -> list[StatusCount]:
    """How many members each filter chip stands for, in the order of the chips, without those that hold nobody."""
    db.scope.require(Permission.MEMBERS_READ)
    columns = col(Member.status), col(Member.canceling)
    statement = select(*columns, func.count()).where(paging.EVERYBODY).group_by(*columns)
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
    )
