"""What has to be done to the tables now and then, so that they neither run out nor overflow."""

from datetime import date, timedelta

from sqlalchemy import delete, func, select, text
from sqlmodel import col

from whop_crm.access import CompanyRef, Permission
from whop_crm.db import CompanyDb, PlatformDb
from whop_crm.models import Company, SyncDifference, SyncRun, WebhookEvent
from whop_crm.models.columns import now
from whop_crm.models.enums import EventStatus, RunStatus
from whop_crm.services import companies

KEEP_WEBHOOKS = timedelta(days=30)
"""As long as Whop keeps its deliveries."""
KEEP_RUNS = timedelta(days=90)
_MONTHS_AHEAD = 2
_AT_ONCE = 5_000


async def ensure_months(db: PlatformDb, today: date) -> int:
    """Makes the timeline's partitions of this month and the next two; returns how many were new."""
    made = await db.scalars(
        text(
            "SELECT ensure_activity_month((CAST(:today AS date) + make_interval(months => n))::date) "
            "FROM generate_series(0, :ahead) AS n"
        ),
        {"today": today, "ahead": _MONTHS_AHEAD},
    )
    return sum(made.all())


async def list_companies(db: PlatformDb) -> list[CompanyRef]:
    """Every company known here, for what is done to each of them in turn."""
    found = await db.scalars(select(Company).order_by(col(Company.id)))
    return [companies.company_ref(company) for company in found]


async def prune_webhooks(db: CompanyDb) -> int:
    """Forgets deliveries older than 30 days, some thousands at a time; returns how many. Pending ones stay."""
    db.scope.require(Permission.FACTS_WRITE)
    old = (
        select(col(WebhookEvent.id))
        .where(col(WebhookEvent.received_at) < now() - KEEP_WEBHOOKS, col(WebhookEvent.status) != EventStatus.PENDING)
        .limit(_AT_ONCE)
    )
    gone = await db.scalars(delete(WebhookEvent).where(col(WebhookEvent.id).in_(old)).returning(col(WebhookEvent.id)))
    return len(gone.all())


async def prune_runs(db: CompanyDb) -> int:
    """Forgets what runs found and repaired more than 90 days ago, and the runs; returns how many of these.

    The newest run of each kind and outcome stays, since it says how far everything has been read, and so does what
    Whop lists no more: that is told once.
    """
    db.scope.require(Permission.FACTS_WRITE)
    before = now() - KEEP_RUNS
    await db.execute(delete(SyncDifference).where(col(SyncDifference.seen_at) < before, col(SyncDifference.repaired)))
    newest = select(func.max(col(SyncRun.id))).group_by(col(SyncRun.kind), col(SyncRun.status))
    told = select(col(SyncDifference.run_id))
    old = (
        col(SyncRun.finished_at) < before,
        col(SyncRun.status) != RunStatus.RUNNING,
        col(SyncRun.id).not_in(newest.scalar_subquery()),
        col(SyncRun.id).not_in(told.scalar_subquery()),
    )
    gone = await db.scalars(delete(SyncRun).where(*old).returning(col(SyncRun.id)))
    return len(gone.all())
