"""What Whop has no event for, read every few minutes within a budget: last visits, forum posts and their comments.

Posts are read 90 days deep. How many comments a post had is remembered, so that only those are asked for that changed;
what the budget does not reach this time, it reaches the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Fact, PaymentFact, PostFact
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session
from whop_crm.errors import CrmError, NotFound, WhopForbidden
from whop_crm.models.columns import now
from whop_crm.models.enums import Origin, SyncResource
from whop_crm.services.sync import care
from whop_crm.services.sync.apply import apply_facts
from whop_crm.services.sync.catching_up import OVERLAP
from whop_crm.services.sync.differences import compare

BUDGET = 60
"""Requests to Whop in one poll of a company."""
DEPTH = timedelta(days=90)
PATIENCE = timedelta(minutes=5)
"""A payment that is older and not here was not told."""
_UNTOLD = "Whop did not tell of everything."
_comments: dict[tuple[int, str], dict[str, int]] = {}
_log = structlog.get_logger(__name__)


class _Spent(Exception):
    """The budget is used up."""


@dataclass
class _Budget:
    left: int = field(default_factory=lambda: BUDGET)

    def spend(self) -> None:
        if self.left <= 0:
            raise _Spent
        self.left -= 1


async def poll(company: CompanyRef, whop: WhopClient) -> int:
    """One poll; how many rows it brought. Payments that nobody told of open a gap."""
    began, scope = now(), Scope.system(company)
    async with company_session(scope) as db:
        known, polled = await care.get_reach(db)
    since = (polled or known or began) - OVERLAP
    polling = _Polling(scope, whop, _Budget())
    problem: str | None = None
    try:
        await polling.visits(since)
        if known is not None and await polling.misses_payments(known):
            async with company_session(scope) as db:
                await care.open_gap(db, known, _UNTOLD)
        await polling.posts()
    except _Spent:
        problem = "The request budget was used up; the next poll goes on."
    except CrmError as error:
        problem = str(error)
    async with company_session(scope) as db:
        await care.note_poll(db, began, problem)
    return polling.brought


@dataclass
class _Polling:
    scope: Scope
    whop: WhopClient
    budget: _Budget
    brought: int = 0

    async def visits(self, since: datetime) -> None:
        cursor: str | None = None
        while True:
            self.budget.spend()
            page = await self.whop.recent.visits(self.scope.company.whop_id, since, cursor)
            await self._write(list(page.items))
            cursor = page.next_cursor
            if cursor is None:
                return

    async def misses_payments(self, since: datetime) -> bool:
        """Whether the newest charges hold one that should have been told and is not here."""
        self.budget.spend()
        page = await self.whop.recent.paid(self.scope.company.whop_id, since, None)
        late = now() - PATIENCE
        due = [f for f in page.items if isinstance(f, PaymentFact) and f.paid_at is not None and f.paid_at < late]
        async with company_session(self.scope) as db:
            return bool((await compare(db, due, late)).drifted)

    async def posts(self) -> None:
        cursor: str | None = None
        while True:
            self.budget.spend()
            try:
                page = await self.whop.parents(SyncResource.FORUMS, self.scope.company.whop_id, cursor)
            except (WhopForbidden, NotFound):
                return
            for experience in page.items:
                await self._forum(experience)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _forum(self, experience: str) -> None:
        """Page by page, until one has nothing younger than 90 days: in which order posts come, Whop does not say."""
        told = _comments.setdefault((self.scope.company_id, experience), {})
        oldest, cursor = now() - DEPTH, None
        while True:
            self.budget.spend()
            page, commented = await self.whop.recent.posts(experience, cursor, told)
            young = _younger(page.items, oldest)
            await self._write(young)
            ids = {fact.id for fact in young if isinstance(fact, PostFact)}
            for post_id, count in commented:
                if post_id in ids:
                    await self._comments_of(experience, post_id)
                told[post_id] = count
            cursor = page.next_cursor
            if cursor is None or not young:
                return

    async def _comments_of(self, experience: str, post_id: str) -> None:
        cursor: str | None = None
        while True:
            self.budget.spend()
            page = await self.whop.recent.comments(experience, post_id, cursor)
            await self._write(list(page.items))
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _write(self, facts: list[Fact]) -> None:
        if not facts:
            return
        async with company_session(self.scope) as db:
            stale = (await compare(db, facts, now() - DEPTH)).stale
            if stale:
                self.brought += len((await apply_facts(db, stale, Origin.CATCH_UP)).member_ids)


def _younger(facts: Iterable[Fact], oldest: datetime) -> list[Fact]:
    return [fact for fact in facts if isinstance(fact, PostFact) and fact.created_at >= oldest]
