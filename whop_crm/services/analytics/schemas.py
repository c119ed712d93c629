"""Shapes of metrics."""

from dataclasses import dataclass
from enum import StrEnum


class MetricKey(StrEnum):
    TOTAL = "total_members"
    ACTIVE = "active_members"
    NEW = "new_members"
    MRR = "mrr"


class MetricUnit(StrEnum):
    COUNT = "count"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """A number with its definition. MONEY is minor units of `currency`.

    `comparable` says whether history covers the comparison; without it `previous` and `change` are None and the screen
    shows a dash. `against` says what it is compared with. `change` is a fraction (0.12 for +12 %), None too where
    `previous` is 0. `partial` says in words why the number is not complete yet, None when it is.
    """

    key: MetricKey
    label: str
    definition: str
    unit: MetricUnit
    value: int
    currency: str | None
    against: str
    previous: int | None
    change: float | None
    comparable: bool
    partial: str | None
