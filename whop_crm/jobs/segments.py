"""Keeps who is in each segment: soon after members change, and when time alone moves them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from whop_crm.access import CompanyRef, Scope
from whop_crm.db import CHANNEL, Notice, Topic, company_session, listen, platform_session
from whop_crm.services import companies, segments, sync

_MOVING = frozenset({Topic.MEMBERS, Topic.MEMBERSHIPS, Topic.PAYMENTS, Topic.ACTIVITIES, Topic.MEMBER_TAGS, Topic.NOTES,
                     Topic.LIST_MEMBERS, Topic.CUSTOM_VALUES})  # fmt: skip
MOST_IDS = 2_000
"""More changed members than this are no longer looked at one by one: the next full comparison finds them."""


class Followers:
    """What changed since it was last looked at, by company."""

    def __init__(self) -> None:
        self._changed: dict[int, set[int]] = {}

    async def hear(self) -> None:
        """Listens for ever."""
        async with aclosing(listen(CHANNEL)) as notices:
            async for heard in notices:
                if heard is not None:
                    self._note(Notice.decode(heard[1]))

    def _note(self, notice: Notice) -> None:
        if notice.topics & _MOVING and notice.member_ids:
            ids = self._changed.setdefault(notice.company_id, set())
            ids |= notice.member_ids if len(ids) < MOST_IDS else frozenset()

    async def follow(self) -> None:
        """Compares the members that changed with every segment of their company."""
        changed, self._changed = self._changed, {}
        if not changed:
            return
        for company in await _companies():
            ids = changed.get(company.id)
            if ids:
                async with company_session(Scope.system(company)) as db:
                    await companies.renew_scope(db)
                    await segments.compare_some(db, sorted(ids))


@asynccontextmanager
async def following(followers: Followers) -> AsyncGenerator[None]:
    """Listens while this is open."""
    task = asyncio.create_task(followers.hear(), name="segments listen")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def compare_due() -> None:
    """Segments whose members the clock has moved, and old moves."""
    for company in await _companies():
        async with company_session(Scope.system(company)) as db:
            await companies.renew_scope(db)
            await segments.compare_due(db)
            await segments.forget_old_moves(db)


async def _companies() -> list[CompanyRef]:
    async with platform_session() as db:
        return await sync.list_companies(db)
