"""Whop's API, through the official SDK: typed facts out, our own errors, one budget for the process."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

import httpx
from whop_sdk import AsyncWhop
from whop_sdk.environment import WhopEnvironment

from whop_crm.clients import profiles
from whop_crm.clients.calls import AT_ONCE, Caller, KeyRefused, Unreadable, add_idempotency_key, take_turn
from whop_crm.clients.facts import (
    AccessFact,
    AccountFact,
    DisputeFact,
    Fact,
    InvoiceFact,
    MemberFact,
    MembershipFact,
    PaymentFact,
    PermissionsFact,
    PersonFact,
    PlanFact,
    ProductFact,
    RefundFact,
)
from whop_crm.clients.hooks import (
    HookFact,
    MadeHook,
    SentPage,
    close_hook,
    create_hook,
    list_hooks,
    list_sent,
    mend_hook,
    try_hook,
)
from whop_crm.clients.pages import PAGE_ROWS, Page
from whop_crm.clients.parse import billing, people, selling
from whop_crm.clients.readers import Readers
from whop_crm.clients.recent import Recent
from whop_crm.clients.scopes import ACTIONS, API_VERSION
from whop_crm.config import Settings, settings
from whop_crm.errors import NotConfigured, NotFound, SignInNeeded
from whop_crm.models.enums import SyncResource

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_CONNECTIONS = httpx.Limits(max_connections=16, max_keepalive_connections=8)
_MOST_ACCOUNTS = 500
_LISTED = (
    "products", "variants", "promo_codes", "team_members", "members", "memberships", "payments", "refunds", "disputes",
    "invoices", "courses", "course_students", "course_lesson_interactions", "forums", "forum_posts", "chat_channels",
    "messages", "permissions",
)  # fmt: skip
_T = TypeVar("_T")


class WhopClient:
    """One app's access to Whop: with its API key for every company that installed it, with a user's token for theirs.

    Methods raise WhopUnavailable, WhopForbidden, NotFound or another WhopError. Close it with `aclose`. A `transport`
    replaces the network.
    """

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        if settings.whop_api_key is None:
            raise NotConfigured("WHOP_API_KEY is not set. It is the API key of the app, from Whop's dashboard.")
        self._http = httpx.AsyncClient(
            timeout=_TIMEOUT,
            limits=_CONNECTIONS,
            event_hooks={"request": [add_idempotency_key], "response": [take_turn]},
            transport=transport,
        )
        self._app_id = settings.whop_app_id
        self._environment = WhopEnvironment(api=f"{settings.whop_origin}/api/v1", vault=settings.whop_origin)
        self._caller = Caller(settings.whop_requests_per_minute)
        self._whop = self._as(settings.whop_api_key.get_secret_value())
        self._readers = Readers(self._whop, self._caller)
        self.recent = Recent(self._whop, self._caller, self._readers)

    async def aclose(self) -> None:
        await self._http.aclose()

    def warm(self) -> None:
        """Loads the parts of the SDK that a sync uses, which are loaded on first use and take long. For a thread."""
        for name in _LISTED:
            getattr(self._whop, name)

    async def page(
        self, resource: SyncResource, account_id: str, cursor: str | None = None, parent: str | None = None
    ) -> Page[Fact]:
        """One page of what a company has; `parent` (of `parents`) for the resources in readers.NESTED."""
        return await self._readers.page(resource, account_id, cursor, parent or "")

    async def parents(self, resource: SyncResource, account_id: str, cursor: str | None = None) -> Page[str]:
        return await self._readers.parents(resource, account_id, cursor)

    async def hooks(self, company: str) -> list[HookFact]:
        """The webhook endpoints that hear of a company, and how they are doing."""
        return await list_hooks(self._whop, self._caller, company)

    async def create_hook(self, url: str) -> MadeHook:
        """Makes an endpoint of the app's, for every company that installed it."""
        if self._app_id is None:
            raise NotConfigured("WHOP_APP_ID is not set. It is the id of the app, app_…, from Whop's dashboard.")
        return await create_hook(self._whop, self._caller, url, self._app_id)

    async def mend_hook(self, hook: HookFact) -> None:
        await mend_hook(self._whop, self._caller, hook)

    async def close_hook(self, hook_id: str) -> None:
        await close_hook(self._whop, self._caller, hook_id)

    async def try_hook(self, hook_id: str) -> int:
        """The status with which a made-up delivery of Whop's was answered."""
        return await try_hook(self._whop, self._caller, hook_id)

    async def sent(self, hook_id: str, cursor: str | None = None) -> SentPage:
        """What Whop sent to an endpoint in the last 30 days, newest first, whether it arrived or not."""
        return await list_sent(self._whop, self._caller, hook_id, cursor)

    async def retrieve_member(self, member_id: str) -> MemberFact:
        return people.member(*await self._one("members", lambda: self._whop.members.retrieve(member_id)))

    async def retrieve_membership(self, membership_id: str) -> MembershipFact:
        item = await self._one("memberships", lambda: self._whop.memberships.retrieve(membership_id))
        return selling.membership(*item)

    async def retrieve_payment(self, payment_id: str) -> PaymentFact:
        return billing.payment(*await self._one("payments", lambda: self._whop.payments.retrieve(payment_id)))

    async def retrieve_refund(self, refund_id: str) -> RefundFact:
        return billing.refund(*await self._one("refunds", lambda: self._whop.refunds.retrieve(refund_id)))

    async def retrieve_dispute(self, dispute_id: str) -> DisputeFact:
        return billing.dispute(*await self._one("disputes", lambda: self._whop.disputes.retrieve(dispute_id)))

    async def retrieve_invoice(self, invoice_id: str) -> InvoiceFact:
        return billing.invoice(*await self._one("invoices", lambda: self._whop.invoices.retrieve(invoice_id)))

    async def retrieve_product(self, product_id: str) -> ProductFact:
        return selling.product(*await self._one("products", lambda: self._whop.products.retrieve(product_id)))

    async def retrieve_plan(self, plan_id: str) -> PlanFact:
        return selling.plan(*await self._one("variants", lambda: self._whop.variants.retrieve(plan_id)))

    async def check_access(self, user_id: str, company: str) -> AccessFact:
        """What a person is at a company (`biz_…`); somebody or a company unknown to Whop has no access."""
        try:
            answer = await self._caller.call(
                "users.check_access", lambda: self._whop.users.check_access(user_id, company), AT_ONCE
            )
        except NotFound:
            return AccessFact(False, "no_access")
        return AccessFact(answer.has_access, str(answer.access_level))

    async def team_role(self, user_id: str, company: str) -> str | None:
        """The role of a person who has joined the team, in Whop's word; None where they have not."""
        pager = await self._caller.call(
            "team_members.list", lambda: self._whop.team_members.list(account_id=company, user_id=user_id), AT_ONCE
        )
        for teammate in pager.items or []:
            if teammate.user is not None and teammate.user.id == user_id and teammate.status == "joined":
                return str(teammate.role)
        return None

    async def account(self, company: str) -> AccountFact:
        send = self._whop.accounts.retrieve
        try:
            item = await self._caller.call("accounts.retrieve", lambda: send(company), AT_ONCE)
        except Unreadable as error:
            return profiles.account(error.body)
        return profiles.account(item)

    async def person(self, user_id: str) -> PersonFact:
        """Somebody's public profile."""
        send = self._whop.users.retrieve
        try:
            item = await self._caller.call("users.retrieve", lambda: send(user_id), AT_ONCE)
        except Unreadable as error:
            item = error.body
        return profiles.person(user_id, item)

    async def company_of_experience(self, experience: str) -> str:
        """The company (`biz_…`) that an experience (`exp_…`) belongs to. Raises NotFound."""
        send = self._whop.experiences.retrieve
        try:
            item = await self._caller.call("experiences.retrieve", lambda: send(experience), AT_ONCE)
        except Unreadable as error:
            item = error.body
        return profiles.company_of(item)

    async def accounts_of(self, token: str) -> list[AccountFact]:
        """The companies that the owner of an OAuth access token can see. Raises SignInNeeded for an old token."""
        whop = self._as(token)
        found: list[AccountFact] = []
        cursor: str | None = None
        while len(found) < _MOST_ACCOUNTS:
            try:
                rows, cursor = await self._accounts_page(whop, cursor)
            except KeyRefused:
                raise SignInNeeded("Your sign-in at Whop has ended. Please sign in again.") from None
            found += rows
            if cursor is None:
                break
        return found

    async def permissions(self, company: str, actions: Iterable[str] = ACTIONS) -> PermissionsFact:
        """Which permission actions the company has granted to the app, of those asked for."""
        asked = tuple(actions)
        answer = await self._caller.call(
            "permissions.list",
            lambda: self._whop.permissions.list(resource_id=company, actions=",".join(asked)),
            AT_ONCE,
        )
        granted = {str(item.action) for item in answer.data if item.granted}
        return PermissionsFact(
            granted=tuple(action for action in asked if action in granted),
            missing=tuple(action for action in asked if action not in granted),
        )

    def _as(self, token: str) -> AsyncWhop:
        return AsyncWhop(
            environment=self._environment, api_version_date=API_VERSION, token=token, httpx_client=self._http,
            timeout=30.0, max_retries=0,
        )  # fmt: skip

    async def _one(self, resource: str, send: Callable[[], Awaitable[_T]]) -> tuple[_T, datetime]:
        asked_at = datetime.now(UTC)
        return await self._caller.call(f"{resource}.retrieve", send, AT_ONCE), asked_at

    async def _accounts_page(self, whop: AsyncWhop, cursor: str | None) -> tuple[list[AccountFact], str | None]:
        try:
            pager = await self._caller.call(
                "accounts.list", lambda: whop.accounts.list(first=PAGE_ROWS, after=cursor), AT_ONCE
            )
        except Unreadable as error:
            return profiles.accounts(error.body), None
        info = pager.response.page_info
        rows = [profiles.account(item) for item in pager.items or []]
        return rows, (info.end_cursor or None) if info.has_next_page else None


@lru_cache
def whop() -> WhopClient:
    """This process's client. Call `close()` when its event loop ends."""
    return WhopClient(settings())


async def close() -> None:
    if whop.cache_info().currsize:
        await whop().aclose()
        whop.cache_clear()
