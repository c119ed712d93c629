"""Whether this installation works, as far as its database can tell."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import func, select, text
from sqlmodel import col

from whop_crm.access import CompanyRef, Permission
from whop_crm.db import LEADER_LOCK, CompanyDb, PlatformDb
from whop_crm.models import Company, Inbox, SyncRun, WebhookEvent
from whop_crm.models.enums import RunStatus
from whop_crm.services.companies.sessions import company_ref

_VERSIONS = Path(__file__).parents[3] / "alembic" / "versions"
_IDENTIFIER = re.compile(r"""^(revision|down_revision)\s*(?::[^=]+)?=\s*["']([\w.-]+)["']""", re.MULTILINE)

_CLOCK = text(
    "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
    " WHERE l.locktype = 'advisory' AND l.granted AND (l.classid, l.objid, l.objsubid) = (0, :lock, 1))"
)


@dataclass(frozen=True, slots=True)
class Fitness:
    """`queue_lag` and `sync_lag` are seconds that the oldest company has waited for a worker, 0 when none waits."""

    migrated: bool
    clock: bool
    """Whether a process runs the clock."""
    queue_lag: float
    sync_lag: float


@dataclass(frozen=True, slots=True)
class LastHeard:
    """When a company's last webhook came, and when its last sync was done."""

    webhook_at: datetime | None
    sync_at: datetime | None


async def get_fitness(db: PlatformDb) -> Fitness:
    """Of the whole installation. Any database error means unfit, and is the caller's to catch."""
    revision = await db.scalar(text("SELECT version_num FROM alembic_version"))
    due, sync_due = (await db.execute(select(func.min(col(Inbox.due_at)), func.min(col(Inbox.sync_due_at))))).one()
    clock = bool(await db.scalar(_CLOCK, {"lock": LEADER_LOCK}))
    return Fitness(revision in newest_migrations(), clock, _lag(due), _lag(sync_due))


def _lag(due: datetime | None) -> float:
    return max(0.0, (datetime.now(UTC) - due).total_seconds()) if due else 0.0


@cache
def newest_migrations() -> frozenset[str]:
    """The revisions in the checkout that no other one follows; more than one is a mistake that a test finds."""
    found = [dict(_IDENTIFIER.findall(file.read_text(encoding="utf-8"))) for file in sorted(_VERSIONS.glob("*.py"))]
    followed = {one.get("down_revision") for one in found}
    return frozenset(one["revision"] for one in found if one["revision"] not in followed)


async def list_latest_companies(db: PlatformDb, limit: int) -> list[CompanyRef]:
    """The companies connected last."""
    found = await db.scalars(select(Company).order_by(col(Company.id).desc()).limit(limit))
    return [company_ref(company) for company in found]


async def get_last_heard(db: CompanyDb) -> LastHeard:
    db.scope.require(Permission.SYNC_READ)
    webhook_at = await db.scalar(
        select(col(WebhookEvent.received_at)).order_by(col(WebhookEvent.received_at).desc()).limit(1)
    )
    sync_at = await db.scalar(
        select(col(SyncRun.finished_at))
        .where(col(SyncRun.status) == RunStatus.DONE)
        .order_by(col(SyncRun.finished_at).desc().nulls_last())
        .limit(1)
    )
    return LastHeard(webhook_at, sync_at)
