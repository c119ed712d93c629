"""Whop's own log of what it sent: the app's endpoints, how they are doing, and every delivery of the last 30 days."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from whop_sdk import AsyncWhop
from whop_sdk.core.pagination import AsyncPager
from whop_sdk.types import WebhookDelivery, WebhookListItem

from whop_crm.clients.calls import AT_ONCE, Caller
from whop_crm.clients.facts import Envelope
from whop_crm.clients.pages import PAGE_ROWS, read_page
from whop_crm.clients.parse.clean import label, moment, moment_or, text
from whop_crm.clients.scopes import API_VERSION, WEBHOOK_EVENTS
from whop_crm.clients.webhooks import storable
from whop_crm.errors import WhopError

KEPT_DAYS = 30
_TRIED = "payment.succeeded"


@dataclass(frozen=True, slots=True)
class HookFact:
    """An endpoint of the app or of a company. `failing_since` is set while deliveries fail, `lost_at` is when one was
    last given up."""

    id: str
    url: str
    enabled: bool
    failing_since: datetime | None
    lost_at: datetime | None
    disabled_at: datetime | None
    events: frozenset[str] = frozenset()
    version: str | None = None
    """Of the API, that its payloads are pinned to."""


@dataclass(frozen=True, slots=True)
class MadeHook:
    """A new endpoint, with the secret that Whop never tells again."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class SentPage:
    """Deliveries, newest first; `oldest` is when the last of them was sent. `next_cursor` None: the last page."""

    envelopes: Sequence[Envelope]
    oldest: datetime | None
    next_cursor: str | None


async def list_hooks(whop: AsyncWhop, caller: Caller, company: str) -> list[HookFact]:
    """The endpoints that hear of a company. Raises WhopForbidden where the app may not look at them."""
    pager = await caller.call(
        "webhooks.list",
        lambda: whop.webhooks.list(account_id=company, include_app_webhooks=True, first=PAGE_ROWS),
        AT_ONCE,
    )
    return [_hook(item) for item in pager.items or []]


async def create_hook(whop: AsyncWhop, caller: Caller, url: str, app_id: str) -> MadeHook:
    """Makes the app's endpoint: every event we know, pinned to our version of the API."""
    made = await caller.call(
        "webhooks.create",
        lambda: whop.webhooks.create(
            url=url, events=_events(WEBHOOK_EVENTS), enabled=True, api_version_date=API_VERSION,
            resource_id=app_id,
        ),
        AT_ONCE,
    )  # fmt: skip
    if not made.webhook_secret:
        raise WhopError("Whop made the webhook but did not tell its secret.")
    return MadeHook(label(made.id), made.webhook_secret)


async def mend_hook(whop: AsyncWhop, caller: Caller, hook: HookFact) -> None:
    """Switches an endpoint on, with our events beside those it has, pinned to our version of the API."""
    events = [*WEBHOOK_EVENTS, *sorted(hook.events - set(WEBHOOK_EVENTS))]
    await caller.call(
        "webhooks.update",
        lambda: whop.webhooks.update(hook.id, events=_events(events), enabled=True, api_version_date=API_VERSION),
        AT_ONCE,
    )


async def close_hook(whop: AsyncWhop, caller: Caller, hook_id: str) -> None:
    await caller.call("webhooks.update", lambda: whop.webhooks.update(hook_id, enabled=False), AT_ONCE)


async def try_hook(whop: AsyncWhop, caller: Caller, hook_id: str) -> int:
    """Has Whop send a made-up delivery; the status that it was answered with, 0 when nobody answered."""
    sent = await caller.call("webhooks.test", lambda: whop.webhooks.test(hook_id, event=_TRIED), AT_ONCE)
    return sent.status or 0


def _events(names: Sequence[str]) -> Any:
    """The SDK lists the names as literals; ours are checked against them by a test."""
    return list(names)


async def list_sent(whop: AsyncWhop, caller: Caller, hook_id: str, cursor: str | None) -> SentPage:
    """One page of an endpoint's deliveries, whether they arrived or not."""

    def send() -> Awaitable[AsyncPager[WebhookDelivery, Any]]:
        return whop.webhooks.list_deliveries(hook_id, first=PAGE_ROWS, after=cursor)

    page = await read_page(caller, "webhooks.list_deliveries", send, WebhookDelivery, _sent)
    envelopes = [envelope for _, envelope in page.items if envelope is not None]
    return SentPage(envelopes, page.items[-1][0] if page.items else None, page.next_cursor)


def _hook(item: WebhookListItem) -> HookFact:
    return HookFact(
        label(item.id), item.url, item.enabled, moment(item.failing_since), moment(item.last_failure_at),
        moment(item.disabled_at), frozenset(str(event) for event in item.events), item.api_version_date,
    )  # fmt: skip


def _sent(item: WebhookDelivery, asked_at: datetime) -> tuple[datetime, Envelope | None]:
    sent_at = moment_or(item.sent_at, asked_at)
    return sent_at, _envelope(cast("Mapping[str, object]", item.request_body), sent_at)


def _envelope(body: Mapping[str, object], sent_at: datetime) -> Envelope | None:
    """What was sent, under the id it was sent with; None for what is no event."""
    webhook_id, kind, data = body.get("id"), body.get("type"), body.get("data")
    if not isinstance(webhook_id, str) or not isinstance(kind, str) or not isinstance(data, dict):
        return None
    account, stamp = body.get("account_id") or body.get("company_id"), body.get("timestamp")
    return Envelope(
        id=label(webhook_id),
        type=label(kind),
        account_id=text(account) if isinstance(account, str) else None,
        sent_at=moment(stamp if isinstance(stamp, str) else None) or sent_at,
        data=cast("dict[str, object]", storable(cast("object", data))),
    )
