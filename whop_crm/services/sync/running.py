"""Working on a run: one half reads Whop's pages, the other writes them, each page together with where its list goes on.

No session is open while Whop is asked. Killed at any moment, the run goes on from the last page that was written.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from time import monotonic
from typing import cast

import structlog
from sqlalchemy.exc import DBAPIError

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.whop import WhopClient
from whop_crm.db import CompanyDb, Topic, company_session
from whop_crm.errors import CrmError, NotFound, WhopForbidden, WhopUnavailable
from whop_crm.models.enums import Origin, RunKind
from whop_crm.services import companies
from whop_crm.services.sync import runs
from whop_crm.services.sync import worker as workers
from whop_crm.services.sync.apply import apply_facts
from whop_crm.services.sync.catching_up import CatchUpLists, read_back
from whop_crm.services.sync.closing import close
from whop_crm.services.sync.following import ask, follow_up
from whop_crm.services.sync.progress import get_progress
from whop_crm.services.sync.reading import Chunk, Reading, Whop
from whop_crm.services.sync.schemas import Claim, RunEnd, RunOutcome, StepKey, SyncProgress
from whop_crm.services.sync.writing import Found, write_page

BATCH_ROWS = 500
ANNOUNCE_EVERY = 1.0
HEARTBEAT_EVERY = 15.0
_AGAIN_LATER = frozenset({"40P01", "40001", "55P03"})
"""Deadlock, serialization failure, lock timeout: the same transaction may succeed the next time."""
_log = structlog.get_logger(__name__)

OnProgress = Callable[[SyncProgress], None]


async def run_company(company: CompanyRef, whop: Whop, on_progress: OnProgress | None = None) -> RunOutcome:
    """Works on the company's unfinished run until it is done or Whop cannot be reached. Cancelled, it lets the run go.

    `on_progress` is called at most once a second, and once at the end.
    """
    scope, worker = Scope.system(company), workers.new_worker()
    try:
        async with company_session(scope) as db:
            claim = await runs.claim_run(db, worker)
        if claim is None:
            return RunOutcome(RunEnd.ELSEWHERE if await _is_running(scope) else RunEnd.NOTHING)
        return await _Work(scope, claim, whop, on_progress).to_the_end()
    finally:
        workers.forget(worker)


async def _is_running(scope: Scope) -> bool:
    async with company_session(scope) as db:
        return await runs.is_running(db)


class _Work:
    """One worker's work on one run."""

    def __init__(self, scope: Scope, claim: Claim, whop: Whop, on_progress: OnProgress | None) -> None:
        self.scope, self.claim, self.whop, self.on_progress = scope, claim, whop, on_progress
        self.announced = 0.0
        self.lists = CatchUpLists(cast("WhopClient", whop), claim) if claim.kind is RunKind.CATCH_UP else whop

    async def to_the_end(self) -> RunOutcome:
        try:
            await self._check_permissions()
            if self.claim.kind is RunKind.CATCH_UP:
                await read_back(self.scope, self.claim, cast("WhopClient", self.whop))
            await self._read_and_write()
            await self._finish()
            await self._tell()
        except runs.RunTaken:
            return RunOutcome(RunEnd.ELSEWHERE)
        except asyncio.CancelledError:
            await self._release(None, 0)
            raise
        except WhopUnavailable as error:
            return await self._wait(f"{error} The sync goes on from here.", error.retry_after or 60)
        except CrmError as error:
            return await self._went_wrong(f"{error} The sync goes on from here.", str(error))
        except Exception:
            _log.exception("a sync run failed", company=self.scope.company.whop_id)
            sentence = "Something went wrong here. The sync tries again in a minute."
            return await self._went_wrong(sentence, "Something went wrong here, again and again. See the server's log.")
        return RunOutcome(RunEnd.DONE)

    async def _finish(self) -> None:
        summary = None
        if self.claim.kind is RunKind.RECONCILE:
            summary = await close(self.scope, self.claim, cast("WhopClient", self.whop))
        async with company_session(self.scope) as db:
            if self.claim.kind is RunKind.CATCH_UP:
                summary = await runs.catch_up_summary(db, self.claim)
            await runs.finish(db, self.claim, summary)

    async def _went_wrong(self, again: str, reason: str) -> RunOutcome:
        async with company_session(self.scope) as db:
            ended = await runs.went_wrong(db, self.claim, reason)
        if not ended:
            return await self._wait(again, 60)
        await self._tell()
        return RunOutcome(RunEnd.FAILED, reason)

    async def _wait(self, reason: str, seconds: float) -> RunOutcome:
        await self._release(reason, seconds)
        await self._tell()
        return RunOutcome(RunEnd.WAITING, reason, seconds)

    async def _release(self, reason: str | None, seconds: float) -> None:
        async with company_session(self.scope) as db:
            await runs.release(db, self.claim, reason, seconds)

    async def _check_permissions(self) -> None:
        """Asked first, because some lists are empty instead of forbidden."""
        if all(state.done for state in self.claim.steps.values()):
            return
        try:
            answer = await self.whop.permissions(self.scope.company.whop_id)
        except (WhopForbidden, NotFound):
            _log.warning("Whop does not say which permissions are granted", company=self.scope.company.whop_id)
            return
        async with company_session(self.scope) as db:
            await companies.record_scopes(db, answer.missing)
            await runs.hold(db, self.claim)
            self.claim = await runs.skip_missing(db, self.claim, frozenset(answer.missing))

    async def _read_and_write(self) -> None:
        reading = Reading(self.lists, self.scope.company.whop_id, dict(self.claim.steps))
        tasks = [asyncio.create_task(reading.read_all()), asyncio.create_task(self._beat())]
        try:
            async for chunks in _batches(reading.queue):
                await self._write(chunks)
            await tasks[0]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_EVERY)
            try:
                async with company_session(self.scope) as db:
                    await runs.keep_alive(db, self.claim)
            except DBAPIError as error:
                _log.warning("a heartbeat was missed", company=self.scope.company.whop_id, reason=str(error))

    async def _write(self, chunks: Sequence[Chunk]) -> None:
        announce = monotonic() - self.announced >= ANNOUNCE_EVERY
        for last_try in (False, False, True):
            try:
                await self._write_once(chunks, announce)
                break
            except DBAPIError as error:
                if last_try or getattr(error.orig, "sqlstate", None) not in _AGAIN_LATER:
                    raise
                await asyncio.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - jitter
        if announce:
            self.announced = monotonic()
            await self._tell()

    async def _write_once(self, chunks: Sequence[Chunk], announce: bool) -> None:
        async with company_session(self.scope) as db:
            await runs.hold(db, self.claim, progress=True)
            found = await self._write_facts(db, chunks)
            applied = found.applied if self.claim.kind is RunKind.CATCH_UP else None
            asked = applied is not None and await ask(db, applied, Origin.CATCH_UP)
            if found.drifted:
                await runs.hold(db, self.claim, found=found.drifted)
            for chunk in _merged(chunks):
                await runs.save_step(db, self.claim, chunk.key, chunk.state, len(chunk.facts), chunk.skipped)
                await runs.add_children(db, self.claim, [StepKey(chunk.key.resource, p) for p in chunk.children])
            if announce:
                db.touch_many(Topic.SYNC_RUNS)
        if asked:
            await follow_up(self.scope.company, cast("WhopClient", self.whop))

    async def _write_facts(self, db: CompanyDb, chunks: Sequence[Chunk]) -> Found:
        if self.claim.kind.is_full:
            facts = [fact for chunk in chunks for fact in chunk.facts]
            if facts:
                await apply_facts(db, facts, Origin.BACKFILL)
            return Found()
        pages = [(chunk.key.resource, chunk.facts) for chunk in _merged(chunks) if chunk.facts]
        found = Found()
        for resource, facts in pages:
            found = found.joined(await write_page(db, self.claim, resource, facts))
        return found

    async def _tell(self) -> None:
        if self.on_progress is None:
            return
        async with company_session(self.scope) as db:
            progress = await get_progress(db)
        if progress is not None:
            self.on_progress(progress)


async def _batches(queue: asyncio.Queue[Chunk | None]) -> AsyncIterator[list[Chunk]]:
    """What has been read meanwhile, at most about 500 rows at a time, so that the first page shows at once."""
    while (chunk := await queue.get()) is not None:
        chunks, rows, ended = [chunk], len(chunk.facts), False
        while rows < BATCH_ROWS and not queue.empty():
            more = queue.get_nowait()
            if more is None:
                ended = True
                break
            chunks.append(more)
            rows += len(more.facts)
        yield chunks
        if ended:
            return


def _merged(chunks: Iterable[Chunk]) -> list[Chunk]:
    """Pages of one list as one: its last cursor, all its rows."""
    merged: dict[StepKey, Chunk] = {}
    for chunk in chunks:
        before = merged.get(chunk.key)
        if before is not None:
            chunk = replace(chunk, facts=[*before.facts, *chunk.facts], children=[*before.children, *chunk.children])
        merged[chunk.key] = chunk
    return list(merged.values())
