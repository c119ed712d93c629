"""Shapes of a sync: what a run has read, and what the screen says of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from whop_crm.models.enums import RunKind, RunStatus, SyncResource


@dataclass(frozen=True, slots=True)
class StepKey:
    """`parent` is the course, experience or channel a nested list belongs to; empty otherwise."""

    resource: SyncResource
    parent: str = ""


@dataclass(frozen=True, slots=True)
class StepState:
    """How far a list has been read: `cursor` is where its next page begins."""

    cursor: str | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this worker holds, with what was read before. `worker` is the proof."""

    run_id: int
    worker: str
    started_at: datetime
    steps: dict[StepKey, StepState]
    kind: RunKind = RunKind.MANUAL
    since: datetime | None = None
    deliveries: int | None = None

    @property
    def resumed(self) -> bool:
        return any(state.cursor or state.done for state in self.steps.values())


class RunEnd(StrEnum):
    """How working on a run came to an end."""

    DONE = "done"
    WAITING = "waiting"
    """Whop cannot be reached; the run goes on later from where it is."""
    ELSEWHERE = "elsewhere"
    """Somebody else works on it."""
    NOTHING = "nothing"
    """No run is wanted."""
    FAILED = "failed"
    """It went wrong again and again, and is not tried any more."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """`reason` is in words, where the run waits; `retry_after` in seconds."""

    end: RunEnd
    reason: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class ResourceProgress:
    """`fraction` is an estimate between 0 and 1: Whop tells no totals. `skipped` says why nothing could be read."""

    resource: SyncResource
    rows: int
    done: bool
    skipped: str | None
    fraction: float


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """The latest run, and what numbers may be relied on.

    `partial` holds what has not been read to its end by any run: numbers from it say so. `waiting` says in words why a
    run stands still, `failed` why it ended early.
    """

    kind: RunKind
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None
    waiting: str | None
    failed: str | None
    fraction: float
    resources: tuple[ResourceProgress, ...]
    current: tuple[SyncResource, ...]
    next: SyncResource | None
    partial: frozenset[SyncResource]
    last_finished_at: datetime | None

    @property
    def running(self) -> bool:
        return self.status is RunStatus.RUNNING

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.resources)

    @property
    def skipped(self) -> tuple[ResourceProgress, ...]:
        return tuple(each for each in self.resources if each.skipped)

    @property
    def words(self) -> str:
        """What happens now, in one line: `Reading payments (3,200 so far). Next: refunds.`"""
        if self.failed:
            return self.failed
        if not self.running:
            return f"{self.rows:,} rows read."
        if self.waiting:
            return self.waiting
        reading = [each for each in self.resources if each.resource in self.current]
        if not reading:
            return "Finishing."
        told = ", ".join(f"{each.resource.label} ({each.rows:,} so far)" for each in reading)
        return f"Reading {told}." + (f" Next: {self.next.label}." if self.next else "")
