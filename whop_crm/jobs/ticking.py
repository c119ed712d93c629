"""Jobs that never overlap themselves, and whose failures are logged and survived."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs] # has none
from apscheduler.triggers.base import BaseTrigger  # pyright: ignore[reportMissingTypeStubs] # has none

_log = structlog.get_logger(__name__)


@dataclass
class Job:
    """`trigger` and `wake` only say that it is wanted; its own task runs it, again where it was wanted meanwhile."""

    name: str
    trigger: BaseTrigger
    function: Callable[[], Awaitable[object]]
    on_notice: bool = False
    """Whether a NOTIFY wakes it as well."""
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    async def wake(self) -> None:
        self._wanted.set()

    async def keep_running(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.function()
            except Exception:
                _log.exception("a job failed", job=self.name)


@asynccontextmanager
async def ticking(jobs: Iterable[Job]) -> AsyncGenerator[None]:
    """The jobs run while this is open, each once at the start. On exit they are cancelled, and waited for."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    tasks: list[asyncio.Task[None]] = []
    for job in jobs:
        scheduler.add_job(  # pyright: ignore[reportUnknownMemberType] # APScheduler is not typed
            job.wake, job.trigger, id=job.name, coalesce=True, misfire_grace_time=None
        )
        await job.wake()
        tasks.append(asyncio.create_task(job.keep_running(), name=job.name))
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)  # pyright: ignore[reportUnknownMemberType] # APScheduler is not typed
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
