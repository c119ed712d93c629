"""The app inside Whop's frame: who Whop says is there gets a session, and Whop's word goes no further than here.

Whop's proxy puts a token on each request to the app, websockets too. It is taken off before anything else sees it. A
page that is opened in the frame has it checked and leads to a session in a cookie of its own; behind this door that
cookie stands in the place of the one outside, so that nothing else has to know of two.
"""

from dataclasses import dataclass, replace

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whop_crm import routes
from whop_crm.access import Scope as CompanyScope
from whop_crm.api import calm, cookies
from whop_crm.clients.user_token import HEADER, UserTokenRefused, user_tokens
from whop_crm.clients.whop import whop
from whop_crm.config import settings
from whop_crm.db import company_session, platform_session
from whop_crm.errors import NotConfigured, NotFound, SignInNeeded, WhopError
from whop_crm.services import companies, sync
from whop_crm.services.companies import Found, Person, Visit

log = structlog.get_logger(__name__)

MARK = b"x-framed"
"""What this door says to those behind it of a request from inside the frame; nobody else can."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of a page opened in the frame: another answer, or the page, with this `cookie` as its session's.

    `new` says that the browser does not have the cookie yet; a cookie of "" is to be forgotten.
    """

    answer: Response | None = None
    cookie: str | None = None
    new: bool = False


class FrameDoor:
    """Stands before the other doors."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        token, inside = _token(scope), is_framed(headers)
        cookie = _frame_cookie(headers) if inside else None
        if inside and scope["type"] == "http" and _opens_page(scope):
            entry = await enter(scope, token, cookie)
            if entry.new:
                send = _keeping(send, entry.cookie or "")
            cookie = entry.cookie
            if entry.answer is not None:
                await entry.answer(scope, receive, send)
                return
        await self._app(_passed_on(scope, cookie, inside), receive, send)


def is_framed(headers: Headers) -> bool:
    """Whether a request comes out of a frame: by Whop's proxy, by its origin, or as the browser says."""
    framed = settings().origins[1:]
    return (
        HEADER.decode() in headers
        or headers.get("origin") in framed
        or headers.get("sec-fetch-dest") == "iframe"
        or any(headers.get("host") == one.partition("://")[2] for one in framed)
    )


def _token(scope: Scope) -> str | None:
    """None also where there are several: Whop sends one."""
    found = [value for name, value in scope["headers"] if name == HEADER]
    return found[0].decode("latin-1") if len(found) == 1 and found[0] else None


def _frame_cookie(headers: Headers) -> str | None:
    return cookie_parser(headers.get("cookie", "")).get(companies.frame_cookie_name()) or None


def _passed_on(scope: Scope, cookie: str | None, inside: bool) -> Scope:
    """The request without Whop's word; from the frame, with the frame's session and no other cookie."""
    dropped = {HEADER, MARK, *((b"cookie",) if inside else ())}
    headers = [(name, value) for name, value in scope["headers"] if name not in dropped]
    if inside:
        headers.append((MARK, b"1"))
    if cookie:
        headers.append((b"cookie", f"{companies.cookie_name()}={cookie}".encode("latin-1")))
    return {**scope, "headers": headers}


def _keeping(send: Send, cookie: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookies.frame_cookie(cookie))
        await send(message)

    return sending


def _opens_page(scope: Scope) -> bool:
    path = scope["path"]
    return (
        scope["method"] in {"GET", "HEAD"}
        and "text/html" in Headers(scope=scope).get("accept", "")
        and (path in {routes.HOME, routes.OPEN_COMPANY, routes.SIGN_IN, routes.NO_ACCESS, f"{routes.NO_ACCESS}/"}
             or path.startswith((f"{routes.OPEN_COMPANY}/", routes.EXPERIENCES)))
    )  # fmt: skip


async def enter(scope: Scope, token: str | None, cookie: str | None) -> Entry:
    """Decides what somebody sees who opens a page in the frame. Never raises what Whop or a token may cause."""
    request = Request(scope)
    path = _wanted(request)
    try:
        if token is None:
            return Entry(calm.nobody(path), cookie)
        user_id = await user_tokens().verify(token)
        return await _admit(request, user_id, cookie, path)
    except UserTokenRefused as error:
        log.warning("user_token_refused", reason=str(error))
        return Entry(calm.run_out(path) if error.expired else calm.not_trusted(path), cookie)
    except NotConfigured as error:
        log.warning("frame_not_configured", reason=str(error))
        return Entry(calm.not_configured(path), cookie)
    except (WhopError, SignInNeeded) as error:
        log.warning("frame_unchecked", reason=str(error))
        return Entry(calm.whop_away(path), cookie)


def _wanted(request: Request) -> str:
    """Where the visitor wants to be: a sign-in makes no sense here, so it is where that would have led."""
    if request.url.path == routes.SIGN_IN:
        return routes.own_path(request.query_params.get("next")) or routes.OPEN_COMPANY
    if request.url.path == routes.HOME or request.url.path.startswith(routes.NO_ACCESS):
        return routes.OPEN_COMPANY
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


async def _admit(request: Request, user_id: str, cookie: str | None, path: str) -> Entry:
    """Lets a person in whom Whop has named: with their session where there is one, else with a new one."""
    place = path.partition("?")[0]
    experience = routes.experience_in(place)
    company = await _company_of(experience) if experience else routes.company_in(place)
    if experience and company is None:
        return Entry(calm.no_experience(), cookie)
    async with platform_session() as db:
        visit = await companies.find_visit(db, cookie, company)
        if visit is not None and visit.person.user_id != user_id:
            visit = None
        entered = Entry(cookie=cookie) if visit else None
        if visit is not None:
            await companies.renew_framed_session(db, visit.session_id)
        known = await companies.list_companies_of(db, user_id) if company is None else []
    if company is None and not known:
        return await _refused(calm.no_company(), visit, cookie)
    if company is not None and (visit is None or visit.scope is None):
        found = await companies.find_entry(whop(), user_id, company)
        if found is None:
            return await _refused(calm.not_on_team(path), visit, cookie)
        await _keep(user_id, found)
    entered = entered or await _begin(request, user_id, cookie)
    leads_to = routes.dashboard(company) if experience else path
    if leads_to != _here(request):
        entered = replace(entered, answer=RedirectResponse(leads_to, 303, {"Cache-Control": "no-store"}))
    return entered


def _here(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


async def _company_of(experience: str) -> str | None:
    async with platform_session() as db:
        known = await companies.find_experience_company(db, experience)
    if known is not None:
        return known
    try:
        company = await whop().company_of_experience(experience)
    except NotFound:
        return None
    async with platform_session() as db:
        await companies.record_experience(db, experience, company)
    return company


async def _refused(answer: Response, visit: Visit | None, cookie: str | None) -> Entry:
    """Whose session this browser still holds, it is not this person's: it ends."""
    if visit is not None or cookie is None:
        return Entry(answer, cookie)
    async with platform_session() as db:
        await companies.end_session(db, cookie)
    return Entry(answer, "", new=True)


async def _keep(user_id: str, found: Found) -> None:
    """Keeps what Whop said, and reads the company for the first time where it is new here."""
    async with platform_session() as db:
        company = await companies.ensure_company(db, found.profile)
        await companies.record_standing(db, user_id, company, found.standing)
    async with company_session(CompanyScope.system(company)) as company_db:
        await sync.ensure_first_run(company_db)


async def _begin(request: Request, user_id: str, cookie: str | None) -> Entry:
    """A new session, in place of the one that this browser had in the frame."""
    profile = await whop().person(user_id)
    person = Person(user_id, profile.name, profile.username, profile.photo_url)
    async with platform_session() as db:
        if cookie:
            await companies.end_session(db, cookie)
        made = await companies.start_session(db, person, None, request.headers.get("user-agent"), framed=True)
    return Entry(cookie=made, new=True)
