"""Reading the numbers."""

from datetime import UTC, datetime

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.filters import last_days
from whop_crm.models.enums import SyncResource
from whop_crm.services.analytics.metrics import METRICS, Metric
from whop_crm.services.analytics.schemas import MetricUnit, MetricValue
from whop_crm.services.analytics.snapshot import Snapshot, stands, stood

DAYS = 30


async def dashboard(
    db: CompanyDb, incomplete: frozenset[SyncResource] = frozenset(), now: datetime | None = None
) -> list[MetricValue]:
    """The dashboard's numbers over the last 30 days. `incomplete`: what no sync has read to its end yet."""
    db.scope.require(Permission.METRICS_READ)
    period = last_days(DAYS, now or datetime.now(UTC), db.scope.company.zone)
    began = await db.scalar(text("SELECT min(joined_at) FROM members WHERE counted"))
    comparable = began is not None and began < period.start
    now_at = await stands(db, period)
    wanted = comparable and any(not metric.needs & incomplete for metric in METRICS)
    then_at = await stood(db, period, now_at) if wanted else None
    return [_value(metric, now_at, then_at, incomplete, db.scope.company.currency) for metric in METRICS]


def _value(
    metric: Metric, now: Snapshot, then: Snapshot | None, incomplete: frozenset[SyncResource], currency: str
) -> MetricValue:
    missing = metric.needs & incomplete
    value = metric.read(now)
    previous = metric.read(then) if then is not None and not missing else None
    return MetricValue(
        key=metric.key,
        label=metric.label,
        definition=metric.definition,
        unit=metric.unit,
        value=value,
        currency=currency if metric.unit is MetricUnit.MONEY else None,
        against=f"vs the {DAYS} days before" if metric.flow else f"vs {DAYS} days ago",
        previous=previous,
        change=(value - previous) / previous if previous else None,
        comparable=previous is not None,
        partial=_still_reading(missing) if missing else None,
    )


def _still_reading(missing: frozenset[SyncResource]) -> str:
    named = [resource.label for resource in SyncResource if resource in missing]
    return f"Still reading {named[0]} from Whop" if len(named) == 1 else f"Still reading {', '.join(named)}"
