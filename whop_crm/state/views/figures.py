"""The dashboard's figures."""

from dataclasses import dataclass

from whop_crm.money import format_money
from whop_crm.services.analytics import MetricUnit, MetricValue
from whop_crm.state.views.text import percent


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric card. `direction` is up, down or flat; `note` says why the number is still partial."""

    key: str
    label: str
    value: str
    hint: str
    change: str
    direction: str
    against: str
    note: str


def figure(metric: MetricValue) -> Figure:
    return Figure(
        key=metric.key.value,
        label=metric.label,
        value=_shown(metric),
        hint=metric.definition,
        change="–" if metric.change is None else percent(metric.change),
        direction=_direction(metric),
        against=metric.against if metric.comparable else "no history to compare with yet",
        note=metric.partial or "",
    )


def _shown(metric: MetricValue) -> str:
    match metric.unit:
        case MetricUnit.COUNT:
            return f"{metric.value:,}"
        case MetricUnit.MONEY:
            return format_money(metric.value, metric.currency or "usd", cents=False)


def _direction(metric: MetricValue) -> str:
    if not metric.change:
        return "flat"
    return "up" if metric.change > 0 else "down"
