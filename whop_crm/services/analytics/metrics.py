"""The catalogue: each number once, with its name, its definition and where it is read from."""

from collections.abc import Callable
from dataclasses import dataclass

from whop_crm.models.enums import SyncResource
from whop_crm.services.analytics.schemas import MetricKey, MetricUnit
from whop_crm.services.analytics.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Metric:
    key: MetricKey
    label: str
    definition: str
    unit: MetricUnit
    flow: bool
    """A flow is compared with the period before, a stock with the period's start."""
    needs: frozenset[SyncResource]
    read: Callable[[Snapshot], int]


METRICS: tuple[Metric, ...] = (
    Metric(
        MetricKey.TOTAL,
        "Total members",
        "Everybody who ever joined, those who left included; not the team's own seats that bought nothing.",
        MetricUnit.COUNT,
        flow=False,
        needs=frozenset({SyncResource.MEMBERS}),
        read=lambda at: at.total,
    ),
    Metric(
        MetricKey.ACTIVE,
        "Active members",
        "Members with a membership that is active, past due, in trial or bought for good; paused ones are not.",
        MetricUnit.COUNT,
        flow=False,
        needs=frozenset({SyncResource.MEMBERS, SyncResource.MEMBERSHIPS, SyncResource.PAUSED}),
        read=lambda at: at.active,
    ),
    Metric(
        MetricKey.NEW,
        "New members (30 d)",
        "Members who joined since midnight 30 days ago, in your company's time zone.",
        MetricUnit.COUNT,
        flow=True,
        needs=frozenset({SyncResource.MEMBERS}),
        read=lambda at: at.joined,
    ),
    Metric(
        MetricKey.MRR,
        "MRR",
        "What recurring memberships that have paid once bring a month; trials, pauses and one-time sales count 0.",
        MetricUnit.MONEY,
        flow=False,
        needs=frozenset(
            {SyncResource.MEMBERSHIPS, SyncResource.PAUSED, SyncResource.PLANS, SyncResource.PROMO_CODES,
             SyncResource.PAYMENTS}
        ),
        read=lambda at: at.mrr_minor,
    ),
)  # fmt: skip
