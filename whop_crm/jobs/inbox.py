"""Works off the webhooks of every company that has some, and asks Whop what they leave open."""

import asyncio

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.whop import whop
from whop_crm.db import company_session, platform_session
from whop_crm.errors import NotConfigured
from whop_crm.services import companies, members, sync

GATHER_SECONDS = 0.08
"""In a burst, a moment between two looks: many small batches cost several times what few large ones do."""


async def drain() -> int:
    """Until no inbox is due; returns how many deliveries were looked at."""
    total = 0
    while True:
        async with platform_session() as db:
            due = await sync.list_due_inboxes(db)
        seen = 0
        for company in due:
            seen += await sync.drain_batch(company)
        total += seen
        if not seen:
            return total
        if seen < sync.BATCH:
            await asyncio.sleep(GATHER_SECONDS)


async def follow_up() -> None:
    """Asks Whop what deliveries left open. Not in `drain`: no delivery waits for an answer."""
    async with platform_session() as db:
        due = await sync.list_with_questions(db)
    for company in due:
        try:
            await sync.follow_up(company, whop())
        except NotConfigured:
            return


async def sweep() -> None:
    """Finds deliveries that were stored by a process that died before it could tell."""
    for company in await _companies():
        async with company_session(Scope.system(company)) as db:
            await sync.sweep(db)


async def recount() -> None:
    """The counts over the last 30 days and the engagement scores."""
    for company in await _companies():
        async with company_session(Scope.system(company)) as db:
            await companies.renew_scope(db)
            await members.recount_windows(db)


async def _companies() -> list[CompanyRef]:
    async with platform_session() as db:
        return await sync.list_companies(db)
