"""The lists that a sync reads: for each resource the SDK's own call, with the order and filters we want.

Orders are by creation, newest first: that never changes, so nothing moves across the cursor while we read. Posts,
messages and courses hang below a parent (experience, channel, course), which `parents` lists.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from whop_sdk import AsyncWhop
from whop_sdk.core.pagination import AsyncPager
from whop_sdk.types import (
    ChatChannelListItem,
    CourseLessonInteractionListItem,
    CourseListItem,
    CourseStudentListItem,
    Dispute,
    ForumListItem,
    ForumPostListItem,
    InvoiceListItem,
    Member,
    Membership,
    MessageListItem,
    Payment,
    ProductListItem,
    PromoCodeListItem,
    Refund,
    TeamMember,
    VariantListItem,
)

from whop_crm.clients.calls import Caller
from whop_crm.clients.facts import Fact
from whop_crm.clients.pages import PAGE_ROWS, M, Page, T, read_page
from whop_crm.clients.parse import billing, community, people, selling
from whop_crm.clients.parse.clean import moment_or
from whop_crm.models.enums import SyncResource

NESTED = frozenset({SyncResource.COURSES, SyncResource.LESSONS, SyncResource.FORUMS, SyncResource.CHATS})
"""Resources whose rows hang below a parent."""

_COMMENTS_AT_ONCE = 4


class Readers:
    """The lists of one credential. Remembers the titles of courses, which students and lessons do not carry."""

    def __init__(self, whop: AsyncWhop, caller: Caller) -> None:
        self._whop, self._caller = whop, caller
        self._course_titles: dict[str, str] = {}

    async def page(self, resource: SyncResource, account_id: str, cursor: str | None, parent: str) -> Page[Fact]:
        """One page of at most 100 rows; a page of posts brings the comments below them along."""
        return await _PAGES[resource](self, parent or account_id, cursor)

    async def parents(self, resource: SyncResource, account_id: str, cursor: str | None) -> Page[str]:
        """What a nested resource hangs below: ids of courses, experiences or channels."""
        return await _PARENTS[resource](self, account_id, cursor)

    async def products(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[ProductListItem, Any]]:
            return self._whop.products.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("products.list", send, ProductListItem, selling.product)

    async def plans(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[VariantListItem, Any]]:
            return self._whop.variants.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("variants.list", send, VariantListItem, selling.plan)

    async def promo_codes(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[PromoCodeListItem, Any]]:
            return self._whop.promo_codes.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("promo_codes.list", send, PromoCodeListItem, selling.promo_code)

    async def team(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[TeamMember, Any]]:
            return self._whop.team_members.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("team_members.list", send, TeamMember, people.team_member)

    async def members(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[Member, Any]]:
            return self._whop.members.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("members.list", send, Member, people.member)

    async def memberships(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[Membership, Any]]:
            return self._whop.memberships.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("memberships.list", send, Membership, selling.membership)

    async def paused(self, account_id: str, cursor: str | None) -> Page[Fact]:
        """No membership says that it is paused; this list does."""

        def send() -> Awaitable[AsyncPager[Membership, Any]]:
            return self._whop.memberships.list(
                account_id=account_id, status="paused", order="created_at", direction="desc",
                first=PAGE_ROWS, after=cursor,
            )  # fmt: skip

        def paused(item: Membership, version: datetime) -> Fact:
            return replace(selling.membership(item, version), paused=True)

        return await self._read("memberships.list", send, Membership, paused)

    async def payments(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[Payment, Any]]:
            return self._whop.payments.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("payments.list", send, Payment, billing.payment)

    async def refunds(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[Refund, Any]]:
            return self._whop.refunds.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("refunds.list", send, Refund, billing.refund)

    async def disputes(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[Dispute, Any]]:
            return self._whop.disputes.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("disputes.list", send, Dispute, billing.dispute)

    async def invoices(self, account_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[InvoiceListItem, Any]]:
            return self._whop.invoices.list(
                account_id=account_id, order="created_at", direction="desc", first=PAGE_ROWS, after=cursor
            )

        return await self._read("invoices.list", send, InvoiceListItem, billing.invoice)

    async def courses(self, account_id: str, cursor: str | None) -> Page[str]:
        def send() -> Awaitable[AsyncPager[CourseListItem, Any]]:
            return self._whop.courses.list(account_id=account_id, first=PAGE_ROWS, after=cursor)

        def remember(item: CourseListItem, _: datetime) -> str:
            self._course_titles[item.id] = item.title or ""
            return item.id

        return await self._read("courses.list", send, CourseListItem, remember)

    async def students(self, course_id: str, cursor: str | None) -> Page[Fact]:
        title = await self._course_title(course_id)

        def send() -> Awaitable[AsyncPager[CourseStudentListItem, Any]]:
            return self._whop.course_students.list(course_id=course_id, first=PAGE_ROWS, after=cursor)

        def progress(item: CourseStudentListItem, version: datetime) -> Fact:
            return community.course_progress(item, course_id, title, version)

        return await self._read("course_students.list", send, CourseStudentListItem, progress)

    async def lessons(self, course_id: str, cursor: str | None) -> Page[Fact]:
        """Whop keeps no time of completion: when the lesson was begun stands for it."""
        title = await self._course_title(course_id)

        def send() -> Awaitable[AsyncPager[CourseLessonInteractionListItem, Any]]:
            return self._whop.course_lesson_interactions.list(
                course_id=course_id, completed=True, first=PAGE_ROWS, after=cursor
            )

        def completed(item: CourseLessonInteractionListItem, version: datetime) -> Fact | None:
            return community.lesson(item, title, moment_or(item.created_at, version))

        return await self._read("course_lesson_interactions.list", send, CourseLessonInteractionListItem, completed)

    async def forums(self, account_id: str, cursor: str | None) -> Page[str]:
        def send() -> Awaitable[AsyncPager[ForumListItem, Any]]:
            return self._whop.forums.list(account_id=account_id, first=PAGE_ROWS, after=cursor)

        return await self._read("forums.list", send, ForumListItem, lambda item, _: item.experience.id)

    async def posts(self, experience_id: str, cursor: str | None) -> Page[Fact]:
        """Posts, and the comments below them: whether the list itself names comments, Whop does not say."""
        commented: list[str] = []

        def note(item: ForumPostListItem, version: datetime) -> Fact:
            if item.comment_count and not item.parent_id:
                commented.append(item.id)
            return community.post(item, version)

        page = await self._posts(experience_id, None, cursor, note)
        gate = asyncio.Semaphore(_COMMENTS_AT_ONCE)
        comments = await asyncio.gather(*(self._comments(experience_id, post, gate) for post in commented))
        return Page([*page.items, *(fact for some in comments for fact in some)], page.next_cursor)

    async def _comments(self, experience_id: str, post_id: str, gate: asyncio.Semaphore) -> list[Fact]:
        found: list[Fact] = []
        cursor: str | None = None
        while True:
            async with gate:
                page = await self._posts(experience_id, post_id, cursor, community.post)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def _posts(
        self, experience_id: str, parent_id: str | None, cursor: str | None,
        fact: Callable[[ForumPostListItem, datetime], Fact],
    ) -> Page[Fact]:  # fmt: skip
        def send() -> Awaitable[AsyncPager[ForumPostListItem, Any]]:
            return self._whop.forum_posts.list(
                experience_id=experience_id, parent_id=parent_id, first=PAGE_ROWS, after=cursor
            )

        return await self._read("forum_posts.list", send, ForumPostListItem, fact)

    async def channels(self, account_id: str, cursor: str | None) -> Page[str]:
        def send() -> Awaitable[AsyncPager[ChatChannelListItem, Any]]:
            return self._whop.chat_channels.list(account_id=account_id, first=PAGE_ROWS, after=cursor)

        return await self._read("chat_channels.list", send, ChatChannelListItem, lambda item, _: item.id)

    async def messages(self, channel_id: str, cursor: str | None) -> Page[Fact]:
        def send() -> Awaitable[AsyncPager[MessageListItem, Any]]:
            return self._whop.messages.list(channel_id=channel_id, direction="desc", first=PAGE_ROWS, after=cursor)

        def message(item: MessageListItem, version: datetime) -> Fact | None:
            return community.chat(item, channel_id, version)

        return await self._read("messages.list", send, MessageListItem, message)

    async def _course_title(self, course_id: str) -> str:
        """Known from the list of courses, but not when a run is resumed below it."""
        if course_id not in self._course_titles:
            course = await self._caller.call("courses.retrieve", lambda: self._whop.courses.retrieve(course_id))
            self._course_titles[course_id] = course.title or ""
        return self._course_titles[course_id]

    async def _read(
        self, operation: str, send: Callable[[], Awaitable[AsyncPager[M, Any]]], model: type[M],
        fact: Callable[[M, datetime], T | None],
    ) -> Page[T]:  # fmt: skip
        return await read_page(self._caller, operation, send, model, fact)


_PAGES: dict[SyncResource, Callable[[Readers, str, str | None], Awaitable[Page[Fact]]]] = {
    SyncResource.PRODUCTS: Readers.products,
    SyncResource.PLANS: Readers.plans,
    SyncResource.PROMO_CODES: Readers.promo_codes,
    SyncResource.TEAM: Readers.team,
    SyncResource.MEMBERS: Readers.members,
    SyncResource.MEMBERSHIPS: Readers.memberships,
    SyncResource.PAUSED: Readers.paused,
    SyncResource.PAYMENTS: Readers.payments,
    SyncResource.REFUNDS: Readers.refunds,
    SyncResource.DISPUTES: Readers.disputes,
    SyncResource.INVOICES: Readers.invoices,
    SyncResource.COURSES: Readers.students,
    SyncResource.LESSONS: Readers.lessons,
    SyncResource.FORUMS: Readers.posts,
    SyncResource.CHATS: Readers.messages,
}

_PARENTS: dict[SyncResource, Callable[[Readers, str, str | None], Awaitable[Page[str]]]] = {
    SyncResource.COURSES: Readers.courses,
    SyncResource.LESSONS: Readers.courses,
    SyncResource.FORUMS: Readers.forums,
    SyncResource.CHATS: Readers.channels,
}
