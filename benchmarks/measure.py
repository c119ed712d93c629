"""Timing one thing against another, and what a row of the report says."""

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Run = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """One measured thing: milliseconds, the ratio of its median to that of the query by hand, and its bars."""

    name: str
    p50: float
    p95: float
    by_hand: float | None = None
    bar_p95: float | None = None
    bar_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.p50 / self.by_hand if self.by_hand else None

    @property
    def met(self) -> bool:
        slow = self.bar_p95 is not None and self.p95 > self.bar_p95
        heavy = self.bar_ratio is not None and self.ratio is not None and self.ratio > self.bar_ratio
        return not slow and not heavy

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


@dataclass(frozen=True)
class Figure:
    """One number with its unit, and what it shall be at least or at most."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool:
        low = self.at_least is not None and self.value < self.at_least
        high = self.at_most is not None and self.value > self.at_most
        return not low and not high

    @property
    def bar(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:,g} {self.unit}"
        return "" if self.at_most is None else f"≤ {self.at_most:,g} {self.unit}"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True)
class Section:
    """One part of the report. `key` names its place in docs/performance.md."""

    key: str
    title: str
    words: str
    rows: list[Row] = field(default_factory=list[Row])
    figures: list[Figure] = field(default_factory=list[Figure])

    @property
    def missed(self) -> list[str]:
        return [each.name for each in (*self.rows, *self.figures) if not each.met]


async def timed(run: Run, rounds: int, against: Run | None = None) -> tuple[list[float], list[float]]:
    """Milliseconds of each round, and of each round of what it is compared with, in turn so that both meet the same
    weather on the machine."""
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(rounds + max(3, rounds // 10)):
        took, other = await once(run), await once(against) if against else 0.0
        if number >= rounds // 10:
            mine.append(took)
            theirs.append(other)
    return mine, theirs


async def once(run: Run) -> float:
    began = time.perf_counter()
    await run()
    return (time.perf_counter() - began) * 1000


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def row(name: str, mine: list[float], theirs: list[float], *, bar_p95: float, bar_ratio: float | None = None) -> Row:
    hand = statistics.median(theirs) if bar_ratio is not None else None
    return Row(name, statistics.median(mine), p95(mine), hand, bar_p95, bar_ratio)
