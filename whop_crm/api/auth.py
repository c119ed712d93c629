"""Signing in with Whop and out again. Plain HTTP with full page loads: a websocket keeps the cookie it began with."""

import asyncio
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from whop_crm import routes
from whop_crm.access import CompanyRef, Scope
from whop_crm.api import calm, cookies
from whop_crm.api.cookies import Journey
from whop_crm.api.inside import MARK
from whop_crm.clients.oauth import Attempt, Profile, SignInRefused, Tokens, oauth
from whop_crm.clients.whop import whop
from whop_crm.config import settings
from whop_crm.db import PlatformDb, company_session, platform_session
from whop_crm.errors import CrmError, NotConfigured, WhopError
from whop_crm.routes import SignInProblem
from whop_crm.sealing import Unsealable, seal, unseal
from whop_crm.services import companies, sync
from whop_crm.services.companies import EndedSession, Entries, Found, Person

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

TOKENS = companies.TOKENS_PURPOSE
_REVOKE_SECONDS = 3.0


@router.get(routes.SIGN_IN)
async def sign_in(next: str | None = None) -> Response:
    """Leaves for Whop."""
    journey = Journey(Attempt.new(), routes.own_path(next))
    try:
        response = _to(oauth().authorize_url(journey.attempt))
        cookies.set_journey(response, journey)
    except NotConfigured as error:
        log.warning("sign_in_failed", reason=str(error))
        return _home(SignInProblem.NOT_CONFIGURED)
    return response


@router.get(routes.SIGN_IN_CALLBACK)
async def came_back(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
    """Comes back from Whop: checks everything, then starts the session."""
    journey = cookies.find_journey(request.cookies, state)
    if journey is None:
        response = _home(SignInProblem.EXPIRED)
    elif error or not code:
        response = _home(SignInProblem.DENIED)
    else:
        response = await _finish(request, journey, code)
    cookies.clear_journey(response, state)
    return response


async def _finish(request: Request, journey: Journey, code: str) -> Response:
    try:
        tokens, profile = await oauth().redeem(code, journey.attempt)
        entries = await companies.find_companies(
            whop(), profile.user_id, tokens.access, await _candidates(profile.user_id, journey.next_path)
        )
    except CrmError as error:
        log.warning("sign_in_failed", reason=str(error))
        return _home(_reason(error))
    cookie = await _admit(request, profile, tokens, entries)
    response = _to(_landing(journey.next_path, entries.found))
    cookies.set_session(response, cookie)
    return response


def _reason(error: CrmError) -> SignInProblem:
    match error:
        case SignInRefused():
            return SignInProblem.REFUSED
        case NotConfigured():
            return SignInProblem.NOT_CONFIGURED
        case WhopError():
            return SignInProblem.WHOP_UNAVAILABLE
        case _:
            return SignInProblem.REFUSED


async def _candidates(user_id: str, next_path: str | None) -> list[str]:
    """Companies to ask about beside the person's own list: known here, configured, or in the address they want."""
    wanted = [settings().whop_company_id, routes.company_in(next_path or "")]
    async with platform_session() as db:
        known = await companies.list_candidates(db, user_id)
    return [company for company in [*wanted, *known] if company]


async def _admit(request: Request, profile: Profile, tokens: Tokens, entries: Entries) -> str:
    """Keeps what Whop said and starts a session in place of the browser's old one; returns the new cookie."""
    person = Person(profile.user_id, profile.name, profile.username, profile.photo)
    async with platform_session() as db:
        opened = [await _keep(db, profile.user_id, one) for one in entries.found]
        await companies.close_companies(db, profile.user_id, entries.refused)
        if old := request.cookies.get(companies.cookie_name()):
            await companies.end_session(db, old)
        sealed = seal(tokens.encode(), TOKENS)
        cookie = await companies.start_session(db, person, sealed, request.headers.get("user-agent"))
    for company in opened:
        async with company_session(Scope.system(company)) as company_db:
            await sync.ensure_first_run(company_db)
    return cookie


async def _keep(db: PlatformDb, user_id: str, found: Found) -> CompanyRef:
    company = await companies.ensure_company(db, found.profile)
    await companies.record_standing(db, user_id, company, found.standing)
    return company


def _landing(next_path: str | None, found: list[Found]) -> str:
    """Where the person wanted to go if they may, else their first company, else a clear page."""
    if not found:
        return routes.NO_ACCESS
    wanted = routes.company_in(next_path or "")
    if next_path and (wanted is None or any(one.profile.whop_id == wanted for one in found)):
        return next_path
    return routes.dashboard(found[0].profile.whop_id)


@router.post(routes.SIGN_OUT)
async def sign_out(request: Request) -> Response:
    """Ends this session everywhere, at once, and its grant at Whop if Whop answers."""
    cookie = request.cookies.get(companies.cookie_name())
    if cookie is None:
        return _signed_out(request)
    async with platform_session() as db:
        ended = await companies.end_session(db, cookie)
    await _revoke([ended] if ended else [])
    return _signed_out(request)


@router.post(routes.SIGN_OUT_EVERYWHERE)
async def sign_out_everywhere(request: Request) -> Response:
    """Ends every session of this person, on every device."""
    async with platform_session() as db:
        visit = await companies.find_visit(db, request.cookies.get(companies.cookie_name()), None)
        ended = await companies.end_sessions_of(db, visit.person.user_id) if visit else []
    await _revoke(ended)
    return _signed_out(request)


async def _revoke(ended: list[EndedSession]) -> None:
    """Best effort: a session is over whether or not Whop hears of it."""
    try:
        async with asyncio.timeout(_REVOKE_SECONDS):
            await asyncio.gather(*(_revoke_one(session.tokens) for session in ended if session.tokens))
    except (TimeoutError, CrmError) as error:
        log.warning("revoke_failed", reason=type(error).__name__)


async def _revoke_one(sealed: bytes) -> None:
    try:
        tokens = Tokens.decode(unseal(sealed, TOKENS))
    except Unsealable:
        return
    await oauth().revoke(tokens)


def _signed_out(request: Request) -> Response:
    if MARK.decode() in request.headers:
        return _signed_out_inside(request)
    response = _home(SignInProblem.SIGNED_OUT)
    cookies.clear_session(response)
    return response


def _signed_out_inside(request: Request) -> Response:
    """In Whop's frame there is no start page to go back to: Whop signs people in."""
    came_from = routes.company_in(urlsplit(request.headers.get("referer", "")).path)
    response = calm.signed_out(routes.dashboard(came_from) if came_from else routes.OPEN_COMPANY)
    response.headers.append("set-cookie", cookies.frame_cookie(""))
    return response


@router.get(routes.OUTSIDE)
async def outside(next: str | None = None) -> Response:
    """From a new tab that Whop's frame opened to the same page at our own address."""
    return _to(settings().origin + (routes.own_path(next) or routes.OPEN_COMPANY))


def _home(reason: SignInProblem) -> Response:
    return _to(f"{routes.HOME}?reason={reason}")


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})
