"""The inbox: deliveries are stored as they come, and worked off company by company, in their order, in batches.

A failing event steps aside and is tried again; versions protect the facts, order does not have to.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, text, update
from sqlmodel import col

from whop_crm.access import CompanyRef, Permission, Scope
from whop_crm.clients.facts import Envelope, Fact, MembershipFact
from whop_crm.clients.parse import parse_object
from whop_crm.db import INBOX_CHANNEL, CompanyDb, PlatformDb, Topic, company_session
from whop_crm.errors import CrmError, NotFound
from whop_crm.models import Company, Inbox, OpenQuestion, WebhookEvent
from whop_crm.models.columns import now
from whop_crm.models.enums import ActivityKind, EventStatus, Origin
from whop_crm.services import companies
from whop_crm.services.activities import Draft
from whop_crm.services.sync.apply import apply_facts
from whop_crm.services.sync.following import ask, note_due
from whop_crm.services.sync.subjects import about

BATCH = 100
TRIES = 3
_BACKOFF = (timedelta(seconds=2), timedelta(seconds=10))
_TRIAL_ENDING = "membership.trial_ending_soon"
_WAKE = text("SELECT pg_notify(:channel, '')").bindparams(channel=INBOX_CHANNEL)
_log = structlog.get_logger(__name__)

# Plain text, so that storing a delivery announces nothing: a NOTIFY inside each commit would let them in one by one.
_STORE = text("""
INSERT INTO webhook_events (company_id, webhook_id, event_type, occurred_at, payload, origin, object_id,
                            whop_member_id, whop_user_id, status, next_attempt_at)
SELECT :company, webhook_id, type, sent_at, data, :origin, object_id, member_id, user_id, 'pending', now()
FROM json_to_recordset(CAST(:rows AS json)) AS r(n int, webhook_id text, type text, sent_at timestamptz, data jsonb,
                                                 object_id text, member_id text, user_id text)
ORDER BY n
ON CONFLICT (webhook_id) DO NOTHING
RETURNING webhook_id
""")


async def store_deliveries(db: CompanyDb, envelopes: Sequence[Envelope], origin: Origin = Origin.LIVE) -> set[str]:
    """Keeps verified deliveries, each once; returns the webhook ids of those that were not there already."""
    db.scope.require(Permission.FACTS_WRITE)
    rows = [
        {"n": number, "webhook_id": one.id, "type": one.type, "sent_at": one.sent_at.isoformat(), "data": one.data,
         **about(one)}
        for number, one in enumerate(envelopes)
    ]  # fmt: skip
    values = {"company": db.scope.company_id, "rows": json.dumps(rows), "origin": origin.value}
    return set(await db.scalars(_STORE, values))


async def mark_due(db: PlatformDb, company_ids: Sequence[int]) -> None:
    """Says that these companies' inboxes want a worker, and wakes one."""
    later = (col(Inbox.due_at).is_(None)) | (col(Inbox.due_at) > func.now())
    wanted = update(Inbox).where(col(Inbox.company_id).in_(sorted(company_ids)), later).values(due_at=func.now())
    await db.execute(wanted)
    await db.execute(_WAKE)


async def list_due_inboxes(db: PlatformDb, limit: int = 20) -> list[CompanyRef]:
    """The companies whose deliveries have waited longest."""
    due = select(col(Inbox.company_id)).where(col(Inbox.due_at) <= func.now()).order_by(col(Inbox.due_at)).limit(limit)
    found = await db.scalars(select(Company).where(col(Company.id).in_(due)))
    return [companies.company_ref(company) for company in found]


async def drain_batch(company: CompanyRef) -> int:
    """Works off the next deliveries of one company, in one transaction, and returns how many it looked at; 0 where
    another worker is at it. What they leave open is for `follow_up`."""
    async with company_session(Scope.system(company)) as db:
        if not await _claim(db):
            return 0
        events = await _next_events(db)
        if events and await _work_off(db, events):
            await note_due(db)
            await db.execute(_WAKE)
        await _set_next_due(db)
    return len(events)


async def _claim(db: CompanyDb) -> bool:
    own = select(col(Inbox.company_id)).where(
        col(Inbox.company_id) == db.scope.company_id, col(Inbox.due_at) <= func.now()
    )
    return await db.scalar(own.with_for_update(skip_locked=True)) is not None


async def _next_events(db: CompanyDb) -> list[WebhookEvent]:
    waiting = col(WebhookEvent.status) == EventStatus.PENDING, col(WebhookEvent.next_attempt_at) <= func.now()
    return list(
        (await db.scalars(select(WebhookEvent).where(*waiting).order_by(col(WebhookEvent.id)).limit(BATCH))).all()
    )


async def _set_next_due(db: CompanyDb) -> None:
    pending = select(func.min(col(WebhookEvent.next_attempt_at))).where(col(WebhookEvent.status) == EventStatus.PENDING)
    await db.execute(
        update(Inbox).where(col(Inbox.company_id) == db.scope.company_id).values(due_at=pending.scalar_subquery())
    )


async def _work_off(db: CompanyDb, events: Sequence[WebhookEvent]) -> bool:
    """All at once; where that fails, one by one, so that only the one at fault steps aside. Whether Whop has to be
    asked about something."""
    readable = [(event, fact) for event in events if (fact := _read(event)) is not None]
    if not readable:
        return False
    try:
        async with db.begin_nested():
            asked = await _apply(db, readable)
    except Exception as error:
        _log.warning("a batch of webhooks failed", company=db.scope.company.whop_id, reason=type(error).__name__)
        return await _one_by_one(db, readable)
    for event, _ in readable:
        _done(event)
    return asked


async def _one_by_one(db: CompanyDb, readable: Sequence[tuple[WebhookEvent, Fact]]) -> bool:
    asked = False
    for event, fact in readable:
        try:
            async with db.begin_nested():
                asked = await _apply(db, [(event, fact)]) or asked
        except Exception as error:
            _log.exception("a webhook failed", webhook=event.webhook_id, type=event.event_type)
            _failed(
                event,
                str(error) if isinstance(error, CrmError) else f"It could not be written ({type(error).__name__}).",
            )
        else:
            _done(event)
    return asked


async def _apply(db: CompanyDb, readable: Sequence[tuple[WebhookEvent, Fact]]) -> bool:
    """What came live and what was read back, each as what it is."""
    asked = False
    for origin in dict.fromkeys(event.origin for event, _ in readable):
        some = [(event, fact) for event, fact in readable if event.origin is origin]
        extra = [draft for event, fact in some if (draft := _trial_ending(event, fact))]
        applied = await apply_facts(db, [fact for _, fact in some], origin, extra)
        asked = await ask(db, applied, origin) or asked
    return asked


def _read(event: WebhookEvent) -> Fact | None:
    """The fact in an event; None, with the event's status set, where there is none or it cannot be read."""
    try:
        fact = parse_object(event.event_type, event.payload, event.occurred_at)
    except CrmError as error:
        _failed(event, str(error))
        return None
    if fact is None:
        event.status, event.reason, event.processed_at = EventStatus.IGNORED, "Nothing here uses this kind.", now()
    return fact


def _trial_ending(event: WebhookEvent, fact: Fact) -> Draft | None:
    if event.event_type != _TRIAL_ENDING or not isinstance(fact, MembershipFact):
        return None
    return Draft(
        source=f"membership:{fact.id}:trial_ending:{_stamp(fact.period_end or event.occurred_at)}",
        kind=ActivityKind.TRIAL_ENDING,
        at=event.occurred_at,
        title="Trial ends soon",
        member_id=fact.member_id,
        user_id=fact.user_id,
        subject=fact.id,
        once=True,
    )


def _stamp(at: datetime) -> str:
    return at.date().isoformat()


def _done(event: WebhookEvent) -> None:
    event.status, event.reason, event.processed_at = EventStatus.DONE, None, now()
    event.attempts += 1


def _failed(event: WebhookEvent, reason: str) -> None:
    """Tried again a little later, and kept as failed after the last try."""
    event.attempts += 1
    event.reason = reason[:500]
    if event.attempts >= TRIES:
        event.status, event.processed_at = EventStatus.FAILED, now()
    else:
        event.next_attempt_at = now() + _BACKOFF[event.attempts - 1]


async def replay(db: CompanyDb, event_id: int) -> None:
    """Works an event off once more, whatever became of it. Raises NotFound."""
    db.scope.require(Permission.SYNC_RUN)
    if not await _again(db, col(WebhookEvent.id) == event_id):
        raise NotFound("There is no such webhook in this company. Webhooks are kept for 30 days.")


async def replay_failed(db: CompanyDb) -> int:
    """Works off once more all that failed; returns how many."""
    db.scope.require(Permission.SYNC_RUN)
    return await _again(db, col(WebhookEvent.status) == EventStatus.FAILED)


async def _again(db: CompanyDb, which: object) -> int:
    values = {"status": EventStatus.PENDING, "attempts": 0, "reason": None, "next_attempt_at": now()}
    wanted = update(WebhookEvent).where(which).values(values)  # pyright: ignore[reportArgumentType] # a column's condition
    found = (await db.scalars(wanted.returning(col(WebhookEvent.id)))).all()
    if found:
        await wake(db)
    return len(found)


async def sweep(db: CompanyDb) -> bool:
    """Marks the inbox where something waits that nobody was told of: a process died between storing and telling."""
    db.scope.require(Permission.FACTS_WRITE)
    if await db.scalar(select(col(OpenQuestion.whop_id)).limit(1)) is not None:
        await note_due(db)
    waiting = select(col(WebhookEvent.id)).where(
        col(WebhookEvent.status) == EventStatus.PENDING, col(WebhookEvent.next_attempt_at) <= func.now()
    )
    if await db.scalar(waiting.limit(1)) is None:
        return False
    await wake(db)
    return True


async def wake(db: CompanyDb) -> None:
    """Has a worker look into this company's inbox when the transaction commits."""
    db.scope.require(Permission.SYNC_READ)
    await db.execute(update(Inbox).where(col(Inbox.company_id) == db.scope.company_id).values(due_at=func.now()))
    await db.execute(_WAKE)
    db.touch((), Topic.WEBHOOKS)
