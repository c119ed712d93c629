"""Works on the sync runs that are due, a few companies at a time, in the background of the clock."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from whop_crm.access import CompanyRef
from whop_crm.clients.whop import whop
from whop_crm.db import platform_session
from whop_crm.errors import NotConfigured
from whop_crm.services import sync

COMPANIES_AT_ONCE = 2
_log = structlog.get_logger(__name__)


class SyncRuns:
    """`on_done` is awaited when a run has read everything: what is counted by the clock is worth counting again."""

    def __init__(self) -> None:
        self.on_done: Callable[[], Awaitable[None]] | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._looked = False

    async def work(self) -> None:
        """Starts what is due and returns; to be called every second."""
        free = COMPANIES_AT_ONCE - len(self._tasks)
        if free <= 0:
            return
        if not self._looked:
            await self._begin()
        async with platform_session() as db:
            due = await sync.lease_due_runs(db, free)
        for company in due:
            if company.id not in self._tasks:
                task = asyncio.create_task(self._run(company), name=f"sync {company.whop_id}")
                self._tasks[company.id] = task

    async def _begin(self) -> None:
        async with platform_session() as db:
            await sync.look_again(db)
        self._looked = True
        with suppress(NotConfigured):
            await asyncio.to_thread(whop().warm)

    async def stop(self) -> None:
        """Cancels what runs; each lets go of its run, so that the next process goes on at once."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, company: CompanyRef) -> None:
        try:
            outcome = await sync.run_company(company, whop())
            if outcome.end is sync.RunEnd.DONE and self.on_done is not None:
                await self.on_done()
        except NotConfigured as error:
            _log.warning("no sync", company=company.whop_id, reason=str(error))
        except Exception:
            _log.exception("a sync run ended badly", company=company.whop_id)
        finally:
            del self._tasks[company.id]
