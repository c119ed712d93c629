"""How far a sync has come, what stands in its way, and what the Sync page shows of it."""

from dataclasses import dataclass

from whop_crm.models.enums import Origin, RunStatus
from whop_crm.services.sync import DifferenceRow, Drift, EventDetail, EventRow, RunRow, SyncOverview, SyncProgress
from whop_crm.state.views.text import iso, seconds


@dataclass(frozen=True, slots=True)
class SyncLine:
    """`running` shows the bar, `problem` a notice; `finished` is when the last whole run ended."""

    known: bool = False
    running: bool = False
    percent: int = 0
    title: str = ""
    detail: str = ""
    problem: str = ""
    skipped: str = ""
    finished: str = ""


def sync_line(progress: SyncProgress | None) -> SyncLine:
    if progress is None:
        return SyncLine()
    return SyncLine(
        known=True,
        running=progress.running,
        percent=round(progress.fraction * 100),
        title="Reading your members from Whop" if progress.last_finished_at is None else "Reading again from Whop",
        detail=progress.words,
        problem=progress.failed or "",
        skipped="; ".join(sorted({each.skipped for each in progress.skipped if each.skipped})),
        finished=iso(progress.last_finished_at),
    )


@dataclass(frozen=True, slots=True)
class SyncNow:
    """How the sync stands at this moment. Times are ISO; `known` is False before the first sync is done."""

    known: bool = False
    last_event: str = ""
    lag: str = "–"
    waiting: str = "0"
    failed: str = "0"
    any_failed: bool = False
    caught_up_to: str = ""
    gap_since: str = ""
    gap: str = ""
    next_night: str = ""
    polled: str = ""
    poll_problem: str = ""
    hook_problem: str = ""
    hook_checked: str = ""


@dataclass(frozen=True, slots=True)
class RunLine:
    """`gap` says what a catch-up closed, `since` from when on."""

    id: int
    title: str
    status: str
    started: str
    took: str
    words: str
    gap: str
    since: str
    running: bool
    percent: int


@dataclass(frozen=True, slots=True)
class DriftLine:
    """`known` is False before the first reconciliation; `tone` is good or not."""

    known: bool = False
    summary: str = ""
    at: str = ""
    clean: bool = False
    more: str = ""


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    id: int
    resource: str
    whop_id: str
    words: str
    repaired: bool


@dataclass(frozen=True, slots=True)
class EventLine:
    """A delivery in the log. `member` is the Whop id of the member's page, empty where nobody is known."""

    id: int
    type: str
    object: str
    member: str
    name: str
    caught_up: bool
    received: str
    status: str
    attempts: str
    reason: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One delivery in full."""

    line: EventLine = EventLine(0, "", "", "", "", False, "", "", "", "")
    webhook_id: str = ""
    sent: str = ""
    processed: str = ""
    payload: str = ""


def sync_now(overview: SyncOverview) -> SyncNow:
    return SyncNow(
        known=overview.caught_up_to is not None,
        last_event=iso(overview.last_event_at),
        lag=seconds(overview.lag),
        waiting=f"{overview.waiting:,}",
        failed=f"{overview.failed:,}",
        any_failed=overview.failed > 0,
        caught_up_to=iso(overview.caught_up_to),
        gap_since=iso(overview.gap_since),
        gap=overview.gap_reason or "",
        next_night=iso(overview.next_reconciliation_at),
        polled=iso(overview.polled_to),
        poll_problem=overview.poll_problem or "",
        hook_problem=overview.hook_problem or "",
        hook_checked=iso(overview.hook_checked_at),
    )


def run_line(run: RunRow) -> RunLine:
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
    return RunLine(
        id=run.id,
        title=run.kind.label,
        status=run.status.value,
        started=iso(run.started_at),
        took=f"took {seconds(took)}" if took is not None else "",
        words=run.words,
        gap=run.gap or "",
        since=iso(run.since),
        running=run.status is RunStatus.RUNNING,
        percent=round(run.fraction * 100),
    )


def drift_line(drift: Drift | None) -> DriftLine:
    if drift is None:
        return DriftLine()
    more = drift.total - len(drift.rows)
    return DriftLine(True, drift.summary, iso(drift.at), drift.total == 0, f"and {more:,} more" if more else "")


def difference_line(row: DifferenceRow) -> DifferenceLine:
    return DifferenceLine(row.id, row.resource.label.capitalize(), row.whop_id, row.words, row.repaired)


def event_line(row: EventRow) -> EventLine:
    return EventLine(
        id=row.id,
        type=row.event_type,
        object=row.object_id or "",
        member=row.member_whop_id or "",
        name=row.member_name or "",
        caught_up=row.origin is Origin.CATCH_UP,
        received=iso(row.received_at),
        status=row.status.value,
        attempts=f"{row.attempts:,}",
        reason=row.reason or "",
    )


def event_view(found: EventDetail) -> EventView:
    return EventView(
        event_line(found.row), found.row.webhook_id, iso(found.sent_at), iso(found.processed_at), found.payload
    )
