"""Reading what a company has set."""

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import Company, Recount
from whop_crm.services import companies
from whop_crm.services.settings.schemas import CompanySettings, RecountProgress, SettingsInput


async def get_settings(db: CompanyDb) -> CompanySettings:
    """The settings as they stand now: a scope may be older."""
    db.scope.require(Permission.SETTINGS_READ)
    company = (await db.scalars(select(Company).where(col(Company.id) == db.scope.company_id))).one()
    now = companies.company_ref(company)
    settings = SettingsInput(now.timezone, now.week_start, now.currency, now.pause_rule, now.weights)
    return CompanySettings(settings, company.zone_chosen)


async def find_recount(db: CompanyDb) -> RecountProgress | None:
    """How far the numbers have been worked out anew; None where no setting was ever changed."""
    db.scope.require(Permission.SETTINGS_READ)
    row = await db.scalar(select(Recount))
    if row is None:
        return None
    fraction = 1.0 if row.finished_at else min(row.done / row.total, 0.99) if row.total else 0.0
    return RecountProgress(row.stage, fraction, row.asked_at, row.finished_at)
