"""How the sync stands: what was heard last, what waits, what ran, what differed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import Inbox, SyncDifference, SyncRun, WebhookEvent
from whop_crm.models.columns import now
from whop_crm.models.enums import EventStatus, Origin, RunKind, RunStatus, SyncResource
from whop_crm.services.sync.progress import get_run_progress

_RUNS = 8
_DIFFERENCES = 100
_LAG_OVER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SyncOverview:
    """`lag` is how many seconds deliveries took from the door to the screen in the last hour (95 %), or how long the
    oldest has waited where that is more; None: none came. `waiting` and `failed` count deliveries."""

    last_event_at: datetime | None
    lag: float | None
    waiting: int
    failed: int
    caught_up_to: datetime | None
    gap_since: datetime | None
    gap_reason: str | None
    reconcile_wanted: bool
    next_reconciliation_at: datetime | None
    polled_to: datetime | None
    poll_problem: str | None
    hook_problem: str | None
    hook_checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """`since` and `gap` tell what a catch-up closed; `fraction` how far a running one is."""

    id: int
    kind: RunKind
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None
    since: datetime | None
    gap: str | None
    found: int
    words: str
    fraction: float


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    id: int
    resource: SyncResource
    whop_id: str
    words: str
    seen_at: datetime
    repaired: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """What the last finished reconciliation found; `total` counts all, `rows` are the newest hundred."""

    summary: str
    at: datetime
    total: int
    rows: tuple[DifferenceRow, ...]


async def get_overview(db: CompanyDb) -> SyncOverview:
    db.scope.require(Permission.SYNC_READ)
    inbox = (await db.scalars(select(Inbox).where(col(Inbox.company_id) == db.scope.company_id))).one()
    newest = col(WebhookEvent.received_at).desc()
    live = col(WebhookEvent.origin) == Origin.LIVE
    heard = await db.scalar(select(col(WebhookEvent.received_at)).where(live).order_by(newest).limit(1))
    return SyncOverview(
        last_event_at=heard,
        lag=await _lag(db),
        waiting=await _count(db, EventStatus.PENDING),
        failed=await _count(db, EventStatus.FAILED),
        caught_up_to=inbox.caught_up_to,
        gap_since=inbox.gap_since,
        gap_reason=inbox.gap_reason,
        reconcile_wanted=inbox.reconcile_wanted,
        next_reconciliation_at=inbox.reconcile_at,
        polled_to=inbox.polled_to,
        poll_problem=inbox.poll_problem,
        hook_problem=inbox.hook_problem,
        hook_checked_at=inbox.hook_checked_at,
    )


async def _count(db: CompanyDb, status: EventStatus) -> int:
    return await db.scalar(select(func.count()).where(col(WebhookEvent.status) == status)) or 0


async def _lag(db: CompanyDb) -> float | None:
    found = await db.execute(
        text(
            "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM processed_at - received_at))"
            " FILTER (WHERE processed_at IS NOT NULL AND attempts <= 1),"
            " extract(epoch FROM now() - min(received_at) FILTER (WHERE status = 'pending'))"
            " FROM webhook_events WHERE received_at > :after AND origin = 'live'"
        ),
        {"after": now() - _LAG_OVER},
    )
    worked, waited = found.one()
    known = [float(one) for one in (worked, waited) if one is not None]
    return max(known) if known else None


async def list_runs(db: CompanyDb) -> list[RunRow]:
    """The last runs, newest first."""
    db.scope.require(Permission.SYNC_READ)
    newest = select(SyncRun).order_by(col(SyncRun.started_at).desc(), col(SyncRun.id).desc()).limit(_RUNS)
    return [await _row(db, run) for run in await db.scalars(newest)]


async def _row(db: CompanyDb, run: SyncRun) -> RunRow:
    progress = await get_run_progress(db, run)
    words = run.reason if run.status is RunStatus.FAILED else run.summary
    return RunRow(
        run.id, run.kind, run.status, run.started_at, run.finished_at, run.since, run.gap, run.found,
        words or progress.words, progress.fraction,
    )  # fmt: skip


async def get_drift(db: CompanyDb) -> Drift | None:
    """None before the first reconciliation was done."""
    db.scope.require(Permission.SYNC_READ)
    done = col(SyncRun.kind) == RunKind.RECONCILE, col(SyncRun.status) == RunStatus.DONE
    run = await db.scalar(select(SyncRun).where(*done).order_by(col(SyncRun.id).desc()).limit(1))
    if run is None:
        return None
    of_run = col(SyncDifference.run_id) == run.id
    newest = select(SyncDifference).where(of_run).order_by(col(SyncDifference.id).desc()).limit(_DIFFERENCES)
    rows = tuple(
        DifferenceRow(row.id, row.resource, row.whop_id, row.words, row.seen_at, row.repaired)
        for row in await db.scalars(newest)
    )
    total = await db.scalar(select(func.count()).where(of_run)) or 0
    return Drift(run.summary or "", run.finished_at or run.started_at, total, rows)
