"""Who is at this tab. The guard finds out before each event; handlers ask here.

`scope()` is the proof that services demand; `this_company()` opens a company session with it. Both are bound to the
event being handled, never kept in a state, and so cannot outlive a sign-out.
"""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

import reflex as rx

from whop_crm.access import Permission, Role, Scope
from whop_crm.db import CompanyDb, company_session, platform_session
from whop_crm.errors import SignInNeeded
from whop_crm.services import companies
from whop_crm.services.companies import EndedSession, SessionRow, Visit
from whop_crm.state.marks import public

_current: ContextVar[Visit | None] = ContextVar("visit", default=None)


class Visitor(StrEnum):
    """What the frame of every page shows."""

    UNKNOWN = "unknown"
    WELCOME = "welcome"
    SIGNED_OUT = "signed_out"
    NO_ACCESS = "no_access"


@dataclass(frozen=True, slots=True)
class CompanyChoice:
    """A line of the company switcher. `whop_id` is what `routes.dashboard()` takes."""

    whop_id: str
    title: str
    logo: str
    role: str


class SessionState(rx.State):
    """What the top bar shows: the person, the company, what this role may do. Filled by the guard alone."""

    visitor: Visitor = Visitor.UNKNOWN
    user_id: str = ""
    user_name: str = ""
    username: str = ""
    user_photo: str = ""
    company: str = ""
    company_title: str = ""
    company_logo: str = ""
    company_zone: str = "UTC"
    role: str = ""
    companies: list[CompanyChoice] = []
    framed: bool = False
    """The tab is inside Whop's frame, where signing in is Whop's business."""
    can_tag: bool = False
    can_segment: bool = False
    can_list: bool = False
    can_note: bool = False
    can_fill: bool = False
    can_define: bool = False
    can_export: bool = False
    can_import: bool = False
    can_sync: bool = False
    can_set: bool = False
    can_manage_keys: bool = False
    _fingerprint: str = ""
    _shown: tuple[object, ...] = ()

    @public
    async def check(self) -> None:
        """Has the guard look at this tab; sent by the hub when its session has ended or its access has changed."""


def visit() -> Visit | None:
    """The visit behind the event being handled; None: nobody is signed in."""
    return _current.get()


def scope() -> Scope:
    """Proof of who asks, for which company. Raises SignInNeeded outside a guarded event."""
    current = _current.get()
    if current is None or current.scope is None:
        raise SignInNeeded("You are signed out. Sign in again to go on.")
    return current.scope


def this_company() -> AbstractAsyncContextManager[CompanyDb]:
    """A company session for the event being handled: `async with this_company() as db: …`."""
    return company_session(scope())


@contextmanager
def as_visit(found: Visit | None) -> Iterator[None]:
    """Handles what is inside as this visit: for tests, which call handlers without the guard."""
    token = _current.set(found)
    try:
        yield
    finally:
        _current.reset(token)


def enter(found: Visit | None) -> None:
    """Binds the visit to the event being handled. The guard's alone."""
    _current.set(found)


def session_cookie(header: str | None) -> str | None:
    """Our cookie within a Cookie header, whatever other cookies of this host look like."""
    for part in (header or "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == companies.cookie_name():
            return value or None
    return None


class _Visits:
    """What was found out within the last second, so that the events of one page load ask once.

    Emptied at once by every notice of an ended session, a changed access or a changed company.
    """

    KEPT = 1.0
    MOST = 5_000

    def __init__(self) -> None:
        self._found: dict[tuple[str, str | None], tuple[float, Visit]] = {}
        self._emptied = float("-inf")

    def find(self, cookie: str, company: str | None) -> Visit | None:
        at, found = self._found.get((cookie, company), (float("-inf"), None))
        return found if at + self.KEPT > monotonic() else None

    def keep(self, cookie: str, company: str | None, found: Visit, asked_at: float) -> None:
        if len(self._found) >= self.MOST:
            self._found.clear()
        if asked_at > self._emptied:
            self._found[cookie, company] = (asked_at, found)

    def clear(self) -> None:
        self._emptied = monotonic()
        self._found.clear()


_visits = _Visits()
forget_visits = _visits.clear


async def resolve(cookie: str | None, company: str | None) -> Visit | None:
    """Looks the session up, at most a second old."""
    if cookie is None:
        return None
    if known := _visits.find(cookie, company):
        return known
    asked_at = monotonic()
    async with platform_session() as db:
        found = await companies.find_visit(db, cookie, company)
    if found is not None:
        _visits.keep(cookie, company, found, asked_at)
    return found


async def note(found: Visit | None, *, by_hand: bool) -> None:
    """Notes that the session is in use. What the hub sends to an open tab is no use of it: only that it is open, so
    that Whop goes on being asked who may see it."""
    if found is not None and companies.is_due(found, by_hand=by_hand):
        async with platform_session() as db:
            await companies.touch_session(db, found.session_id, by_hand=by_hand)


async def show(state: SessionState, found: Visit | None, company: str | None) -> None:
    """Brings the top bar in line with the visit, sending nothing where nothing changed."""
    shown = _view(found, company)
    if shown == state._shown:
        return
    state._shown = shown
    state.visitor = _visitor(found, company)
    _show_person(state, found)
    _show_role(state, found.scope if found else None)
    state.companies = [] if found is None else await _choices(found)
    state.company_logo = next((one.logo for one in state.companies if one.whop_id == state.company), "")


def _view(found: Visit | None, company: str | None) -> tuple[object, ...]:
    if found is None:
        return (None, company)
    return (found.session_id, found.person, found.scope, company)


def _visitor(found: Visit | None, company: str | None) -> Visitor:
    if found is None:
        return Visitor.SIGNED_OUT
    return Visitor.NO_ACCESS if company and found.scope is None else Visitor.WELCOME


def _show_person(state: SessionState, found: Visit | None) -> None:
    person = found.person if found else None
    state.user_id = person.user_id if person else ""
    state.user_name = person.name if person else ""
    state.username = (person.username if person else None) or ""
    state.user_photo = (person.photo if person else None) or ""


def _show_role(state: SessionState, proof: Scope | None) -> None:
    state.company = proof.company.whop_id if proof else ""
    state.company_title = proof.company.title if proof else ""
    state.company_zone = proof.company.timezone if proof else "UTC"
    state.role = proof.role.label if proof else ""
    state.can_tag = bool(proof and proof.allows(Permission.TAGS_WRITE))
    state.can_list = bool(proof and proof.allows(Permission.LISTS_WRITE))
    state.can_segment = bool(proof and proof.allows(Permission.SEGMENTS_WRITE))
    state.can_note = bool(proof and proof.allows(Permission.NOTES_WRITE))
    state.can_define = bool(proof and proof.allows(Permission.FIELDS_WRITE))
    state.can_fill = bool(proof and proof.allows(Permission.VALUES_WRITE))
    state.can_import = bool(proof and proof.allows(Permission.IMPORT))
    state.can_export = bool(proof and proof.allows(Permission.EXPORT))
    state.can_sync = bool(proof and proof.allows(Permission.SYNC_RUN))
    state.can_set = bool(proof and proof.allows(Permission.SETTINGS_WRITE))
    state.can_manage_keys = bool(proof and proof.allows(Permission.KEYS_MANAGE))


async def my_sessions() -> list[SessionRow]:
    """The sign-ins of whoever the event is from; nobody else's."""
    async with platform_session() as db:
        return await companies.list_sessions(db, _me().person.user_id)


async def end_my_session(session_id: int) -> EndedSession:
    """Ends one of them. Raises NotFound."""
    async with platform_session() as db:
        return await companies.end_session_of(db, _me().person.user_id, session_id)


def _me() -> Visit:
    current = visit()
    if current is None:
        raise SignInNeeded("You are signed out. Sign in again to go on.")
    return current


async def _choices(found: Visit) -> list[CompanyChoice]:
    async with platform_session() as db:
        open_to = await companies.list_companies_of(db, found.person.user_id)
    return [
        CompanyChoice(company.whop_id, company.title, company.logo_url or "", Role(role).label)
        for company, role in open_to
    ]
