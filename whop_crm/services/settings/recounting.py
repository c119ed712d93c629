"""Working out anew what depends on a setting: in small transactions, each with how far it has come.

Killed at any moment, it goes on from the last chunk that was written. Facts that arrive meanwhile are written with the
new settings already, so that in the end everything is as if it had never been otherwise.
"""

from datetime import timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.access import CompanyRef, Permission, Scope
from whop_crm.db import CompanyDb, PlatformDb, Topic, company_session
from whop_crm.models import Company, Inbox, Member, Membership, Payment, Recount
from whop_crm.models.columns import now
from whop_crm.models.enums import RecountStage
from whop_crm.services import activities, billing, companies, members
from whop_crm.services.bulk import FACTS_LOCK

STAGES = tuple(RecountStage)
CHUNK = {
    RecountStage.AMOUNTS: 2_000,
    RecountStage.MEMBERSHIPS: 1_000,
    RecountStage.DAYS: 500,
    RecountStage.MEMBERS: 1_000,
}
_TABLES: dict[RecountStage, type[Payment | Membership | Member]] = {
    RecountStage.AMOUNTS: Payment,
    RecountStage.MEMBERSHIPS: Membership,
    RecountStage.DAYS: Member,
    RecountStage.MEMBERS: Member,
}
_LEASE = timedelta(seconds=60)


async def want_recount(db: CompanyDb, first: RecountStage) -> None:
    """Has everything from this stage on worked out anew; a run under way that is further on starts again."""
    db.scope.require(Permission.SETTINGS_WRITE)
    running = await db.scalar(select(Recount).where(col(Recount.finished_at).is_(None)).with_for_update())
    if running is not None and STAGES.index(running.stage) < STAGES.index(first):
        return
    total = await _total(db, first)
    values = {"stage": first, "cursor": 0, "done": 0, "total": total, "asked_at": now(), "finished_at": None}
    statement = insert(Recount).values(company_id=db.scope.company_id, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["company_id"], set_=values))
    await _set_due(db, timedelta(0))


async def _total(db: CompanyDb, first: RecountStage) -> int:
    total = 0
    for stage in STAGES[STAGES.index(first) :]:
        if stage in _TABLES:
            total += await db.scalar(select(func.count()).select_from(_TABLES[stage])) or 0
    return total


async def lease_due_recounts(db: PlatformDb, limit: int = 4) -> list[CompanyRef]:
    """Companies with something to be worked out anew; nobody else is told of them for a minute."""
    due = (
        select(col(Inbox.company_id))
        .where(col(Inbox.recount_due_at) <= func.now())
        .order_by(col(Inbox.recount_due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = (
        update(Inbox)
        .where(col(Inbox.company_id).in_(due.scalar_subquery()))
        .values(recount_due_at=now() + _LEASE)
        .returning(col(Inbox.company_id))
    )
    ids = list(await db.scalars(leased))
    if not ids:
        return []
    found = await db.scalars(select(Company).where(col(Company.id).in_(ids)))
    return [companies.company_ref(company) for company in found]


async def recount_step(company: CompanyRef) -> bool:
    """Works out the next chunk, in one transaction; whether more is to be done."""
    async with company_session(Scope.system(company)) as db:
        await db.execute(text(f"SELECT {FACTS_LOCK}"), {"company": db.scope.company_id})
        await companies.renew_scope(db)
        row = await db.scalar(select(Recount).where(col(Recount.finished_at).is_(None)).with_for_update())
        if row is not None:
            await _advance(db, row)
        going_on = row is not None and row.finished_at is None
        await _set_due(db, _LEASE if going_on else None)
        return going_on


async def postpone(db: CompanyDb) -> None:
    """Tries again in a minute, after something went wrong."""
    db.scope.require(Permission.FACTS_WRITE)
    await _set_due(db, _LEASE)


async def _advance(db: CompanyDb, row: Recount) -> None:
    if row.stage is RecountStage.SCORES:
        await members.recount_windows(db)
        row.finished_at = now()
        return
    table = _TABLES[row.stage]
    following = select(col(table.id), col(table.whop_id)).where(col(table.id) > row.cursor).order_by(col(table.id))
    found = [(number, whop_id) for number, whop_id in await db.execute(following.limit(CHUNK[row.stage]))]
    if not found:
        row.stage, row.cursor = STAGES[STAGES.index(row.stage) + 1], 0
        return
    await _work_out(db, row, found)
    row.cursor, row.done = found[-1][0], row.done + len(found)


async def _work_out(db: CompanyDb, row: Recount, found: list[tuple[int, str]]) -> None:
    match row.stage:
        case RecountStage.AMOUNTS:
            await billing.revalue_payments(db, [whop_id for _, whop_id in found])
        case RecountStage.MEMBERSHIPS:
            await billing.reprice_memberships(db, [whop_id for _, whop_id in found])
        case RecountStage.DAYS:
            await activities.retell_days(db, row.cursor, found[-1][0])
        case RecountStage.MEMBERS:
            await members.recompute_summaries(db, [number for number, _ in found])
            db.touch_many(Topic.MEMBERS)
        case RecountStage.SCORES:
            raise AssertionError("scores are not worked out in chunks")


async def _set_due(db: CompanyDb, wait: timedelta | None) -> None:
    due = None if wait is None else func.now() + wait
    await db.execute(update(Inbox).where(col(Inbox.company_id) == db.scope.company_id).values(recount_due_at=due))
