"""Asks Whop again who may enter. What it says no to any more ends on every open tab at once."""

import structlog

from whop_crm.clients.whop import WhopClient
from whop_crm.db import platform_session
from whop_crm.errors import WhopError
from whop_crm.services import companies
from whop_crm.services.companies import DueCheck

log = structlog.get_logger(__name__)


async def recheck_access(whop: WhopClient) -> int:
    """Checks the accesses that are older than 15 minutes and in use; returns how many. To be run every minute.

    Where Whop does not answer, an access holds until the next round, for a day at most.
    """
    async with platform_session() as db:
        due = await companies.list_due_checks(db)
    for check in due:
        try:
            await _recheck(whop, check)
        except WhopError as error:
            log.warning("access_unchecked", company=check.company.whop_id, reason=str(error))
    return len(due)


async def _recheck(whop: WhopClient, check: DueCheck) -> None:
    standing = await companies.ask_standing(whop, check.user_id, check.company.whop_id)
    async with platform_session() as db:
        await companies.record_standing(db, check.user_id, check.company, standing)


async def delete_old_sessions() -> int:
    """Forgets sign-ins a day after their end; returns how many. To be run once a day."""
    async with platform_session() as db:
        return await companies.delete_old_sessions(db)
