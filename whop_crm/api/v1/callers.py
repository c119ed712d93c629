"""Who calls the API: an API key, or a person whose session's cookie comes from a page of ours."""

from dataclasses import dataclass
from time import monotonic

from starlette.requests import Request

from whop_crm.access import Scope
from whop_crm.db import PlatformDb, company_session, platform_session
from whop_crm.errors import Forbidden, InvalidInput, SignInNeeded
from whop_crm.services import api_keys, companies

COMPANY_HEADER = "X-Company"
"""Names the company of a call with a cookie. No page of another site can send it: a browser would ask us first."""

_TOUCH_EVERY = 60.0
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is what their requests are counted under: `key:1`, `session:1`."""

    name: str
    scope: Scope
    key_id: int | None = None


async def identify(request: Request) -> Caller:
    """Raises SignInNeeded, InvalidInput, Forbidden."""
    async with platform_session() as db:
        given = request.headers.get("authorization")
        return await _of_key(db, given) if given is not None else await _of_session(db, request)


async def _of_key(db: PlatformDb, given: str) -> Caller:
    scheme, _, secret = given.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise SignInNeeded("Send your API key as “Authorization: Bearer wcrm_…”.")
    holder = await api_keys.find_holder(db, secret.strip())
    if holder is None:
        raise SignInNeeded("This API key is unknown or was revoked. An admin can make one in Settings, under API keys.")
    return Caller(f"key:{holder.key_id}", holder.scope, holder.key_id)


async def _of_session(db: PlatformDb, request: Request) -> Caller:
    company = request.headers.get(COMPANY_HEADER)
    visit = await companies.find_visit(db, request.cookies.get(companies.cookie_name()), company)
    if visit is None:
        raise SignInNeeded("Send an API key as “Authorization: Bearer wcrm_…”, or sign in.")
    if company is None:
        raise InvalidInput("Name the company, biz_…, in the header X-Company.", COMPANY_HEADER)
    if visit.scope is None:
        raise Forbidden("You are not on the team of this company, or it does not use Whop CRM.")
    return Caller(f"session:{visit.session_id}", visit.scope)


class LastUsed:
    """Notes when keys were used, without a write for every request."""

    def __init__(self) -> None:
        self._noted: dict[int, float] = {}

    async def note(self, caller: Caller) -> None:
        key_id = caller.key_id
        if key_id is None or monotonic() - self._noted.get(key_id, float("-inf")) < _TOUCH_EVERY:
            return
        if len(self._noted) >= _MOST_REMEMBERED:
            self._noted.clear()
        self._noted[key_id] = monotonic()
        async with company_session(caller.scope) as db:
            await api_keys.touch_key(db, key_id)


last_used = LastUsed()
