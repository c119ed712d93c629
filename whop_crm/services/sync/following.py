"""What a webhook leaves open is asked of Whop at once: who the member is, and what a payment is like after a refund."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Fact
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session
from whop_crm.errors import CrmError
from whop_crm.models.enums import Origin
from whop_crm.services.sync.apply import AppliedFacts, apply_facts

_AT_ONCE = 4
_log = structlog.get_logger(__name__)


async def follow_up(
    company: CompanyRef, applied: AppliedFacts, client: WhopClient, origin: Origin = Origin.LIVE
) -> None:
    """Reads what is missing, without a session open, and writes it. What cannot be read is left to the next sync."""
    facts = [
        *await _read(applied.unknown_members, client.retrieve_member),
        *await _read(applied.taken_from, client.retrieve_payment),
    ]
    if facts:
        async with company_session(Scope.system(company)) as db:
            await apply_facts(db, facts, origin)


async def _read(ids: Iterable[str], retrieve: Callable[[str], Awaitable[Fact]]) -> list[Fact]:
    """All of them, be it that a burst has left open very many: nobody comes back to what is left out."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(whop_id: str) -> Fact | None:
        async with gate:
            try:
                return await retrieve(whop_id)
            except CrmError as error:
                _log.warning("could not ask Whop", id=whop_id, reason=str(error))
                return None

    found = await asyncio.gather(*(one(whop_id) for whop_id in sorted(ids)))
    return [fact for fact in found if fact is not None]
