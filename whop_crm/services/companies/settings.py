"""What a company sets: kept on its row, and carried by every scope."""

from dataclasses import replace

from sqlalchemy import select, text, update
from sqlmodel import col

from whop_crm.access import PauseRule, Permission, ScoreWeights
from whop_crm.db import CompanyDb
from whop_crm.models import Company
from whop_crm.services.bulk import FACTS_LOCK
from whop_crm.services.companies.sessions import company_ref


async def renew_scope(db: CompanyDb) -> None:
    """Gives the session the company's settings as they are now: what is begun with older ones may last for minutes."""
    db.scope.require(Permission.FACTS_WRITE)
    await _renew(db)


async def _renew(db: CompanyDb) -> None:
    found = select(Company).where(col(Company.id) == db.scope.company_id)
    company = (await db.scalars(found, execution_options={"populate_existing": True})).one()
    db.scope = replace(db.scope, company=company_ref(company))


async def lock_facts(db: CompanyDb) -> None:
    """Waits until no batch of facts is being written; none begins before this transaction ends."""
    db.scope.require(Permission.SETTINGS_WRITE)
    await db.execute(text(f"SELECT {FACTS_LOCK}"), {"company": db.scope.company_id})


async def save_settings(
    db: CompanyDb, *, timezone: str, week_start: int, currency: str, pause_rule: PauseRule, weights: ScoreWeights
) -> None:
    """Keeps valid settings; the time zone counts as chosen from now on."""
    db.scope.require(Permission.SETTINGS_WRITE)
    await db.execute(
        update(Company)
        .where(col(Company.id) == db.scope.company_id)
        .values(
            timezone=timezone,
            week_start=week_start,
            currency=currency,
            pause_rule=pause_rule,
            zone_chosen=True,
            posts_weight=weights.posts,
            comments_weight=weights.comments,
            courses_weight=weights.courses,
            recency_weight=weights.recency,
        )
    )
    await _renew(db)
