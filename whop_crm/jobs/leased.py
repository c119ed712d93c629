"""Work that lies with companies, leased one by one and done to its end in steps."""

from collections.abc import Awaitable, Callable

import structlog

from whop_crm.access import CompanyRef, Scope
from whop_crm.db import CompanyDb, PlatformDb, company_session, platform_session

_log = structlog.get_logger(__name__)


async def work_off(
    what: str,
    lease: Callable[[PlatformDb], Awaitable[list[CompanyRef]]],
    step: Callable[[CompanyRef], Awaitable[bool]],
    postpone: Callable[[CompanyDb], Awaitable[None]],
) -> None:
    """Until nothing is due. What goes wrong is tried again when `postpone` says, from where it stood."""
    while True:
        async with platform_session() as db:
            due = await lease(db)
        if not due:
            return
        for company in due:
            await _to_the_end(what, company, step, postpone)


async def _to_the_end(
    what: str,
    company: CompanyRef,
    step: Callable[[CompanyRef], Awaitable[bool]],
    postpone: Callable[[CompanyDb], Awaitable[None]],
) -> None:
    try:
        while await step(company):
            pass
    except Exception:
        _log.exception("leased work failed", work=what, company=company.whop_id)
        async with company_session(Scope.system(company)) as db:
            await postpone(db)
