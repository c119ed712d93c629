"""`whop-crm sync --company biz_…`: one run in the foreground."""

import asyncio
from collections.abc import Callable

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients import whop as whop_client
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session, dispose, platform_session
from whop_crm.errors import InvalidInput, NotFound, WhopForbidden
from whop_crm.services import companies, sync
from whop_crm.services.sync import RunEnd, RunOutcome, SyncProgress

LOOK_EVERY = 1.0
Say = Callable[[str], None]


async def sync_now(whop_id: str, say: Say) -> bool:
    """Reads everything of a company, telling how far it is in lines; True when it has come to the end.

    A run that was left goes on where it was; one that another process works on is followed. Raises CrmError.
    """
    if not whop_id.startswith("biz_"):
        raise InvalidInput("A company is named by its id, biz_…, as in the address of its dashboard.", "company")
    try:
        return await _to_the_end(whop_id, whop_client.whop(), say)
    finally:
        await whop_client.close()
        await dispose()


async def _to_the_end(whop_id: str, whop: WhopClient, say: Say) -> bool:
    company = await _company(whop_id, whop)
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)

    def tell(progress: SyncProgress) -> None:
        say(line(progress))

    outcome = await sync.run_company(company, whop, tell)
    if outcome.end is RunEnd.ELSEWHERE:
        say("Another process reads this company already; this one follows it.")
    while outcome.end is RunEnd.ELSEWHERE:
        await asyncio.sleep(LOOK_EVERY)
        await _look(company, tell)
        outcome = await sync.run_company(company, whop, tell)
    return await _conclude(company, outcome, say)


async def _company(whop_id: str, whop: WhopClient) -> CompanyRef:
    async with platform_session() as db:
        known = await companies.find_company(db, whop_id)
    if known is not None:
        return known
    try:
        account = await whop.account(whop_id)
    except (NotFound, WhopForbidden):
        raise NotFound(f"Whop does not know {whop_id}, or the app is not installed there.") from None
    profile = companies.CompanyProfile(account.id, account.title, account.route, account.logo_url)
    async with platform_session() as db:
        return await companies.ensure_company(db, profile)


async def _look(company: CompanyRef, tell: Callable[[SyncProgress], None]) -> None:
    async with company_session(Scope.system(company)) as db:
        progress = await sync.get_progress(db)
    if progress is not None:
        tell(progress)


async def _conclude(company: CompanyRef, outcome: RunOutcome, say: Say) -> bool:
    if outcome.end is RunEnd.WAITING:
        say("Run the command again to go on from here.")
        return False
    async with company_session(Scope.system(company)) as db:
        progress = await sync.get_progress(db)
    for each in progress.skipped if progress else ():
        say(f"Not read: {each.resource.label}. {each.skipped}")
    return progress is not None and not progress.running and progress.failed is None


def line(progress: SyncProgress) -> str:
    """` 34 %  Reading payments (3,200 so far). Next: refunds.`"""
    return f"{progress.fraction:4.0%}  {progress.words}"
