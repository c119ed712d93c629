"""What changed lately, by the lists that can be cut off: Whop has no filter by the time of a change.

A resource is read in parts, one after the other, each until its rows are older than asked for. The cursor of a page
names its part: `1:WyI…`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from whop_sdk import AsyncWhop
from whop_sdk.core.pagination import AsyncPager
from whop_sdk.payments.types import ListPaymentsRequestOrder, ListPaymentsRequestStatus
from whop_sdk.types import ForumPostListItem, Member, Membership, Payment, Refund

from whop_crm.clients.calls import Caller
from whop_crm.clients.facts import ChatFact, Fact, MemberFact, PaymentFact, PostFact
from whop_crm.clients.pages import PAGE_ROWS, M, Page, read_page
from whop_crm.clients.parse import billing, community, people, selling
from whop_crm.clients.readers import Readers
from whop_crm.models.enums import SyncResource

REFUNDS_SETTLE = timedelta(days=30)
"""A refund may succeed or fail this long after it was made."""
_UNSETTLED = ("open", "pending", "unresolved", "authorized")
_AT_ONCE = 4
Part = Callable[["Recent", str, datetime, str | None], Awaitable[Page[Fact]]]


class Recent:
    """The windowed lists of one credential."""

    def __init__(self, whop: AsyncWhop, caller: Caller, readers: Readers) -> None:
        self._whop, self._caller, self._readers = whop, caller, readers

    async def page(
        self, resource: SyncResource, account_id: str, since: datetime, cursor: str | None, parent: str = ""
    ) -> Page[Fact]:
        """One page of what changed since; of resources without such a list, of everything."""
        if resource is SyncResource.CHATS:
            return _until(await self._readers.page(resource, account_id, cursor, parent), _chat_at, since)
        parts = _PARTS.get(resource)
        if parts is None:
            return await self._readers.page(resource, account_id, cursor, parent)
        number, _, within = (cursor or "0:").partition(":")
        found = await parts[int(number)](self, account_id, since, within or None)
        following = f"{number}:{found.next_cursor}" if found.next_cursor else None
        if following is None and int(number) + 1 < len(parts):
            following = f"{int(number) + 1}:"
        return Page(found.items, following)

    async def visits(self, account_id: str, since: datetime, cursor: str | None) -> Page[Fact]:
        """Members by when they were last here, which has no event."""
        return _until(await self._members(account_id, "last_accessed_at", cursor), _visited_at, since)

    async def acted(self, account_id: str, since: datetime, cursor: str | None) -> Page[Fact]:
        return _until(await self._members(account_id, "most_recent_action_at", cursor), _acted_at, since)

    async def memberships_of(self, account_id: str, member_ids: Sequence[str]) -> list[Fact]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def of_one(member_id: str) -> Sequence[Fact]:
            async with gate:
                return (await self._memberships(account_id, None, member_id=member_id)).items

        return [fact for some in await asyncio.gather(*map(of_one, member_ids)) for fact in some]

    async def new_memberships(self, account_id: str, since: datetime, cursor: str | None) -> Page[Fact]:
        return await self._memberships(account_id, cursor, created_after=since)

    async def paid(self, account_id: str, since: datetime, cursor: str | None) -> Page[Fact]:
        return _until(await self._payments(account_id, cursor, order="paid_at"), _paid_at, since)

    async def new_payments(self, account_id: str, since: datetime, cursor: str | None) -> Page[Fact]:
        return await self._payments(account_id, cursor, created_after=since)

    async def refunds(self, account_id: str, since: datetime, cursor: str | None) -> Page[Fact]:
        after = since - REFUNDS_SETTLE

        def send() -> Awaitable[AsyncPager[Refund, Any]]:
            return self._whop.refunds.list(
                account_id=account_id, order="created_at", direction="desc", created_after=after, first=PAGE_ROWS,
                after=cursor,
            )  # fmt: skip

        return await self._read("refunds.list", send, Refund, billing.refund)

    async def posts(
        self, experience_id: str, cursor: str | None, told: dict[str, int]
    ) -> tuple[Page[Fact], list[tuple[str, int]]]:
        """A page of posts, and those of them (id, number) with other comments than `told` knows of."""
        commented: list[tuple[str, int]] = []

        def note(item: ForumPostListItem, version: datetime) -> Fact:
            count = int(item.comment_count or 0)
            if not item.parent_id and count != told.get(item.id, 0):
                commented.append((item.id, count))
            return community.post(item, version)

        return await self._posts(experience_id, None, cursor, note), commented

    async def comments(self, experience_id: str, post_id: str, cursor: str | None) -> Page[Fact]:
        return await self._posts(experience_id, post_id, cursor, community.post)

    async def _posts(
        self, experience_id: str, parent_id: str | None, cursor: str | None,
        fact: Callable[[ForumPostListItem, datetime], Fact],
    ) -> Page[Fact]:  # fmt: skip
        def send() -> Awaitable[AsyncPager[ForumPostListItem, Any]]:
            return self._whop.forum_posts.list(
                experience_id=experience_id, parent_id=parent_id, first=PAGE_ROWS, after=cursor
            )

        return await self._read("forum_posts.list", send, ForumPostListItem, fact)

    async def _members(self, account_id: str, order: Any, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[Member, Any]]:
            return self._whop.members.list(
                account_id=account_id, order=order, direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("members.list", send, Member, people.member)

    async def _memberships(
        self, account_id: str, cursor: str | None, member_id: str | None = None, created_after: datetime | None = None
    ) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[Membership, Any]]:
            return self._whop.memberships.list(
                account_id=account_id, member_id=member_id, order="created_at", direction="desc",
                created_after=created_after.isoformat() if created_after else None, first=PAGE_ROWS, after=cursor,
            )  # fmt: skip

        return await self._read("memberships.list", send, Membership, selling.membership)

    async def _payments(
        self, account_id: str, cursor: str | None, order: ListPaymentsRequestOrder = "created_at",
        status: ListPaymentsRequestStatus | None = None, created_after: datetime | None = None,
    ) -> Page[Fact]:  # fmt: skip
        def send() -> Awaitable[AsyncPager[Payment, Any]]:
            return self._whop.payments.list(
                account_id=account_id, order=order, direction="desc", status=status, created_after=created_after,
                first=PAGE_ROWS, after=cursor,
            )  # fmt: skip

        return await self._read("payments.list", send, Payment, billing.payment)

    async def _read(
        self, operation: str, send: Callable[[], Awaitable[AsyncPager[M, Any]]], model: type[M],
        fact: Callable[[M, datetime], Fact],
    ) -> Page[Fact]:  # fmt: skip
        return await read_page(self._caller, operation, send, model, fact)

    @staticmethod
    def unsettled(status: ListPaymentsRequestStatus) -> Part:
        async def part(recent: "Recent", account_id: str, _: datetime, cursor: str | None) -> Page[Fact]:
            return await recent._payments(account_id, cursor, status=status)

        return part


def _until(page: Page[Fact], at: Callable[[Fact], datetime | None], since: datetime) -> Page[Fact]:
    """The rows since then; the list ends where its last row is older, or has no time at all."""
    kept = [fact for fact in page.items if (moment := at(fact)) is not None and moment >= since]
    last = at(page.items[-1]) if page.items else None
    return replace(page, items=kept, next_cursor=page.next_cursor if last is not None and last >= since else None)


def _acted_at(fact: Fact) -> datetime | None:
    return cast("MemberFact", fact).most_recent_action_at


def _visited_at(fact: Fact) -> datetime | None:
    return cast("MemberFact", fact).last_accessed_at


def _paid_at(fact: Fact) -> datetime | None:
    return cast("PaymentFact", fact).paid_at


def _chat_at(fact: Fact) -> datetime | None:
    return cast("ChatFact | PostFact", fact).created_at


_PARTS: dict[SyncResource, Sequence[Part]] = {
    SyncResource.MEMBERS: (Recent.acted,),
    SyncResource.MEMBERSHIPS: (Recent.new_memberships,),
    SyncResource.PAYMENTS: (Recent.paid, Recent.new_payments, *map(Recent.unsettled, _UNSETTLED)),
    SyncResource.REFUNDS: (Recent.refunds,),
}
