"""DOOR 3 · the clock. One line a job: name, trigger, function.

It ticks in one process only, the one that holds the advisory lock; when that one dies, another takes over.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import structlog
from apscheduler.triggers.interval import IntervalTrigger  # pyright: ignore[reportMissingTypeStubs] # has none
from prometheus_client import Gauge

from whop_crm.db import INBOX_CHANNEL, LEADER_LOCK, leadership, listen
from whop_crm.jobs import access, bulk, care, inbox, recounts, segments, upkeep
from whop_crm.jobs.care import Care
from whop_crm.jobs.syncing import SyncRuns
from whop_crm.jobs.ticking import Job, ticking

RETRY_SECONDS = 1.0
_log = structlog.get_logger(__name__)
_HERE = Gauge("whop_crm_clock", "1 where this process runs the clock, which one of all does.")


def every(*, hours: float = 0, minutes: float = 0, seconds: float = 0) -> IntervalTrigger:
    return IntervalTrigger(seconds=hours * 3600 + minutes * 60 + seconds, timezone="UTC")  # pyright: ignore[reportArgumentType] # takes fractions


def jobs(runs: SyncRuns, followers: segments.Followers) -> list[Job]:
    counts = Job("30-day counts", every(minutes=10), inbox.recount)
    runs.on_done = counts.wake
    return [
        Job("sync runs", every(seconds=1), runs.work, on_notice=True),
        Job("heartbeat", every(seconds=10), Care().beat),
        Job("gaps and nights", every(seconds=5), care.start_due),
        Job("webhook health", every(minutes=1), care.watch_hooks),
        Job("poll", every(minutes=1), care.poll),
        Job("inbox", every(seconds=0.5), inbox.drain, on_notice=True),
        Job("open questions", every(seconds=1), inbox.follow_up, on_notice=True),
        Job("forgotten deliveries", every(minutes=1), inbox.sweep),
        counts,
        Job("changed settings", every(seconds=1), recounts.work),
        Job("segments", every(seconds=5), followers.follow),
        Job("segments and time", every(minutes=5), segments.compare_due),
        Job("bulk actions", every(seconds=1), bulk.work, on_notice=True),
        Job("access", every(minutes=1), access.recheck),
        Job("old sessions", every(hours=24), access.delete_old_sessions),
        Job("months ahead", every(hours=24), upkeep.make_months),
        Job("sealed secrets", every(hours=24), upkeep.seal_anew),
        Job("old runs", every(hours=24), upkeep.prune_runs),
        Job("old webhooks", every(hours=1), upkeep.prune_webhooks),
        Job("old actions", every(hours=24), upkeep.forget_old_actions),
        Job("old API answers", every(hours=1), upkeep.forget_answers),
    ]


@asynccontextmanager
async def run() -> AsyncGenerator[None]:
    """The clock of this process, for the app's lifespan. Ends within a second."""
    task = asyncio.create_task(_lead(), name="clock")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _lead() -> None:
    """Ticks whenever this process leads; waits for its turn otherwise."""
    while True:
        try:
            async with leadership(LEADER_LOCK) as leader:
                if leader is not None:
                    _log.info("the clock ticks here")
                    with _HERE.track_inprogress():
                        async with _clock():
                            await leader.lost()
                    _log.warning("the clock lost its lock")
        except ConnectionError as error:
            _log.warning("the clock cannot reach the database", reason=str(error))
        await asyncio.sleep(RETRY_SECONDS)


@asynccontextmanager
async def _clock() -> AsyncGenerator[None]:
    runs, followers = SyncRuns(), segments.Followers()
    all_jobs = jobs(runs, followers)
    async with segments.following(followers), ticking(all_jobs):
        waker = asyncio.create_task(_wake([job for job in all_jobs if job.on_notice]))
        try:
            yield
        finally:
            waker.cancel()
            await asyncio.gather(waker, return_exceptions=True)
            await runs.stop()


async def _wake(woken: list[Job]) -> None:
    async with aclosing(listen(INBOX_CHANNEL)) as notices:
        async for _ in notices:
            for job in woken:
                await job.wake()
