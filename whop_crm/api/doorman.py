"""Who opens a page: decides whether they may, and asks Whop again when its last word is old."""

import asyncio
from datetime import UTC, datetime

import structlog
from starlette.requests import Request

from whop_crm import routes
from whop_crm.clients.whop import whop
from whop_crm.db import platform_session
from whop_crm.errors import CrmError
from whop_crm.services import companies
from whop_crm.services.companies import Visit

log = structlog.get_logger(__name__)
_PATIENCE = 3.0


async def redirect(request: Request) -> str | None:
    """Where the visitor of a page must go instead; None: the page is for them, or will say why it is not."""
    path = request.url.path
    company = routes.company_in(path)
    cookie = request.cookies.get(companies.cookie_name())
    async with platform_session() as db:
        visit = await companies.find_visit(db, cookie, company)
    if path == routes.HOME:
        return None if visit is None or request.url.query else routes.OPEN_COMPANY
    if visit is None:
        return routes.sign_in(f"{path}?{request.url.query}" if request.url.query else path)
    if company is None:
        return await _first_company(visit)
    await _confirm(visit, company)
    return None


async def _first_company(visit: Visit) -> str:
    async with platform_session() as db:
        open_to = await companies.list_companies_of(db, visit.person.user_id)
    return routes.dashboard(open_to[0][0].whop_id) if open_to else routes.NO_ACCESS


async def _confirm(visit: Visit, company: str) -> None:
    """Asks Whop where its last word on this person is older than 15 minutes. Without an answer that word stands."""
    checked_at = visit.checked_at
    if checked_at is not None and datetime.now(UTC) - checked_at < companies.RECHECK_AFTER:
        return
    async with platform_session() as db:
        known = await companies.find_company(db, company)
    if known is None:
        return
    try:
        async with asyncio.timeout(_PATIENCE):
            standing = await companies.ask_standing(whop(), visit.person.user_id, company)
    except (TimeoutError, CrmError) as error:
        log.warning("access_unchecked", company=company, reason=type(error).__name__)
        return
    async with platform_session() as db:
        await companies.record_standing(db, visit.person.user_id, known, standing)
