"""Works out anew what a changed setting concerns."""

import structlog

from whop_crm.access import CompanyRef, Scope
from whop_crm.db import company_session, platform_session
from whop_crm.services import settings

_log = structlog.get_logger(__name__)


async def work() -> None:
    """Until nothing is due. What goes wrong is tried again in a minute, from where it stood."""
    while True:
        async with platform_session() as db:
            due = await settings.lease_due_recounts(db)
        if not due:
            return
        for company in due:
            await _to_the_end(company)


async def _to_the_end(company: CompanyRef) -> None:
    try:
        while await settings.recount_step(company):
            pass
    except Exception:
        _log.exception("working out anew failed", company=company.whop_id)
        async with company_session(Scope.system(company)) as db:
            await settings.postpone(db)
