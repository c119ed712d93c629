"""What a run has read and written so far, and a client that remembers what it was asked."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from tests.support import factories
from tests.support.whop import World
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Fact, PermissionsFact
from whop_crm.clients.pages import Page
from whop_crm.db import company_session, platform_session
from whop_crm.models import Inbox, SyncRun, SyncStep
from whop_crm.models.columns import now
from whop_crm.models.enums import SyncResource
from whop_crm.services import sync
from whop_crm.services.sync.schemas import StepKey, SyncProgress

Asked = tuple[SyncResource, str, str | None]


async def wanted(world: World) -> CompanyRef:
    """The sandbox's first company, with a run asked for."""
    company = await factories.company(whop_id=world.company)
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)
    return company


class Watched:
    """Our client, remembering each page asked for; `before` is called with how many there were, and may raise."""

    def __init__(self, world: World, before: Callable[[int], object] = lambda _number: None) -> None:
        self.whop, self.before = world.whop, before
        self.asked: list[Asked] = []
        self.answered: dict[tuple[SyncResource, str], list[str | None]] = defaultdict(lambda: [None])

    async def page(
        self, resource: SyncResource, account_id: str, cursor: str | None = None, parent: str | None = None
    ) -> Page[Fact]:
        self._note(resource, parent or "", cursor)
        page = await self.whop.page(resource, account_id, cursor, parent)
        self.answered[resource, parent or ""].append(page.next_cursor)
        return page

    async def parents(self, resource: SyncResource, account_id: str, cursor: str | None = None) -> Page[str]:
        self._note(resource, "", cursor)
        page = await self.whop.parents(resource, account_id, cursor)
        self.answered[resource, ""].append(page.next_cursor)
        return page

    async def permissions(self, company: str) -> PermissionsFact:
        return await self.whop.permissions(company)

    def _note(self, resource: SyncResource, parent: str, cursor: str | None) -> None:
        self.asked.append((resource, parent, cursor))
        self.before(len(self.asked))


class Killed(BaseException):
    """Ends a run as kill -9 does: nothing of ours runs afterwards."""


async def run_of(company: CompanyRef) -> SyncRun:
    async with company_session(Scope.system(company)) as db:
        return (await db.scalars(select(SyncRun).order_by(col(SyncRun.id).desc()).limit(1))).one()


async def steps_of(company: CompanyRef) -> dict[StepKey, SyncStep]:
    async with company_session(Scope.system(company)) as db:
        return {StepKey(step.resource, step.parent): step for step in await db.scalars(select(SyncStep))}


async def progress_of(company: CompanyRef) -> SyncProgress:
    async with company_session(Scope.system(company)) as db:
        progress = await sync.get_progress(db)
    assert progress is not None
    return progress


async def due_of(company: CompanyRef) -> float | None:
    """In how many seconds a worker is wanted."""
    async with platform_session() as db:
        due = await db.scalar(select(col(Inbox.sync_due_at)).where(col(Inbox.company_id) == company.id))
    return due and (due - now()).total_seconds()


TABLES = (
    "products", "plans", "promo_codes", "team_members", "members", "memberships", "payments", "refunds", "disputes",
    "invoices", "course_progress", "activities", "membership_changes", "member_days",
)  # fmt: skip
OURS = {"id", "company_id", "member_id", "plan_id", "product_id", "membership_id", "version", "recorded_at"}
"""Columns that differ between two runs that read the same: our ids, and when we asked."""


async def written(company: CompanyRef) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a sync wrote, without what is ours."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with company_session(Scope.system(company)) as db:
        for table in TABLES:
            rows = (await db.execute(text(f"SELECT * FROM {table}"))).mappings()
            kept = [tuple((k, v) for k, v in row.items() if k not in OURS) for row in rows]
            found[table] = sorted(kept, key=repr)
    return found
