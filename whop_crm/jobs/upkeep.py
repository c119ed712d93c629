"""Small chores on the tables."""

from datetime import UTC, datetime

from whop_crm.access import Scope
from whop_crm.db import company_session, platform_session
from whop_crm.services import connection, sync


async def make_months() -> int:
    """The timeline's partitions ahead; returns how many were new."""
    async with platform_session() as db:
        return await sync.ensure_months(db, datetime.now(UTC).date())


async def seal_anew() -> int:
    """Seals with the first SECRET_KEY the webhook secrets that another one sealed; returns how many."""
    async with platform_session() as db:
        return await connection.seal_anew(db)


async def prune_webhooks() -> int:
    """Forgets every company's deliveries older than 30 days; returns how many."""
    async with platform_session() as db:
        known = await sync.list_companies(db)
    total = 0
    for company in known:
        while True:
            async with company_session(Scope.system(company)) as db:
                gone = await sync.prune_webhooks(db)
            total += gone
            if not gone:
                break
    return total
