"""Doing it, a chunk in a transaction. Killed at any moment, it goes on from the last chunk that was written."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlmodel import col

from whop_crm.access import Actor, CompanyRef, Permission, Role, Scope
from whop_crm.db import CompanyDb, PlatformDb, company_session
from whop_crm.errors import NotFound
from whop_crm.models import BulkAction, BulkChunk, Company, Inbox
from whop_crm.models.action import BulkKind, BulkStatus
from whop_crm.services import companies, lists, tags
from whop_crm.services.changes import KEPT
from whop_crm.services.many import Outcome

_LEASE = timedelta(seconds=60)
_MOST_FAILURES = 5
_AT_WORK = col(BulkAction.status).in_([status for status in BulkStatus if status.at_work])


async def lease_due_actions(db: PlatformDb, limit: int = 4) -> list[CompanyRef]:
    """Companies with an action under way; nobody else is told of them for a minute."""
    due = (
        select(col(Inbox.company_id))
        .where(col(Inbox.bulk_due_at) <= func.now())
        .order_by(col(Inbox.bulk_due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = (
        update(Inbox)
        .where(col(Inbox.company_id).in_(due.scalar_subquery()))
        .values(bulk_due_at=func.now() + _LEASE)
        .returning(col(Inbox.company_id))
    )
    ids = list(await db.scalars(leased))
    if not ids:
        return []
    found = await db.scalars(select(Company).where(col(Company.id).in_(ids)))
    return [companies.company_ref(company) for company in found]


async def work_step(company: CompanyRef) -> bool:
    """The next chunk of the oldest action under way, in the name of who asked for it; whether there was one."""
    async with company_session(Scope.system(company)) as db:
        action = await _oldest(db)
        if action is not None:
            undoing = action.status is BulkStatus.UNDOING
            actor = (action.undone_by_id, action.undone_by) if undoing else (action.actor_id, action.actor_name)
            db.scope = Scope(company, Actor(actor[0], actor[1] or ""), Role.SYSTEM)
            await advance(db, action)
        await set_due(db, _LEASE if action is not None else None)
        return action is not None


async def postpone(db: CompanyDb) -> None:
    """Tries again in a minute, after something went wrong; what goes wrong again and again is given up."""
    db.scope.require(Permission.FACTS_WRITE)
    action = await _oldest(db)
    if action is not None:
        action.failures += 1
        if action.failures >= _MOST_FAILURES:
            _fail(action, "It went wrong several times, so it was given up.")
    await set_due(db, _LEASE)


async def forget_old_actions(db: CompanyDb) -> int:
    """Forgets what is too old to be taken back; how many that were."""
    db.scope.require(Permission.FACTS_WRITE)
    old = delete(BulkAction).where(col(BulkAction.created_at) < datetime.now(UTC) - KEPT, ~_AT_WORK)
    return len(list(await db.scalars(old.returning(col(BulkAction.id)))))


async def set_due(db: CompanyDb, wait: timedelta | None) -> None:
    """When the clock is to look at this company's actions; None: there are none."""
    db.scope.require(Permission.MEMBERS_READ)
    due = None if wait is None else func.now() + wait
    await db.execute(update(Inbox).where(col(Inbox.company_id) == db.scope.company_id).values(bulk_due_at=due))


async def advance(db: CompanyDb, action: BulkAction) -> None:
    """One chunk of an action that nobody else works on."""
    db.scope.require(Permission.MEMBERS_READ)
    undoing = action.status is BulkStatus.UNDOING
    chunk = await _next_chunk(db, action, undoing=undoing)
    if chunk is None:
        action.status = BulkStatus.UNDONE if undoing else BulkStatus.DONE
        action.finished_at = datetime.now(UTC)
        return
    try:
        await (_take_back(db, action, chunk) if undoing else _do(db, action, chunk))
    except NotFound as error:
        _fail(action, str(error))


async def _oldest(db: CompanyDb) -> BulkAction | None:
    found = select(BulkAction).where(_AT_WORK).order_by(col(BulkAction.id)).limit(1)
    return await db.scalar(found.with_for_update())


async def _next_chunk(db: CompanyDb, action: BulkAction, *, undoing: bool) -> BulkChunk | None:
    left = select(BulkChunk).where(col(BulkChunk.action_id) == action.id).order_by(col(BulkChunk.n)).limit(1)
    done, undone = col(BulkChunk.done_at), col(BulkChunk.undone_at)
    return await db.scalar(left.where(done.is_not(None), undone.is_(None)) if undoing else left.where(done.is_(None)))


async def _do(db: CompanyDb, action: BulkAction, chunk: BulkChunk) -> None:
    at = datetime.now(UTC)
    done = await _changed(db, action, chunk.member_ids, at)
    chunk.changed, chunk.done_at = list(done.changed), at
    action.changed += len(done.changed)
    action.unchanged += done.unchanged
    action.missing += done.missing


async def _changed(db: CompanyDb, action: BulkAction, ids: list[int], at: datetime) -> Outcome:
    match action.kind:
        case BulkKind.ADD_TAG:
            return await tags.tag_members(db, action.target_id, ids, at)
        case BulkKind.REMOVE_TAG:
            return await tags.untag_members(db, action.target_id, ids)
        case BulkKind.ADD_TO_LIST:
            return await lists.add_members(db, action.target_id, ids, at)
        case BulkKind.REMOVE_FROM_LIST:
            return await lists.remove_members(db, action.target_id, ids)


async def _take_back(db: CompanyDb, action: BulkAction, chunk: BulkChunk) -> None:
    back = await _taken_back(db, action, chunk) if chunk.changed else []
    chunk.undone_at = datetime.now(UTC)
    action.undone += len(back)
    action.undo_skipped += len(chunk.changed) - len(back)


async def _taken_back(db: CompanyDb, action: BulkAction, chunk: BulkChunk) -> list[int]:
    ids, at, what = [mark[0] for mark in chunk.changed], chunk.done_at, action.target_id
    assert at is not None  # only what is done is taken back
    match action.kind:
        case BulkKind.ADD_TAG:
            return await tags.undo_tagging(db, what, ids, at)
        case BulkKind.REMOVE_TAG:
            return await tags.undo_untagging(db, what, chunk.changed)
        case BulkKind.ADD_TO_LIST:
            return await lists.undo_adding(db, what, ids, at)
        case BulkKind.REMOVE_FROM_LIST:
            return await lists.undo_removing(db, what, chunk.changed)


def _fail(action: BulkAction, reason: str) -> None:
    action.status, action.reason, action.finished_at = BulkStatus.FAILED, reason, datetime.now(UTC)
