"""What a webhook leaves open is asked of Whop at once: who the member is, and what a payment is like after a refund."""

from collections.abc import Awaitable, Callable, Iterable

import structlog

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Fact
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session
from whop_crm.errors import CrmError
from whop_crm.models.enums import Origin
from whop_crm.services.sync.apply import AppliedFacts, apply_facts

_MOST = 100
"""As many as a batch of the inbox may leave open."""
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
    found: list[Fact] = []
    for one in sorted(ids)[:_MOST]:
        try:
            found.append(await retrieve(one))
        except CrmError as error:
            _log.warning("could not ask Whop", id=one, reason=str(error))
    return found
