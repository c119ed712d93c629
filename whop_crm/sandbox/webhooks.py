"""`/api/v1/webhooks`: endpoints, their deliveries, replays and test sends, in the shapes of `whop-sdk` 2.6.0."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError, field_validator

from whop_crm.sandbox.clock import iso, parse_iso
from whop_crm.sandbox.delivery import Courier, response_body
from whop_crm.sandbox.hooks import API_VERSION_DATE, EVENT_TYPES, Hook
from whop_crm.sandbox.outbox import KEPT, Attempt
from whop_crm.sandbox.rest.gate import Gate
from whop_crm.sandbox.rest.problems import ApiError, invalid, missing, not_found
from whop_crm.sandbox.samples import sample_message
from whop_crm.sandbox.store import Caller

PERMISSION = "developer:manage_webhook"
PAGE_MAX = 100
Body = TypeVar("Body", bound=BaseModel)


@dataclass
class Webhooks:
    """What the routes need: the courier (and by it the store), who calls, and whose app this is."""

    courier: Courier
    gate: Gate
    app_id: str

    def now(self) -> datetime:
        return datetime.now(UTC)


class _Change(BaseModel):
    """The body of create and update; only what was sent counts."""

    url: str | None = None
    events: list[str] | None = None
    enabled: bool | None = None
    child_resource_events: bool | None = None
    api_version_date: str | None = None
    resource_id: str | None = None

    @field_validator("url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is None or not value.startswith(("http://", "https://")):
            raise ValueError("url must be an http or https address")
        return value

    @field_validator("events")
    @classmethod
    def _known(cls, value: list[str] | None) -> list[str] | None:
        unknown = [event for event in value or [] if event not in EVENT_TYPES]
        if unknown:
            raise ValueError(f"unknown event {unknown[0]}")
        return value

    @field_validator("api_version_date")
    @classmethod
    def _served(cls, value: str | None) -> str | None:
        if value not in (None, API_VERSION_DATE):
            raise ValueError(f"this sandbox serves {API_VERSION_DATE} only")
        return value


class _Replay(BaseModel):
    sent_after: datetime
    sent_before: datetime | None = None
    events: list[str] | None = None
    failed_only: bool = False
    regenerate_ids: bool = False


class _ReplayOne(BaseModel):
    regenerate_id: bool = False


class _Test(BaseModel):
    event: str


def webhooks_router(webhooks: Webhooks) -> APIRouter:
    """All webhook routes. Errors leave as `ApiError`, for the application's exception handler."""
    router = APIRouter(prefix="/api/v1/webhooks")
    _add_endpoint_routes(router, webhooks)
    _add_delivery_routes(router, webhooks)
    return router


def _add_endpoint_routes(router: APIRouter, webhooks: Webhooks) -> None:
    hooks = webhooks.courier.outbox.hooks

    @router.get("")
    async def list_webhooks(request: Request) -> JSONResponse:
        caller = _caller(webhooks, request)
        found = [hook for hook in hooks.list() if _may_see(webhooks, caller, hook)]
        found = [hook for hook in found if _asked_for(webhooks, hook, request)]
        return _page(request, [hook.wire(in_list=True) for hook in found])

    @router.post("")
    async def create_webhook(request: Request) -> JSONResponse:
        caller = _caller(webhooks, request)
        wish = await _body(request, _Change)
        if wish.url is None:
            raise missing("url")
        events = EVENT_TYPES if wish.events is None else wish.events
        target = _resource(webhooks, caller, wish.resource_id)
        made = hooks.create(wish.url, target, webhooks.now(), events=events, api_version_date=wish.api_version_date)
        made = hooks.save(
            replace(made, enabled=wish.enabled is not False, child_resource_events=bool(wish.child_resource_events))
        )
        return JSONResponse(made.wire(with_secret=True), 201)

    @router.get("/{hook_id}")
    async def get_webhook(request: Request, hook_id: str) -> JSONResponse:
        return JSONResponse(_found(webhooks, request, hook_id).wire())

    @router.patch("/{hook_id}")
    async def update_webhook(request: Request, hook_id: str) -> JSONResponse:
        hook = _found(webhooks, request, hook_id)
        wish = await _body(request, _Change)
        sent = wish.model_dump(exclude_unset=True, exclude={"resource_id"})
        if "events" in sent:
            sent["events"] = tuple(sent["events"] or ())
        if sent.get("enabled") and not hook.enabled:
            sent |= {"disabled_at": None, "failing_since": None, "consecutive_failures": 0}
        return JSONResponse(hooks.save(replace(hook, **sent)).wire())

    @router.delete("/{hook_id}")
    async def delete_webhook(request: Request, hook_id: str) -> JSONResponse:
        hook = _found(webhooks, request, hook_id)
        hooks.delete(hook.id)
        return JSONResponse({"id": hook.id, "deleted": True})


def _add_delivery_routes(router: APIRouter, webhooks: Webhooks) -> None:
    courier = webhooks.courier
    store = courier.outbox.store

    @router.get("/{hook_id}/deliveries")
    async def list_deliveries(request: Request, hook_id: str) -> JSONResponse:
        hook = _found(webhooks, request, hook_id)
        rows = store.query(
            "SELECT * FROM hook_attempts WHERE hook_id = ? AND sent_at >= ? ORDER BY number DESC",
            (hook.id, iso(webhooks.now() - KEPT)),
        )
        return _page(request, rows, _delivery)

    @router.post("/{hook_id}/deliveries/{delivery_id}/replay")
    async def replay_delivery(request: Request, hook_id: str, delivery_id: str) -> JSONResponse:
        hook = _enabled(_found(webhooks, request, hook_id))
        wish = await _body(request, _ReplayOne)
        row = store.query_one("SELECT * FROM hook_attempts WHERE hook_id = ? AND id = ?", (hook.id, delivery_id))
        if row is None:
            raise not_found(f"Delivery {delivery_id}")
        attempt = await courier.replay(hook, dict(row), regenerate=wish.regenerate_id)
        return JSONResponse(_outcome(attempt))

    @router.post("/{hook_id}/replay")
    async def replay(request: Request, hook_id: str) -> JSONResponse:
        hook = _enabled(_found(webhooks, request, hook_id))
        wish = await _body(request, _Replay)
        for row in _to_replay(webhooks, hook, wish):
            courier.outbox.queue_replay(dict(row), webhooks.now(), regenerate=wish.regenerate_ids)
        courier.wake()
        return JSONResponse({"queued": True}, 202)

    @router.post("/{hook_id}/test")
    async def test_webhook(request: Request, hook_id: str) -> JSONResponse:
        hook = _found(webhooks, request, hook_id)
        wish = await _body(request, _Test)
        message = sample_message(store, hook, wish.event, webhooks.now())
        if message is None:
            raise invalid(f"There is no test for {wish.event}", "event")
        attempt = await courier.send(message.sign(hook, webhooks.now()))
        courier.outbox.log(message, attempt)
        return JSONResponse(_outcome(attempt))


def _caller(webhooks: Webhooks, request: Request) -> Caller:
    caller = webhooks.gate.enter(request, f"{request.method} {request.scope['route'].path}")
    if caller.kind == "user":
        webhooks.gate.require(caller, (PERMISSION,))
    return caller


def _may_see(webhooks: Webhooks, caller: Caller, hook: Hook) -> bool:
    """An app's key sees the app's endpoints; those of a company need its key, or the permission granted to the app."""
    if caller.kind == "app":
        granted = PERMISSION in webhooks.gate.scopes(caller)
        return hook.resource_id == webhooks.app_id or (granted and hook.resource_id in caller.account_ids)
    return hook.resource_id in caller.account_ids


def _asked_for(webhooks: Webhooks, hook: Hook, request: Request) -> bool:
    """The list's filters. An app key that names nothing gets everything it may see."""
    sent = request.query_params
    if sent.get("has_failures") == "true" and hook.failing_since is None:
        return False
    if "app_id" in sent:
        return hook.resource_id == sent["app_id"]
    if "account_id" in sent:
        of_app = hook.resource_id == webhooks.app_id and sent.get("include_app_webhooks") == "true"
        return hook.resource_id == sent["account_id"] or of_app
    return True


def _resource(webhooks: Webhooks, caller: Caller, wish: str | None) -> str:
    if wish is None:
        return webhooks.app_id if caller.kind == "app" else next(iter(caller.account_ids))
    own = caller.kind == "app" and wish == webhooks.app_id
    if not own and wish not in caller.account_ids:
        raise not_found(f"Resource {wish}")
    if not own:
        webhooks.gate.require(caller, (PERMISSION,))
    return wish


def _found(webhooks: Webhooks, request: Request, hook_id: str) -> Hook:
    caller = _caller(webhooks, request)
    hook = webhooks.courier.outbox.hooks.find(hook_id)
    if hook is None or not _may_see(webhooks, caller, hook):
        raise not_found(f"Webhook {hook_id}")
    return hook


def _enabled(hook: Hook) -> Hook:
    if not hook.enabled:
        raise ApiError(409, "conflict", "This webhook is disabled; enable it before replaying")
    return hook


async def _body(request: Request, model: type[Body]) -> Body:
    raw = await request.body()
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise invalid(f"{where}: {first['msg']}", where) from None


def _to_replay(webhooks: Webhooks, hook: Hook, wish: _Replay) -> list[Row]:
    """The last attempt of each message sent in the window, oldest first."""
    until = wish.sent_before or webhooks.now()
    rows = webhooks.courier.outbox.store.query(
        "SELECT *, max(number) FROM hook_attempts WHERE hook_id = ? AND sent_at >= ? AND sent_at <= ?"
        " GROUP BY webhook_id ORDER BY number",
        (hook.id, _wire_time(wish.sent_after), _wire_time(until)),
    )
    wanted = [row for row in rows if wish.events is None or row["type"] in wish.events]
    return [row for row in wanted if not (wish.failed_only and row["success"])]


def _wire_time(moment: datetime) -> str:
    return iso(parse_iso(moment.isoformat()))


def _delivery(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "event": row["type"],
        "resource_id": row["account_id"],
        "success": bool(row["success"]),
        "response_code": row["response_code"],
        "response_body": response_body(row["response_body"]),
        "request_body": json.loads(row["body"]),
        "sent_at": row["sent_at"],
        "total_time": row["total_time"],
        "replayed_from": row["replayed_from"],
    }


def _outcome(attempt: Attempt) -> dict[str, Any]:
    body = attempt.response_body if attempt.response_code else ""
    return {"status": attempt.response_code, "success": attempt.success, "body": body}


def _page(
    request: Request, items: Sequence[Any], shape: Callable[[Any], dict[str, Any]] = lambda item: item
) -> JSONResponse:
    """One page, newest first. Cursors count from the end, so that new items do not shift a walk through the list."""
    try:
        first = min(max(int(request.query_params.get("first", "20")), 1), PAGE_MAX)
        after = request.query_params.get("after")
        left = int(base64.urlsafe_b64decode(after)) if after else len(items)
    except ValueError:
        raise invalid("first or after is not valid", "after") from None
    start = len(items) - min(left, len(items))
    page = items[start : start + first]
    end = len(items) - start - len(page)
    info = {
        "start_cursor": _cursor(len(items) - start) if page else None,
        "end_cursor": _cursor(end) if page and end else None,
        "has_next_page": end > 0,
        "has_previous_page": start > 0,
    }
    return JSONResponse({"data": [shape(item) for item in page], "page_info": info})


def _cursor(left: int) -> str:
    return base64.urlsafe_b64encode(str(left).encode()).decode()
