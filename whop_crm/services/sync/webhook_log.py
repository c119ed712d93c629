"""The log of deliveries of the last 30 days: searched, paged, and shown without what is secret in them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import Member, WebhookEvent
from whop_crm.models.enums import EventStatus, Origin
from whop_crm.services import members
from whop_crm.text import fold

EVENTS_A_PAGE = 25
_MOST_COUNTED = 10_000
_SECRET = re.compile(
    r"secret|token|password|api_?key|authorization|license_key|signature|recovery_url|manage_url|ip_address|"
    r"billing_address|shipping_address",
    re.IGNORECASE,
)
_HIDDEN = "(hidden)"
_ID = re.compile(r"[a-z]+_\w+")


@dataclass(frozen=True, slots=True)
class EventQuery:
    """`search` is an id of Whop's, the beginning of a type, or a part of a member's name, username or email."""

    page: int = 1
    search: str = ""
    status: EventStatus | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    id: int
    webhook_id: str
    event_type: str
    object_id: str | None
    member_whop_id: str | None
    member_name: str | None
    origin: Origin
    received_at: datetime
    status: EventStatus
    attempts: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """`capped`: there are more than `total`, which is not worth counting."""

    rows: tuple[EventRow, ...]
    total: int
    page: int
    pages: int
    capped: bool


@dataclass(frozen=True, slots=True)
class EventDetail:
    """`payload` is indented JSON."""

    row: EventRow
    sent_at: datetime
    processed_at: datetime | None
    payload: str


async def list_events(db: CompanyDb, query: EventQuery) -> EventPage:
    """One page of what matches, newest first; a page beyond the last is the last."""
    db.scope.require(Permission.SYNC_READ)
    wanted = _wanted(query)
    some = select(col(WebhookEvent.id)).where(*wanted).limit(_MOST_COUNTED + 1).subquery()
    counted = await db.scalar(select(func.count()).select_from(some)) or 0
    total = min(counted, _MOST_COUNTED)
    pages = max(1, -(-total // EVENTS_A_PAGE))
    page = min(max(1, query.page), pages)
    rows = await _rows(
        db,
        select(WebhookEvent)
        .where(*wanted)
        .order_by(col(WebhookEvent.id).desc())
        .limit(EVENTS_A_PAGE)
        .offset((page - 1) * EVENTS_A_PAGE),
    )
    return EventPage(tuple(rows), total, page, pages, counted > _MOST_COUNTED)


async def list_events_before(db: CompanyDb, query: EventQuery, before: int | None, limit: int) -> list[EventRow]:
    """What matches, newest first, beginning behind an event; `query.page` does not matter."""
    db.scope.require(Permission.SYNC_READ)
    wanted = _wanted(query)
    if before is not None:
        wanted.append(col(WebhookEvent.id) < before)
    return await _rows(db, select(WebhookEvent).where(*wanted).order_by(col(WebhookEvent.id).desc()).limit(limit))


async def get_event(db: CompanyDb, event_id: int) -> EventDetail:
    """Raises NotFound."""
    db.scope.require(Permission.SYNC_READ)
    event = await db.scalar(select(WebhookEvent).where(col(WebhookEvent.id) == event_id))
    if event is None:
        raise NotFound("There is no such webhook in this company. Webhooks are kept for 30 days.")
    [row] = await _rows(db, select(WebhookEvent).where(col(WebhookEvent.id) == event_id))
    payload = json.dumps(without_secrets(event.payload), indent=2, ensure_ascii=False)
    return EventDetail(row, event.occurred_at, event.processed_at, payload)


def without_secrets(value: object) -> object:
    """The same with what gives access, or says where somebody lives, hidden."""
    match value:
        case dict():
            return {
                name: _HIDDEN if _SECRET.search(name) and inner not in (None, "") else without_secrets(inner)
                for name, inner in cast("Mapping[str, object]", value).items()
            }
        case list():
            return [without_secrets(inner) for inner in cast("list[object]", value)]
        case _:
            return value


def _wanted(query: EventQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.status is not None:
        wanted.append(col(WebhookEvent.status) == query.status)
    words = query.search.strip()
    if words:
        wanted.append(or_(*_matches(words)))
    return wanted


def _matches(words: str) -> list[ColumnElement[bool]]:
    ids = (WebhookEvent.webhook_id, WebhookEvent.object_id, WebhookEvent.whop_member_id, WebhookEvent.whop_user_id)
    found: list[ColumnElement[bool]] = [col(column) == words for column in ids]
    found.append(col(WebhookEvent.event_type).startswith(words.lower(), autoescape=True))
    if not _ID.fullmatch(words):
        named = col(Member.search_text).contains(fold(words), autoescape=True)
        found.append(col(WebhookEvent.whop_member_id).in_(select(col(Member.whop_id)).where(named)))
        users = select(col(Member.whop_user_id)).where(named, col(Member.whop_user_id).is_not(None))
        found.append(col(WebhookEvent.whop_user_id).in_(users))
    return found


async def _rows(db: CompanyDb, events: Select[WebhookEvent]) -> list[EventRow]:
    found = list(await db.scalars(events))
    people = await _people(db, found)
    rows: list[EventRow] = []
    for event in found:
        person = people.get(event.whop_member_id or "") or people.get(event.whop_user_id or "")
        rows.append(
            EventRow(
                event.id, event.webhook_id, event.event_type, event.object_id, person[0] if person else None,
                person[1] if person else None, event.origin, event.received_at, event.status, event.attempts,
                event.reason,
            )
        )  # fmt: skip
    return rows


async def _people(db: CompanyDb, events: list[WebhookEvent]) -> dict[str, tuple[str, str]]:
    """Whop's member id and the shown name, by member id and by user id."""
    ids = {event.whop_member_id for event in events} | {event.whop_user_id for event in events}
    wanted = sorted(one for one in ids if one)
    named = select(Member).where(or_(col(Member.whop_id).in_(wanted), col(Member.whop_user_id).in_(wanted)))
    people: dict[str, tuple[str, str]] = {}
    for one in await db.scalars(named) if wanted else ():
        shown = (one.whop_id, members.shown_name(one.name, one.username, one.email, one.whop_id))
        people[one.whop_id] = shown
        if one.whop_user_id:
            people[one.whop_user_id] = shown
    return people
