"""Which companies a person may open, as Whop last said, kept so that no event has to ask Whop."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.access import CompanyRef, Role, role_for
from whop_crm.db import PlatformDb
from whop_crm.models import Company, CompanyAccess, Inbox, Session
from whop_crm.models.enums import AccessLevel
from whop_crm.services.companies.sessions import announce_sessions, company_ref

RECHECK_AFTER = timedelta(minutes=15)
IN_USE = timedelta(minutes=20)
MOST_CANDIDATES = 25


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """A company as Whop presents it."""

    whop_id: str
    title: str
    route: str | None = None
    logo_url: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What Whop says of one person at one company; `team_role` None: not on the team."""

    access_level: str
    team_role: str | None = None

    @property
    def role(self) -> Role | None:
        return role_for(self.access_level, self.team_role)


@dataclass(frozen=True, slots=True)
class DueCheck:
    """A person at a company, whose access was last asked about longer ago than it may be."""

    user_id: str
    company: CompanyRef


async def list_companies_of(db: PlatformDb, user_id: str) -> list[tuple[Company, Role]]:
    """The companies that a person may open, by title, each with their role there."""
    found = await db.execute(
        select(Company, col(CompanyAccess.role))
        .join(CompanyAccess, col(CompanyAccess.company_id) == col(Company.id))
        .where(col(CompanyAccess.user_id) == user_id, col(CompanyAccess.role).is_not(None))
        .order_by(col(Company.title), col(Company.id))
    )
    return [(company, role) for company, role in found if role is not None]


async def list_candidates(db: PlatformDb, user_id: str) -> list[str]:
    """Companies (`biz_…`) known here to ask about at a sign-in: where this person was before, and the latest ones."""
    been = select(col(CompanyAccess.company_id)).where(col(CompanyAccess.user_id) == user_id)
    found = await db.scalars(
        select(col(Company.whop_id))
        .order_by(col(Company.id).in_(been).desc(), col(Company.id).desc())
        .limit(MOST_CANDIDATES)
    )
    return list(found)


async def ensure_company(db: PlatformDb, profile: CompanyProfile) -> CompanyRef:
    """The company of this profile, made with its inbox when it is opened here for the first time."""
    values = {"title": profile.title, "route": profile.route, "logo_url": profile.logo_url}
    company = await db.scalar(
        insert(Company)
        .values(whop_id=profile.whop_id, **values)
        .on_conflict_do_update(index_elements=["whop_id"], set_=values)
        .returning(Company),
        execution_options={"populate_existing": True},
    )
    assert company is not None, "an upsert returns its row"
    await db.execute(insert(Inbox).values(company_id=company.id).on_conflict_do_nothing())
    return company_ref(company)


async def find_company(db: PlatformDb, whop_id: str) -> CompanyRef | None:
    company = await db.scalar(select(Company).where(col(Company.whop_id) == whop_id))
    return company and company_ref(company)


async def record_standing(db: PlatformDb, user_id: str, company: CompanyRef, standing: Standing) -> None:
    """Keeps what Whop said. Where the role changed, the person's open tabs are told at once."""
    before = await db.scalar(
        select(col(CompanyAccess.role)).where(
            col(CompanyAccess.user_id) == user_id, col(CompanyAccess.company_id) == company.id
        )
    )
    values = {
        "access_level": standing.access_level,
        "team_role": standing.team_role,
        "role": standing.role,
        "checked_at": datetime.now(UTC),
    }
    await db.execute(
        insert(CompanyAccess)
        .values(user_id=user_id, company_id=company.id, **values)
        .on_conflict_do_update(index_elements=["user_id", "company_id"], set_=values)
    )
    if before != standing.role:
        await announce_sessions(db, await _live_sessions(db, user_id))


async def close_companies(db: PlatformDb, user_id: str, refused: Iterable[str]) -> None:
    """Takes a person's access to these companies (`biz_…`), at which Whop has just said no."""
    ids = select(col(Company.id)).where(col(Company.whop_id).in_(list(refused)))
    await db.execute(
        update(CompanyAccess)
        .where(col(CompanyAccess.user_id) == user_id, col(CompanyAccess.company_id).in_(ids))
        .values(role=None, access_level=AccessLevel.NO_ACCESS, team_role=None, checked_at=datetime.now(UTC))
    )
    await announce_sessions(db, await _live_sessions(db, user_id))


async def _live_sessions(db: PlatformDb, user_id: str) -> list[int]:
    found = await db.scalars(
        select(col(Session.id)).where(col(Session.user_id) == user_id, col(Session.ended_at).is_(None))
    )
    return list(found)


async def list_due_checks(db: PlatformDb, limit: int = 100) -> list[DueCheck]:
    """Accesses older than 15 minutes of people whose session is in use, or open in some tab, the oldest first."""
    now = datetime.now(UTC)
    lately = or_(col(Session.last_seen_at) > now - IN_USE, col(Session.open_at) > now - IN_USE)
    in_use = select(col(Session.user_id)).where(col(Session.ended_at).is_(None), col(Session.expires_at) > now, lately)
    found = await db.execute(
        select(col(CompanyAccess.user_id), Company)
        .join(Company, col(Company.id) == col(CompanyAccess.company_id))
        .where(
            col(CompanyAccess.role).is_not(None),
            col(CompanyAccess.checked_at) < now - RECHECK_AFTER,
            col(CompanyAccess.user_id).in_(in_use),
        )
        .order_by(col(CompanyAccess.checked_at))
        .limit(limit)
    )
    return [DueCheck(user_id, company_ref(company)) for user_id, company in found]
