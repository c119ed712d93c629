"""The runs of a company: asked for, claimed by one worker at a time, kept alive by a heartbeat, resumed by another.

Statements on `sync_runs` that merely keep a run alive are written past the session's announcing; what a person would
see is announced.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.access import CompanyRef, Permission
from whop_crm.db import INBOX_CHANNEL, CompanyDb, PlatformDb, Topic
from whop_crm.models import Company, Inbox, SyncRun, SyncSeen, SyncStep
from whop_crm.models.columns import now
from whop_crm.models.enums import RunKind, RunStatus
from whop_crm.services import companies
from whop_crm.services.sync import worker as workers
from whop_crm.services.sync.plan import ROOTS, missing_words
from whop_crm.services.sync.schemas import Claim, StepKey, StepState

STALE_AFTER = timedelta(seconds=60)
"""A run whose heartbeat is older is taken over."""
MOST_FAILURES = 5
"""So often in a row a run may go wrong here."""


class RunTaken(Exception):
    """Another worker has taken the run over; what this one would write is not written."""


async def request_run(db: CompanyDb) -> None:
    """Wants a whole sync of this company: a new run, or the one that stands still, now. Nothing new while one runs.

    A catch-up or a reconciliation under way makes room: everything is read anyway.
    """
    db.scope.require(Permission.SYNC_RUN)
    care = col(SyncRun.status) == RunStatus.RUNNING, col(SyncRun.kind).in_((RunKind.CATCH_UP, RunKind.RECONCILE))
    await db.execute(update(SyncRun).where(*care).values(**_ended("A full sync was asked for instead.")))
    finished = await db.scalar(select(func.count()).where(col(SyncRun.status) == RunStatus.DONE))
    await db.execute(
        insert(SyncRun)
        .values(company_id=db.scope.company_id, kind=RunKind.MANUAL if finished else RunKind.INITIAL)
        .on_conflict_do_nothing()
    )
    await want(db)


async def start_run(db: CompanyDb, kind: RunKind, since: datetime | None = None, gap: str | None = None) -> bool:
    """Starts a run of this kind; False where one is running already."""
    db.scope.require(Permission.SYNC_RUN)
    values = {"company_id": db.scope.company_id, "kind": kind, "since": since, "gap": gap}
    made = insert(SyncRun).values(**values).on_conflict_do_nothing().returning(col(SyncRun.id))
    if (await db.execute(made)).first() is None:
        return False
    await want(db)
    return True


async def ensure_first_run(db: CompanyDb) -> None:
    """Wants the first sync where no run was ever asked for."""
    db.scope.require(Permission.SYNC_RUN)
    if not await db.scalar(select(func.count()).select_from(SyncRun)):
        await request_run(db)


async def want(db: CompanyDb) -> None:
    """Has a worker look at this company's run when the transaction commits."""
    db.scope.require(Permission.SYNC_RUN)
    worked_on = select(col(SyncRun.id)).where(
        col(SyncRun.status) == RunStatus.RUNNING, col(SyncRun.worker).is_not(None)
    )
    await db.execute(update(Inbox).where(_own_inbox(db), ~worked_on.exists()).values(sync_due_at=now()))
    await db.execute(text("SELECT pg_notify(:channel, '')"), {"channel": INBOX_CHANNEL})


async def lease_due_runs(db: PlatformDb, limit: int = 4) -> list[CompanyRef]:
    """Companies whose run wants a worker; nobody else is told of them for a minute."""
    due = (
        select(col(Inbox.company_id))
        .where(col(Inbox.sync_due_at) <= now())
        .order_by(col(Inbox.sync_due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = await db.scalars(
        update(Inbox)
        .where(col(Inbox.company_id).in_(due.scalar_subquery()))
        .values(sync_due_at=now() + STALE_AFTER)
        .returning(col(Inbox.company_id))
    )
    ids = list(leased)
    if not ids:
        return []
    found = await db.scalars(select(Company).where(col(Company.id).in_(ids)))
    return [companies.company_ref(company) for company in found]


async def look_again(db: PlatformDb) -> None:
    """Offers every unfinished run at once, for the start of a process: its owner may have died a moment ago."""
    await db.execute(update(Inbox).where(col(Inbox.sync_due_at).is_not(None)).values(sync_due_at=now()))


async def claim_run(db: CompanyDb, worker: str) -> Claim | None:
    """The unfinished run of this company, now this worker's. None where there is none, or its worker lives."""
    db.scope.require(Permission.SYNC_RUN)
    unfinished = select(SyncRun).where(col(SyncRun.status) == RunStatus.RUNNING)
    run = await db.scalar(unfinished.with_for_update(skip_locked=True))
    if run is None:
        being_written = await db.scalar(unfinished) is not None
        await set_due(db, STALE_AFTER.total_seconds() if being_written else None)
        return None
    if run.worker and run.heartbeat_at > now() - STALE_AFTER and not workers.is_surely_gone(run.worker):
        await set_due(db, (run.heartbeat_at - now()).total_seconds() + STALE_AFTER.total_seconds())
        return None
    run.worker, run.heartbeat_at, run.reason = worker, now(), None
    await db.execute(insert(SyncStep).values([_step(db, run.id, key) for key in ROOTS]).on_conflict_do_nothing())
    await set_due(db, STALE_AFTER.total_seconds())
    found = await db.scalars(select(SyncStep).where(col(SyncStep.run_id) == run.id).order_by(col(SyncStep.id)))
    steps = {StepKey(step.resource, step.parent): StepState(step.cursor, step.done) for step in found}
    return Claim(run.id, worker, run.started_at, steps, run.kind, run.since, run.deliveries)


async def skip_missing(db: CompanyDb, claim: Claim, missing: frozenset[str]) -> Claim:
    """Marks what cannot be read for want of permissions: some of Whop's lists are then empty instead of forbidden."""
    steps = dict(claim.steps)
    for key in ROOTS:
        words = missing_words(key.resource, missing)
        if words and not steps[key].done:
            await save_step(db, claim, key, StepState(done=True), skipped=words)
            steps[key] = StepState(done=True)
    return replace(claim, steps=steps)


async def hold(db: CompanyDb, claim: Claim, *, found: int = 0, progress: bool = False) -> None:
    """Keeps the run alive, and its row locked until the transaction ends; counts what it `found`. Raises RunTaken."""
    held = await db.execute(
        text(
            "UPDATE sync_runs SET heartbeat_at = now(), found = found + :found, "
            "failures = CASE WHEN :progress THEN 0 ELSE failures END "
            "WHERE id = :id AND worker = :worker AND status = 'running' RETURNING id"
        ),
        {"id": claim.run_id, "worker": claim.worker, "found": found, "progress": progress},
    )
    if held.first() is None:
        raise RunTaken


async def keep_alive(db: CompanyDb, claim: Claim) -> None:
    """Keeps others from being offered the run. While a batch is being written, the batch itself holds the row."""
    await db.execute(
        text(
            "UPDATE sync_runs SET heartbeat_at = now() WHERE id IN (SELECT id FROM sync_runs WHERE id = :id "
            "AND worker = :worker AND status = 'running' FOR UPDATE SKIP LOCKED)"
        ),
        {"id": claim.run_id, "worker": claim.worker},
    )
    await set_due(db, STALE_AFTER.total_seconds())


async def save_step(
    db: CompanyDb, claim: Claim, key: StepKey, state: StepState, rows: int = 0, skipped: str | None = None
) -> None:
    """Where the list has been read to, together with the rows of this transaction."""
    values = {**_step(db, claim.run_id, key), "cursor": state.cursor, "done": state.done, "rows": rows}
    statement = insert(SyncStep).values(**values, skipped=skipped)
    await db.execute(
        statement.on_conflict_do_update(
            constraint="sync_steps_resource",
            set_={
                "cursor": statement.excluded.cursor,
                "done": statement.excluded.done,
                "skipped": statement.excluded.skipped,
                "rows": col(SyncStep.rows) + statement.excluded.rows,
            },
        )
    )


async def add_children(db: CompanyDb, claim: Claim, keys: list[StepKey]) -> None:
    """Steps for parents just found; those known already keep their place."""
    if keys:
        rows = [_step(db, claim.run_id, key) for key in keys]
        await db.execute(insert(SyncStep).values(rows).on_conflict_do_nothing())


async def is_running(db: CompanyDb) -> bool:
    db.scope.require(Permission.SYNC_READ)
    return await db.scalar(select(col(SyncRun.id)).where(col(SyncRun.status) == RunStatus.RUNNING)) is not None


async def catch_up_summary(db: CompanyDb, claim: Claim) -> str:
    """What a catch-up came to, in words."""
    db.scope.require(Permission.SYNC_READ)
    wanted = select(col(SyncRun.deliveries), col(SyncRun.found)).where(col(SyncRun.id) == claim.run_id)
    deliveries, found = (await db.execute(wanted)).one()
    rows = f"{found:,} row{'' if found == 1 else 's'} brought up to date"
    if deliveries is None:
        lists = "Whop does not let the app read its deliveries (developer:manage_webhook), so its lists had to do."
        return f"{rows}. {lists}"
    return f"{deliveries:,} deliver{'y' if deliveries == 1 else 'ies'} read back, {rows}."


async def finish(db: CompanyDb, claim: Claim, summary: str | None = None) -> None:
    """Ends the run. Raises RuntimeError where a list has not been read to its end."""
    await hold(db, claim)
    left = await db.scalar(
        select(func.count()).where(col(SyncStep.run_id) == claim.run_id, col(SyncStep.done).is_(False))
    )
    if left:
        raise RuntimeError(f"{left} lists of a run were not read to their end")
    done = {"status": RunStatus.DONE, "finished_at": now(), "worker": None, "reason": None, "summary": summary}
    await db.execute(update(SyncRun).where(col(SyncRun.id) == claim.run_id).values(**done))
    reached = func.greatest(col(Inbox.caught_up_to), claim.started_at)
    await db.execute(update(Inbox).where(_own_inbox(db)).values(sync_due_at=None, caught_up_to=reached))
    await db.execute(delete(SyncSeen).where(col(SyncSeen.run_id) == claim.run_id))
    db.touch_many(Topic.SYNC_RUNS)


async def went_wrong(db: CompanyDb, claim: Claim, reason: str) -> bool:
    """Counts a failure; the run ends at the fifth in a row, and True says so. A gap it was to close opens again."""
    counted = (
        update(SyncRun)
        .where(col(SyncRun.id) == claim.run_id, col(SyncRun.worker) == claim.worker)
        .values(failures=col(SyncRun.failures) + 1)
    )
    failures = (await db.execute(counted.returning(col(SyncRun.failures)))).scalar() or 0
    if failures < MOST_FAILURES:
        return False
    await db.execute(update(SyncRun).where(col(SyncRun.id) == claim.run_id).values(**_ended(reason)))
    await db.execute(delete(SyncSeen).where(col(SyncSeen.run_id) == claim.run_id))
    await set_due(db, None)
    if claim.since is not None:
        since = func.least(col(Inbox.gap_since), claim.since)
        reopened = {"gap_since": since, "gap_reason": "The catch-up before failed."}
        await db.execute(update(Inbox).where(_own_inbox(db)).values(**reopened))
    db.touch_many(Topic.SYNC_RUNS)
    return True


def _ended(reason: str) -> dict[str, object]:
    return {"status": RunStatus.FAILED, "finished_at": now(), "worker": None, "reason": reason}


async def release(db: CompanyDb, claim: Claim, reason: str | None, seconds: float) -> None:
    """Lets go of an unfinished run; whoever claims it after these seconds goes on from its cursors."""
    released = await db.execute(
        update(SyncRun)
        .where(
            col(SyncRun.id) == claim.run_id,
            col(SyncRun.worker) == claim.worker,
            col(SyncRun.status) == RunStatus.RUNNING,
        )
        .values(worker=None, reason=reason)
        .returning(col(SyncRun.id))
    )
    if released.first() is not None:
        await set_due(db, seconds)


async def set_due(db: CompanyDb, seconds: float | None) -> None:
    """When this company's run wants a worker: in so many seconds, or (None) not at all."""
    due = None if seconds is None else now() + timedelta(seconds=max(0.0, seconds))
    await db.execute(update(Inbox).where(_own_inbox(db)).values(sync_due_at=due))


def _own_inbox(db: CompanyDb) -> ColumnElement[bool]:
    """Inboxes are global, so that one look finds all that is due."""
    return col(Inbox.company_id) == db.scope.company_id


def _step(db: CompanyDb, run_id: int, key: StepKey) -> dict[str, object]:
    return {"company_id": db.scope.company_id, "run_id": run_id, "resource": key.resource, "parent": key.parent}
