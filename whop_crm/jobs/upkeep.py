"""Small chores on the tables."""

from datetime import UTC, datetime

from whop_crm.access import Scope
from whop_crm.db import company_session, platform_session
from whop_crm.services import api_keys, bulk_actions, changes, connection, imports, sync


async def make_months() -> int:
    """The timeline's partitions ahead; returns how many were new."""
    async with platform_session() as db:
        return await sync.ensure_months(db, datetime.now(UTC).date())


async def seal_anew() -> int:
    """Seals with the first SECRET_KEY the webhook secrets that another one sealed; returns how many."""
    async with platform_session() as db:
        return await connection.seal_anew(db)


async def forget_answers() -> int:
    """Forgets what the API was asked more than a day ago: every company's answers, and idle callers' counts."""
    async with platform_session() as db:
        known = await sync.list_companies(db)
        total = await api_keys.forget_old_rates(db)
    for company in known:
        async with company_session(Scope.system(company)) as db:
            total += await api_keys.prune_answers(db)
    return total


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


async def prune_runs() -> int:
    """Forgets every company's sync runs and repaired differences older than 90 days; returns how many runs."""
    async with platform_session() as db:
        known = await sync.list_companies(db)
    total = 0
    for company in known:
        async with company_session(Scope.system(company)) as db:
            total += await sync.prune_runs(db)
    return total


async def forget_old_actions() -> int:
    """Forgets what every company's team did more than 30 days ago, which nobody can take back; returns how much."""
    async with platform_session() as db:
        known = await sync.list_companies(db)
    total = 0
    for company in known:
        async with company_session(Scope.system(company)) as db:
            total += await bulk_actions.forget_old_actions(db) + await changes.forget_old_changes(db)
            total += await imports.forget_old_imports(db)
    return total
