"""Reading the company that a session is bound to, and its team."""

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import Company, TeamMember
from whop_crm.services.companies.schemas import CompanyDetail, TeammateRow


async def get_company(db: CompanyDb) -> CompanyDetail:
    """The company of this session, as it stands now: a scope may be older."""
    db.scope.require(Permission.MEMBERS_READ)
    company = (await db.scalars(select(Company).where(col(Company.id) == db.scope.company_id))).one()
    return CompanyDetail(
        id=company.id,
        whop_id=company.whop_id,
        title=company.title,
        route=company.route,
        logo_url=company.logo_url,
        timezone=company.timezone,
        week_start=company.week_start,
        currency=company.currency,
        connected_at=company.connected_at,
        missing_scopes=tuple(company.missing_scopes.split()),
        scopes_checked_at=company.scopes_checked_at,
    )


async def list_team(db: CompanyDb) -> list[TeammateRow]:
    """The teammates as Whop's team list has them, by name."""
    db.scope.require(Permission.MEMBERS_READ)
    found = await db.scalars(select(TeamMember).order_by(col(TeamMember.name), col(TeamMember.id)))
    return [TeammateRow(row.whop_id, row.name, row.username, row.photo_url, row.role, row.status) for row in found]
