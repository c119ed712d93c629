"""Which company an experience belongs to, kept so that Whop is asked once."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.db import PlatformDb
from whop_crm.models import Experience


async def find_experience_company(db: PlatformDb, experience: str) -> str | None:
    """The company (`biz_…`) of an experience (`exp_…`), where it is known here."""
    return await db.scalar(select(col(Experience.whop_company_id)).where(col(Experience.whop_id) == experience))


async def record_experience(db: PlatformDb, experience: str, company: str) -> None:
    await db.execute(insert(Experience).values(whop_id=experience, whop_company_id=company).on_conflict_do_nothing())
