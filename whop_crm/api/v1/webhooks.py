"""The log of Whop's webhooks, and working one off again."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field, TypeAdapter

from whop_crm.api.v1 import paging
from whop_crm.api.v1.door import Db, Door
from whop_crm.api.v1.shapes import BigId, PageInfo, Shape, Time, problems
from whop_crm.models.enums import EventStatus, Origin
from whop_crm.services import sync
from whop_crm.services.sync import EventQuery, EventRow

router = APIRouter(prefix="/webhooks", tags=["Webhooks"], route_class=Door)

EventId = Annotated[int, Path(ge=1, lt=2**63, examples=[42])]
_PLACE = TypeAdapter[int](Annotated[int, Field(strict=True, ge=1, lt=2**63)])


class WebhookItem(Shape):
    id: BigId
    webhook_id: str = Field(description="Whop's id of the delivery.", examples=["msg_2b1"])
    type: str = Field(examples=["payment.succeeded"])
    object_id: str | None = Field(examples=["pay_5RtY7uIo9PaSdF"])
    member_id: str | None
    member_name: str | None
    origin: Origin
    received_at: Time
    status: EventStatus
    attempts: int
    reason: str | None = Field(description="Why it failed or was not used, in words.")


class WebhookList(Shape):
    data: list[WebhookItem]
    page_info: PageInfo


class WebhookOut(WebhookItem):
    sent_at: Time
    processed_at: Time | None
    payload: Any = Field(description="What Whop sent, without secrets and addresses.")


class Replay(Shape):
    id: BigId
    status: EventStatus


@router.get("/logs", responses=problems())
async def list_webhooks(
    db: Db,
    q: Annotated[
        str, Query(max_length=200, description="An id of Whop's, the beginning of a type, or part of a member's name.")
    ] = "",
    status: EventStatus | None = None,
    first: paging.First = 25,
    after: paging.After = None,
) -> WebhookList:
    """List the webhooks of the last 30 days, the newest first."""
    query, mark = EventQuery(search=q, status=status), json.dumps([q, status])
    found = await sync.list_events_before(db, query, paging.decode(_PLACE, after, mark), first + 1)
    shown = found[:first]
    cursor = paging.encode(_PLACE, shown[-1].id, mark) if len(found) > first else None
    return WebhookList(data=[WebhookItem(**_said(row)) for row in shown], page_info=paging.info(cursor))


@router.get("/logs/{event_id}", responses=problems(404))
async def get_webhook(db: Db, event_id: EventId) -> WebhookOut:
    """Get one webhook with what it said."""
    found = await sync.get_event(db, event_id)
    return WebhookOut(
        **_said(found.row), sent_at=found.sent_at, processed_at=found.processed_at, payload=json.loads(found.payload)
    )


@router.post("/replay/{event_id}", status_code=202, responses=problems(404, 409))
async def replay_webhook(db: Db, event_id: EventId) -> Replay:
    """Work a webhook off again, whatever became of it. Applying it twice changes nothing."""
    await sync.replay(db, event_id)
    return Replay(id=event_id, status=EventStatus.PENDING)


def _said(row: EventRow) -> dict[str, Any]:
    return {
        "id": row.id, "webhook_id": row.webhook_id, "type": row.event_type, "object_id": row.object_id,
        "member_id": row.member_whop_id, "member_name": row.member_name, "origin": row.origin,
        "received_at": row.received_at, "status": row.status, "attempts": row.attempts, "reason": row.reason,
    }  # fmt: skip
