"""What the webhook door stores. Deliveries that arrive while others are being stored go into the next transaction
together: one commit for many, without anybody waiting for company.
"""

import asyncio
from collections.abc import Sequence
from enum import StrEnum

import structlog

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Envelope
from whop_crm.db import company_session, platform_session
from whop_crm.services import companies, sync

MOST_AT_ONCE = 100
_GATHER = 0.02
_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of a verified delivery; counted under these names."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    UNKNOWN_COMPANY = "unknown_company"


_Waiting = tuple[Envelope, "asyncio.Future[Outcome]"]


class Intake:
    """One a process. `store` returns once the delivery is committed."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._known: dict[str, CompanyRef] = {}
        self._task: asyncio.Task[None] | None = None
        self._waker = Waker()

    async def store(self, envelope: Envelope) -> Outcome:
        """Raises whatever kept the delivery from being stored."""
        if envelope.account_id is None:
            return Outcome.UNKNOWN_COMPANY
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((envelope, future))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work(), name="webhook intake")
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            by_company: dict[str, list[_Waiting]] = {}
            for each in batch:
                by_company.setdefault(each[0].account_id or "", []).append(each)
            for whop_id, group in by_company.items():
                await self._store(whop_id, group)

    async def _store(self, whop_id: str, group: Sequence[_Waiting]) -> None:
        """All of a company's at once; where that fails, one by one, so that only what is at fault is refused."""
        try:
            outcomes = await self._commit(whop_id, [envelope for envelope, _ in group])
        except Exception as error:
            self._known.pop(whop_id, None)
            if len(group) > 1:
                for each in group:
                    await self._store(whop_id, [each])
            elif not group[0][1].done():
                group[0][1].set_exception(error)
            return
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

    async def _commit(self, whop_id: str, envelopes: Sequence[Envelope]) -> list[Outcome]:
        company = await self._company(whop_id)
        if company is None:
            return [Outcome.UNKNOWN_COMPANY] * len(envelopes)
        async with company_session(Scope.system(company)) as db:
            new = await sync.store_deliveries(db, envelopes)
        if new:
            self._waker.wake(company.id)
        outcomes: list[Outcome] = []
        for envelope in envelopes:
            outcomes.append(Outcome.STORED if envelope.id in new else Outcome.DUPLICATE)
            new.discard(envelope.id)
        return outcomes

    async def _company(self, whop_id: str) -> CompanyRef | None:
        """Known ones are remembered: what a delivery needs of a company never changes."""
        if whop_id not in self._known:
            async with platform_session() as db:
                company = await companies.find_company(db, whop_id)
            if company is None:
                return None
            self._known[whop_id] = company
        return self._known[whop_id]


class Waker:
    """Tells the workers of companies with new deliveries: once for all that came within a moment."""

    def __init__(self) -> None:
        self._companies: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def wake(self, company_id: int) -> None:
        self._companies.add(company_id)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell(), name="inbox waker")

    async def _tell(self) -> None:
        while self._companies:
            await asyncio.sleep(_GATHER)
            told, self._companies = self._companies, set()
            try:
                async with platform_session() as db:
                    await sync.mark_due(db, sorted(told))
            except Exception:
                _log.exception("the inbox's workers could not be told")  # the sweep finds these deliveries
                return
