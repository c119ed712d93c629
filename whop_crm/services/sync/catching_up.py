"""A catch-up: what Whop sent while nobody listened is read from its own log, and its lists are read until the gap ends.

Whop gives a delivery up after about a minute and keeps what it sent for 30 days, whether it arrived or not.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import update
from sqlmodel import col

from whop_crm.access import Scope
from whop_crm.clients.facts import Envelope, Fact, MemberFact, PermissionsFact
from whop_crm.clients.pages import Page
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session
from whop_crm.errors import NotFound, WhopForbidden
from whop_crm.models import SyncRun
from whop_crm.models.columns import now
from whop_crm.models.enums import Origin, SyncResource
from whop_crm.services.sync.inbox import store_deliveries, wake
from whop_crm.services.sync.schemas import Claim

OVERLAP = timedelta(minutes=5)
"""Whop's clock, ours and what was under way."""
_MOST_ASKED_ONE_BY_ONE = 300
"""Members whose memberships are asked for each; where more have changed, all memberships are read instead."""
_LEFT_TO_OTHERS = frozenset({SyncResource.FORUMS, SyncResource.COURSES, SyncResource.LESSONS})
"""No list of them can be cut off by time: the poll and the nightly reconciliation read them."""
_log = structlog.get_logger(__name__)


class CatchUpLists:
    """Whop's lists as a run reads them, cut off where the gap begins.

    A run that goes on after a crash reads all memberships: whose memberships had to be looked at is forgotten.
    """

    def __init__(self, whop: WhopClient, claim: Claim) -> None:
        self._whop, self._since = whop, claim.since or claim.started_at
        self._left = 0 if claim.resumed else _MOST_ASKED_ONE_BY_ONE

    async def permissions(self, company: str) -> PermissionsFact:
        return await self._whop.permissions(company)

    async def parents(self, resource: SyncResource, account_id: str, cursor: str | None = None) -> Page[str]:
        if resource in _LEFT_TO_OTHERS:
            return Page([], None)
        return await self._whop.parents(resource, account_id, cursor)

    async def page(
        self, resource: SyncResource, account_id: str, cursor: str | None = None, parent: str | None = None
    ) -> Page[Fact]:
        if resource is SyncResource.MEMBERSHIPS and self._left <= 0:
            return await self._whop.page(resource, account_id, cursor)
        page = await self._whop.recent.page(resource, account_id, self._since, cursor, parent or "")
        if resource is SyncResource.MEMBERS:
            return Page([*page.items, *await self._held_by(account_id, page.items)], page.next_cursor)
        return page

    async def _held_by(self, account_id: str, facts: Sequence[Fact]) -> list[Fact]:
        members = [fact.id for fact in facts if isinstance(fact, MemberFact)]
        self._left -= len(members)
        return await self._whop.recent.memberships_of(account_id, members) if self._left > 0 else []


async def read_back(scope: Scope, claim: Claim, whop: WhopClient) -> None:
    """Stores what Whop's log of deliveries holds since the gap began. Without the permission the lists have to do."""
    if claim.since is None or claim.deliveries is not None:
        return
    try:
        stored = await _read_log(scope, claim, whop)
    except (WhopForbidden, NotFound) as error:
        _log.warning("Whop's deliveries cannot be read", company=scope.company.whop_id, reason=str(error))
        return
    async with company_session(scope) as db:
        await db.execute(update(SyncRun).where(col(SyncRun.id) == claim.run_id).values(deliveries=stored))


async def _read_log(scope: Scope, claim: Claim, whop: WhopClient) -> int:
    since = max(claim.since or claim.started_at, now() - timedelta(days=30))
    stored = 0
    for hook in await whop.hooks(scope.company.whop_id):
        cursor: str | None = None
        while True:
            page = await whop.sent(hook.id, cursor)
            stored += await _store(scope, page.envelopes)
            cursor = page.next_cursor
            if cursor is None or page.oldest is None or page.oldest < since:
                break
    return stored


async def _store(scope: Scope, envelopes: Sequence[Envelope]) -> int:
    """What came to the door before is known by its id. Oldest first, as it would have come."""
    own = [envelope for envelope in reversed(envelopes) if envelope.account_id == scope.company.whop_id]
    if not own:
        return 0
    async with company_session(scope) as db:
        stored = len(await store_deliveries(db, own, Origin.CATCH_UP))
        if stored:
            await wake(db)
    return stored
