"""How far the first sync has come, and what stands in its way."""

from dataclasses import dataclass

from whop_crm.services.sync import SyncProgress
from whop_crm.state.views.text import iso


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
