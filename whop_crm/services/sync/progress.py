"""What a run has read so far, and which numbers are still partial."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import SyncRun, SyncStep
from whop_crm.models.enums import RunKind, RunStatus, SyncResource
from whop_crm.services.sync.plan import ORDER, fraction_of, share_of
from whop_crm.services.sync.schemas import ResourceProgress, SyncProgress


@dataclass(frozen=True, slots=True)
class _Read:
    """What the steps of one resource add up to. `begun` is False while nothing has been read of it."""

    rows: int = 0
    done: bool = False
    skipped: str | None = None
    begun: bool = False


async def get_progress(db: CompanyDb) -> SyncProgress | None:
    """The latest run that reads everything for numbers to be whole; None before the first was asked for."""
    db.scope.require(Permission.SYNC_READ)
    newest = col(SyncRun.started_at).desc(), col(SyncRun.id).desc()
    full = select(SyncRun).where(col(SyncRun.kind).in_((RunKind.INITIAL, RunKind.MANUAL))).order_by(*newest).limit(1)
    run = await db.scalar(full)
    if run is None:
        return None
    last = await db.scalar(full.where(col(SyncRun.status) == RunStatus.DONE))
    before = await _read(db, last.id) if last is not None and last.id != run.id else {}
    return await _progress_of(db, run, last, before)


async def get_run_progress(db: CompanyDb, run: SyncRun) -> SyncProgress:
    """How far one run has come, whatever it is for."""
    db.scope.require(Permission.SYNC_READ)
    return await _progress_of(db, run, None, {})


async def _progress_of(
    db: CompanyDb, run: SyncRun, last: SyncRun | None, before: "dict[SyncResource, _Read]"
) -> SyncProgress:
    read = await _read(db, run.id)
    resources = tuple(_progress(resource, read, before) for resource in ORDER)
    running = run.status is RunStatus.RUNNING
    todo = [each.resource for each in resources if not each.done]
    current = tuple(resource for resource in todo if running and read.get(resource, _Read()).begun)
    current = current or tuple(todo[:1] if running else ())
    return SyncProgress(
        kind=run.kind,
        status=run.status,
        started_at=run.started_at,
        finished_at=run.finished_at,
        waiting=run.reason if running else None,
        failed=run.reason if run.status is RunStatus.FAILED else None,
        fraction=sum(share_of(each.resource) * each.fraction for each in resources) / 100,
        resources=resources,
        current=current,
        next=next((resource for resource in todo if resource not in current), None) if running else None,
        partial=_partial(read, before, known=last is not None),
        last_finished_at=last.finished_at if last else None,
    )


async def _read(db: CompanyDb, run_id: int) -> dict[SyncResource, _Read]:
    done = func.bool_and(col(SyncStep.done))
    begun = func.bool_or(col(SyncStep.done) | col(SyncStep.cursor).is_not(None))
    found = await db.execute(
        select(col(SyncStep.resource), func.sum(col(SyncStep.rows)), done, func.max(col(SyncStep.skipped)), begun)
        .where(col(SyncStep.run_id) == run_id)
        .group_by(col(SyncStep.resource))
    )
    return {row[0]: _Read(int(row[1]), row[2], row[3], row[4]) for row in found}


def _progress(
    resource: SyncResource, read: dict[SyncResource, _Read], before: dict[SyncResource, _Read]
) -> ResourceProgress:
    this, earlier = read.get(resource, _Read()), before.get(resource)
    people = read.get(SyncResource.MEMBERS, _Read())
    fraction = 1.0 if this.done else fraction_of(
        resource, this.rows, people.rows if people.done else None, earlier.rows if earlier and earlier.done else None
    )  # fmt: skip
    return ResourceProgress(resource, this.rows, this.done, this.skipped, fraction)


def _partial(
    read: dict[SyncResource, _Read], before: dict[SyncResource, _Read], known: bool
) -> frozenset[SyncResource]:
    """What no run has read to its end. `known`: some run has finished."""

    def complete(steps: dict[SyncResource, _Read], resource: SyncResource) -> bool:
        this = steps.get(resource, _Read())
        return this.done and not this.skipped

    return frozenset(
        resource for resource in ORDER if not complete(read, resource) and not (known and complete(before, resource))
    )
