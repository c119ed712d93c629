"""Which permissions Whop has not granted for a company."""

from collections.abc import Iterable

from sqlalchemy import update
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import Company
from whop_crm.models.columns import now


async def record_scopes(db: CompanyDb, missing: Iterable[str]) -> None:
    """Keeps what Whop said: the actions that the company has not granted."""
    db.scope.require(Permission.FACTS_WRITE)
    await db.execute(
        update(Company)
        .where(col(Company.id) == db.scope.company_id)
        .values(missing_scopes=" ".join(missing), scopes_checked_at=now())
    )
