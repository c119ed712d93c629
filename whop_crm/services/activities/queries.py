"""Reading what happened: one member's timeline, the company's feed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.markdown import render
from whop_crm.models import Activity, Member, Note
from whop_crm.models.enums import ActivityGroup, ActivityKind
from whop_crm.services.activities.schemas import Cursor, FeedItem, TimelineItem, TimelinePage

PAGE_SIZE = 20
MOST_ITEMS = 2_000
_NOTE = "note:"
_LOOK_BACK = (40, 200, None)
"""Days that the feed looks at, one after the other until there is enough: a month not looked at costs nothing."""

FEED_KINDS = (
    ActivityKind.JOINED,
    ActivityKind.MEMBERSHIP_STARTED,
    ActivityKind.MEMBERSHIP_CHANGED,
    ActivityKind.MEMBERSHIP_PAST_DUE,
    ActivityKind.MEMBERSHIP_PAUSED,
    ActivityKind.MEMBERSHIP_RESUMED,
    ActivityKind.CANCEL_SCHEDULED,
    ActivityKind.CANCEL_TAKEN_BACK,
    ActivityKind.MEMBERSHIP_ENDED,
    ActivityKind.PAYMENT_PAID,
    ActivityKind.PAYMENT_FAILED,
    ActivityKind.PAYMENT_RECOVERED,
    ActivityKind.REFUNDED,
    ActivityKind.DISPUTE_OPENED,
    ActivityKind.DISPUTE_CLOSED,
    ActivityKind.INVOICE_PAID,
    ActivityKind.POSTED,
    ActivityKind.TAGGED,
    ActivityKind.NOTED,
)
"""What is worth a line on the dashboard: chat, comments, lessons and routine are on the profile alone."""


async def timeline(
    db: CompanyDb,
    member_id: int,
    groups: Sequence[ActivityGroup] = (),
    before: Cursor | None = None,
    limit: int = PAGE_SIZE,
) -> TimelinePage:
    """What happened to a member, newest first; `groups` empty: everything. Notes stand in it with their text."""
    db.scope.require(Permission.MEMBERS_READ)
    limit = min(max(limit, 1), MOST_ITEMS)
    at, row_id = col(Activity.occurred_at), col(Activity.id)
    statement = select(Activity).where(col(Activity.member_id) == member_id, _still_there())
    if groups:
        statement = statement.where(col(Activity.grp).in_(groups))
    if before is not None:
        statement = statement.where(
            at <= before.at, tuple_(at, row_id) < tuple_(literal(before.at), literal(before.id))
        )
    rows = (await db.scalars(statement.order_by(at.desc(), row_id.desc()).limit(limit + 1))).all()
    notes = await _bodies(db, [note_id for row in rows if (note_id := _note_id(row))])
    items = tuple(_item(row, notes) for row in rows[:limit])
    return TimelinePage(items, Cursor(items[-1].at, items[-1].id) if len(rows) > limit else None)


def _still_there() -> ColumnElement[bool]:
    """A note that was deleted is gone from the timeline too; the log keeps that there was one."""
    its_note = func.concat(_NOTE, col(Note.id)) == col(Activity.subject)
    kept = exists().where(and_(col(Note.member_id) == col(Activity.member_id), its_note))
    return or_(col(Activity.kind) != ActivityKind.NOTED, kept)


def _note_id(activity: Activity) -> int | None:
    if activity.kind is ActivityKind.NOTED and activity.subject:
        return int(activity.subject.removeprefix(_NOTE))
    return None


async def _bodies(db: CompanyDb, note_ids: list[int]) -> dict[int, str]:
    if not note_ids:
        return {}
    found = await db.execute(select(col(Note.id), col(Note.body)).where(col(Note.id).in_(note_ids)))
    return dict(found.all())


def _item(activity: Activity, notes: dict[int, str]) -> TimelineItem:
    note_id = _note_id(activity)
    return TimelineItem(
        id=activity.id,
        at=activity.occurred_at,
        kind=activity.kind,
        group=activity.grp,
        title=activity.title,
        detail=activity.detail,
        amount_minor=activity.amount_minor,
        currency=activity.currency,
        actor_name=activity.actor_name,
        note_id=note_id,
        html=render(notes.get(note_id, "")) if note_id else "",
    )


async def feed(db: CompanyDb, limit: int = 15) -> list[FeedItem]:
    """What happened lately in the whole company, newest first, as far as it is worth a line."""
    db.scope.require(Permission.MEMBERS_READ)
    found: list[FeedItem] = []
    for days in _LOOK_BACK:
        since = None if days is None else datetime.now(UTC) - timedelta(days=days)
        found = [_line(*row) for row in (await db.execute(_recent(since, limit)))]
        if len(found) == limit:
            break
    return found


def _recent(
    since: datetime | None, limit: int
) -> Select[Activity, str, str | None, str | None, str | None, str | None]:
    at = col(Activity.occurred_at)
    person = (col(Member.whop_id), col(Member.name), col(Member.username), col(Member.email), col(Member.photo_url))
    statement = (
        select(Activity, *person)
        .outerjoin(Member, col(Member.id) == col(Activity.member_id))
        .where(col(Activity.kind).in_(FEED_KINDS), _still_there())
        .order_by(at.desc(), col(Activity.id).desc())
        .limit(limit)
    )
    return statement if since is None else statement.where(at >= since)


def _line(
    activity: Activity,
    whop_id: str | None,
    name: str | None,
    username: str | None,
    email: str | None,
    photo_url: str | None,
) -> FeedItem:
    return FeedItem(
        id=activity.id,
        at=activity.occurred_at,
        kind=activity.kind,
        group=activity.grp,
        title=activity.title,
        detail=activity.detail,
        amount_minor=activity.amount_minor,
        currency=activity.currency,
        actor_name=activity.actor_name,
        member_whop_id=whop_id,
        member_name=name or username or email or "No member",
        member_photo_url=photo_url,
    )
