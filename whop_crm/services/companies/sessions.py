"""Sign-ins: who is behind a cookie, and which company they may see.

The cookie holds 256 random bits, the table only their SHA-256. A session lives 30 days at most from the moment of the
sign-in; nothing that happens in it makes it longer. Ending one is announced to every process in the same transaction.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, and_, bindparam, delete, or_, select, text, update
from sqlmodel import col

from whop_crm.access import Actor, CompanyRef, PauseRule, Role, Scope, ScoreWeights
from whop_crm.config import settings
from whop_crm.db import PlatformDb
from whop_crm.errors import NotFound
from whop_crm.models import Company, CompanyAccess, Session

SESSIONS_CHANNEL = "whop_crm_sessions"
"""Carries the ids of sessions that ended or whose access changed, separated by commas."""

SEEN_EVERY = timedelta(minutes=1)
MOST_STALE = timedelta(hours=24)
"""How long an access holds that Whop could not be asked about again."""
FRAME_LASTS = timedelta(days=1)
"""A session inside Whop ends this long after Whop last said who it is."""
_RENEW_EVERY = timedelta(minutes=10)
_COOKIE_LENGTH = 43
MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in, as Whop's userinfo tells."""

    user_id: str
    name: str
    username: str | None
    photo: str | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A live session, and the company it looks at where its address names one it may open."""

    session_id: int
    person: Person
    last_seen_at: datetime
    scope: Scope | None
    checked_at: datetime | None = None
    """When Whop was last asked about this person at this company."""
    open_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A sign-in that lives, as its owner sees it."""

    id: int
    user_agent: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EndedSession:
    """What is left of a sign-in: its sealed tokens, to be revoked at Whop."""

    session_id: int
    tokens: bytes | None


def cookie_name() -> str:
    """`__Host-` where the app is served over https: then no subdomain and no plain page can set it."""
    return "__Host-whop_crm" if settings().origin.startswith("https://") else "whop_crm"


def hashed(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def frame_cookie_name() -> str:
    """The cookie inside Whop's frame. It is a third party's there, so it is Secure always, and a name of its own keeps
    it apart from the one outside.
    """
    return "__Host-whop_crm_frame"


async def start_session(
    db: PlatformDb, person: Person, tokens: bytes | None, user_agent: str | None, *, framed: bool = False
) -> str:
    """Writes a sign-in and returns what the cookie shall hold. `tokens` are sealed already."""
    cookie = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    db.add(
        Session(
            id_hash=hashed(cookie),
            user_id=person.user_id,
            user_name=person.name,
            username=person.username,
            user_photo=person.photo,
            tokens=tokens,
            user_agent=user_agent and user_agent[:300],
            created_at=now,
            last_seen_at=now,
            expires_at=now + (FRAME_LASTS if framed else timedelta(days=settings().session_days)),
            framed=framed,
        )
    )
    await db.flush()
    await announce_sessions(db, await db.scalars(select(col(Session.id)).where(_alive(person.user_id))))
    return cookie


_VISIT = (
    select(
        col(Session.id),
        col(Session.last_seen_at),
        col(Session.open_at),
        col(CompanyAccess.role),
        col(CompanyAccess.checked_at),
        col(Session.user_id),
        col(Session.user_name),
        col(Session.username),
        col(Session.user_photo),
        col(Company.id),
        col(Company.whop_id),
        col(Company.title),
        col(Company.timezone),
        col(Company.week_start),
        col(Company.currency),
        col(Company.pause_rule),
        col(Company.posts_weight),
        col(Company.comments_weight),
        col(Company.courses_weight),
        col(Company.recency_weight),
    )
    .select_from(Session)
    .outerjoin(Company, col(Company.whop_id) == bindparam("company"))
    .outerjoin(
        CompanyAccess,
        and_(col(CompanyAccess.user_id) == col(Session.user_id), col(CompanyAccess.company_id) == col(Company.id)),
    )
    .where(
        col(Session.id_hash) == bindparam("id_hash"),
        col(Session.ended_at).is_(None),
        col(Session.expires_at) > bindparam("now"),
    )
)


async def find_visit(db: PlatformDb, cookie: str | None, company: str | None) -> Visit | None:
    """The visit behind a cookie, None where no session lives. `company` is Whop's id, from the address. One query."""
    if not cookie or len(cookie) != _COOKIE_LENGTH:
        return None
    now = datetime.now(UTC)
    found = await db.execute(_VISIT, {"company": company, "id_hash": hashed(cookie), "now": now})
    row = found.one_or_none()
    if row is None:
        return None
    session_id, seen, open_at, role, checked_at = cast(
        "tuple[int, datetime, datetime | None, Role | None, datetime | None]", row[:5]
    )
    person = Person(*row[5:9])
    fresh = checked_at is not None and checked_at > now - MOST_STALE
    scope = None
    if role is not None and fresh:
        place = CompanyRef(
            *cast("tuple[int, str, str, str, int, str, PauseRule]", row[9:16]),
            ScoreWeights(*cast("tuple[int, int, int, int]", row[16:])),
        )
        scope = Scope(place, Actor(person.user_id, person.name), role)
    return Visit(session_id, person, seen, scope, checked_at, open_at)


def company_ref(company: Company) -> CompanyRef:
    weights = ScoreWeights(
        company.posts_weight, company.comments_weight, company.courses_weight, company.recency_weight
    )
    return CompanyRef(
        company.id, company.whop_id, company.title, company.timezone, company.week_start, company.currency,
        company.pause_rule, weights,
    )  # fmt: skip


def is_due(visit: Visit, *, by_hand: bool) -> bool:
    """Whether the visit's session should be noted as in use, or as open, again."""
    noted = visit.last_seen_at if by_hand else max(visit.last_seen_at, visit.open_at or visit.last_seen_at)
    return datetime.now(UTC) - noted > SEEN_EVERY


async def touch_session(db: PlatformDb, session_id: int, *, by_hand: bool = True) -> None:
    """Notes at most once a minute that the session is in use; not `by_hand`: only that a tab of it is open, and shows
    what happens. Its end stays where it is."""
    now = datetime.now(UTC)
    name, noted = ("last_seen_at", col(Session.last_seen_at)) if by_hand else ("open_at", col(Session.open_at))
    await db.execute(
        update(Session)
        .where(col(Session.id) == session_id, or_(noted.is_(None), noted < now - SEEN_EVERY))
        .values({name: now})
    )


async def renew_framed_session(db: PlatformDb, session_id: int) -> None:
    """Whop has said again who this is: a session inside its frame goes on from now."""
    until = datetime.now(UTC) + FRAME_LASTS
    await db.execute(
        update(Session)
        .where(col(Session.id) == session_id, col(Session.framed), col(Session.expires_at) < until - _RENEW_EVERY)
        .values(expires_at=until)
    )


async def end_session(db: PlatformDb, cookie: str) -> EndedSession | None:
    """Ends the session behind a cookie everywhere; returns what it was, None if there was none."""
    ended = await _end(db, col(Session.id_hash) == hashed(cookie))
    return ended[0] if ended else None


async def end_sessions_of(db: PlatformDb, user_id: str) -> list[EndedSession]:
    """Ends every session of a person."""
    return await _end(db, col(Session.user_id) == user_id)


async def end_session_of(db: PlatformDb, user_id: str, session_id: int) -> EndedSession:
    """Ends one session of this person. Raises NotFound: it has ended already, or is somebody else's."""
    ended = await _end(db, and_(col(Session.id) == session_id, col(Session.user_id) == user_id))
    if not ended:
        raise NotFound("That session has ended already.")
    return ended[0]


async def list_sessions(db: PlatformDb, user_id: str) -> list[SessionRow]:
    """The sessions of this person that live, the one used last first."""
    found = await db.execute(
        select(
            col(Session.id), col(Session.user_agent), col(Session.created_at), col(Session.last_seen_at),
            col(Session.expires_at),
        )
        .where(_alive(user_id))
        .order_by(col(Session.last_seen_at).desc(), col(Session.id).desc())
        .limit(MOST_LISTED)
    )  # fmt: skip
    return [SessionRow(*row) for row in found]


def _alive(user_id: str) -> ColumnElement[bool]:
    return and_(
        col(Session.user_id) == user_id, col(Session.ended_at).is_(None), col(Session.expires_at) > datetime.now(UTC)
    )


async def _end(db: PlatformDb, which: ColumnElement[bool]) -> list[EndedSession]:
    """Ends sessions and forgets their tokens, which the caller may still revoke at Whop."""
    found = await db.scalars(select(Session).where(which, col(Session.ended_at).is_(None)).with_for_update())
    ended: list[EndedSession] = []
    people: set[str] = set()
    for session in found:
        ended.append(EndedSession(session.id, session.tokens))
        people.add(session.user_id)
        session.ended_at, session.tokens = datetime.now(UTC), None
    await db.flush()
    left = [one for person in people for one in await db.scalars(select(col(Session.id)).where(_alive(person)))]
    await announce_sessions(db, [*(one.session_id for one in ended), *left])
    return ended


async def delete_old_sessions(db: PlatformDb) -> int:
    """Deletes sign-ins that ended or ran out more than a day ago; returns how many."""
    before = datetime.now(UTC) - timedelta(days=1)
    gone = await db.scalars(
        delete(Session)
        .where(or_(col(Session.ended_at) < before, col(Session.expires_at) < before))
        .returning(col(Session.id))
    )
    return len(list(gone))


async def announce_sessions(db: PlatformDb, session_ids: Iterable[int]) -> None:
    """Tells every process to look again at these sessions' tabs, once this transaction commits."""
    ids = sorted(set(session_ids))
    for start in range(0, len(ids), 300):
        payload = ",".join(str(one) for one in ids[start : start + 300])
        await db.execute(text("SELECT pg_notify(:c, :p)"), {"c": SESSIONS_CHANNEL, "p": payload})
