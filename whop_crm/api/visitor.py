"""Who calls an endpoint with the session cookie, and for which company."""

import re

from starlette.requests import Request

from whop_crm.access import Scope
from whop_crm.db import platform_session
from whop_crm.errors import Forbidden, NotFound, SignInNeeded
from whop_crm.services import companies

_COMPANY = re.compile(r"biz_[A-Za-z0-9]{1,64}")
_NO_SUCH_COMPANY = "There is no such company, or you may not open it."


async def scope_of(request: Request, company: str) -> Scope:
    """Raises SignInNeeded, NotFound for what this person may not open, and Forbidden for another site's page."""
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise Forbidden("This request comes from another site.")
    known = company if _COMPANY.fullmatch(company) else None
    async with platform_session() as db:
        visit = await companies.find_visit(db, request.cookies.get(companies.cookie_name()), known)
    if visit is None:
        raise SignInNeeded("You are signed out. Sign in again to go on.")
    if visit.scope is None:
        raise NotFound(_NO_SUCH_COMPANY)
    return visit.scope
