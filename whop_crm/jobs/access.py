"""Asks Whop again who may enter. What it says no to any more ends on every open tab at once."""

from functools import cache

import structlog

from whop_crm.clients.whop import WhopClient, whop
from whop_crm.db import platform_session
from whop_crm.errors import NotConfigured, WhopError
from whop_crm.services import companies
from whop_crm.services.companies import DueCheck

log = structlog.get_logger(__name__)


async def recheck() -> int:
    """`recheck_access` with this process's client; where there is none it says so once."""
    try:
        client = whop()
    except NotConfigured as error:
        _say_once(str(error))
        return 0
    return await recheck_access(client)


@cache
def _say_once(reason: str) -> None:
    log.warning("access_unchecked", reason=reason)


async def recheck_access(client: WhopClient) -> int:
    """Checks the accesses that are older than 15 minutes and in use; returns how many. To be run every minute.

    Where Whop does not answer, an access holds until the next round, for a day at most.
    """
    async with platform_session() as db:
        due = await companies.list_due_checks(db)
    for check in due:
        try:
            await _recheck(client, check)
        except WhopError as error:
            log.warning("access_unchecked", company=check.company.whop_id, reason=str(error))
    return len(due)


async def _recheck(client: WhopClient, check: DueCheck) -> None:
    standing = await companies.ask_standing(client, check.user_id, check.company.whop_id)
    async with platform_session() as db:
        await companies.record_standing(db, check.user_id, check.company, standing)


async def delete_old_sessions() -> int:
    """Forgets sign-ins a day after their end; returns how many. To be run once a day."""
    async with platform_session() as db:
        return await companies.delete_old_sessions(db)
