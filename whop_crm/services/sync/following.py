"""What a webhook leaves open is asked of Whop at once: who the member is, and what a payment is like after a refund.

A question is stored in the transaction that raises it, and goes in the one that writes the answer: a process that dies
in between leaves it to the next one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.access import CompanyRef, Permission, Scope
from whop_crm.clients.facts import Fact
from whop_crm.clients.whop import WhopClient
from whop_crm.db import CompanyDb, PlatformDb, company_session
from whop_crm.errors import CrmError, NotFound, WhopForbidden
from whop_crm.models import Company, Inbox, OpenQuestion
from whop_crm.models.columns import now
from whop_crm.models.enums import Origin, SyncResource
from whop_crm.services import companies
from whop_crm.services.sync.apply import AppliedFacts, apply_facts

BATCH = 50
KEEP = timedelta(days=2)
"""Two nights: a reconciliation has compared what was asked about."""
_AT_ONCE = 4
_LEASE = timedelta(minutes=1)
"""Who takes a question answers it within this time, or is dead."""
_SHORTEST, _LONGEST = timedelta(seconds=2), timedelta(minutes=10)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Question:
    resource: SyncResource
    whop_id: str
    origin: Origin
    wanted_at: datetime


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Whop said. `fact` None and `closed`: it will never say; not closed: it could not be asked."""

    question: _Question
    fact: Fact | None
    closed: bool


async def ask(db: CompanyDb, applied: AppliedFacts, origin: Origin) -> bool:
    """Stores what a batch leaves open, to be asked about at once; False where that is nothing."""
    db.scope.require(Permission.FACTS_WRITE)
    open_ids = {SyncResource.MEMBERS: applied.unknown_members, SyncResource.PAYMENTS: applied.taken_from}
    at = now()
    rows = [
        {"company_id": db.scope.company_id, "resource": resource, "whop_id": whop_id, "origin": origin,
         "wanted_at": at, "next_attempt_at": at}
        for resource, ids in open_ids.items() for whop_id in sorted(ids)
    ]  # fmt: skip
    if not rows:
        return False
    statement = insert(OpenQuestion).values(rows)
    newer = {name: statement.excluded[name] for name in ("origin", "wanted_at", "next_attempt_at")}
    await db.execute(statement.on_conflict_do_update(index_elements=["company_id", "resource", "whop_id"], set_=newer))
    return True


async def list_with_questions(db: PlatformDb) -> list[CompanyRef]:
    """The companies of which Whop has to be asked something now."""
    due = select(col(Inbox.company_id)).where(col(Inbox.questions_due_at) <= now())
    found = await db.scalars(select(Company).where(col(Company.id).in_(due)).order_by(col(Company.id)))
    return [companies.company_ref(company) for company in found]


async def follow_up(company: CompanyRef, client: WhopClient) -> None:
    """Asks Whop all that is due, without a session open, and writes what it says. Where Whop is away it waits as long
    again as it has waited; what Whop does not know, or may not tell, is left to the nightly reconciliation."""
    scope = Scope.system(company)
    while True:
        async with company_session(scope) as db:
            questions = await _take(db)
        if not questions:
            return
        answers = await _answers(client, questions)
        async with company_session(scope) as db:
            await _write(db, answers)
        unanswered = [each.question for each in answers if not each.closed]
        if unanswered:
            async with company_session(scope) as db:
                await _postpone(db, min(each.wanted_at for each in unanswered))
            return


async def note_due(db: CompanyDb) -> None:
    """Puts down when the company's next question is due. Its inbox is locked before its questions, as everywhere."""
    db.scope.require(Permission.FACTS_WRITE)
    first = select(func.min(col(OpenQuestion.next_attempt_at))).scalar_subquery()
    own = col(Inbox.company_id) == db.scope.company_id
    await db.execute(update(Inbox).where(own).values(questions_due_at=first))


async def _lock_inbox(db: CompanyDb) -> None:
    own = select(col(Inbox.company_id)).where(col(Inbox.company_id) == db.scope.company_id)
    await db.execute(own.with_for_update())


async def _take(db: CompanyDb) -> list[_Question]:
    """The oldest questions that are due, this process's for a minute."""
    at = now()
    await _lock_inbox(db)
    await db.execute(delete(OpenQuestion).where(col(OpenQuestion.wanted_at) < at - KEEP))
    due = (
        select(col(OpenQuestion.resource), col(OpenQuestion.whop_id))
        .where(col(OpenQuestion.next_attempt_at) <= at)
        .order_by(col(OpenQuestion.wanted_at), col(OpenQuestion.whop_id))
        .limit(BATCH)
    )
    taken = (
        update(OpenQuestion)
        .where(tuple_(col(OpenQuestion.resource), col(OpenQuestion.whop_id)).in_(due))
        .values(next_attempt_at=at + _LEASE)
        .returning(
            col(OpenQuestion.resource), col(OpenQuestion.whop_id), col(OpenQuestion.origin), col(OpenQuestion.wanted_at)
        )
    )
    found = [_Question(*row) for row in await db.execute(taken)]
    await note_due(db)
    return found


async def _answers(client: WhopClient, questions: Sequence[_Question]) -> list[_Answer]:
    gate = asyncio.Semaphore(_AT_ONCE)
    asks: dict[SyncResource, Callable[[str], Awaitable[Fact]]] = {
        SyncResource.MEMBERS: client.retrieve_member,
        SyncResource.PAYMENTS: client.retrieve_payment,
    }

    async def one(question: _Question) -> _Answer:
        async with gate:
            try:
                return _Answer(question, await asks[question.resource](question.whop_id), closed=True)
            except CrmError as error:
                _log.warning("could not ask Whop", id=question.whop_id, reason=str(error))
                return _Answer(question, None, closed=isinstance(error, NotFound | WhopForbidden))

    return await asyncio.gather(*map(one, questions))


async def _write(db: CompanyDb, answers: Sequence[_Answer]) -> None:
    """The answers, and with them their questions go, but for those that were asked once more meanwhile."""
    for origin in sorted({each.question.origin for each in answers}):
        facts = [each.fact for each in answers if each.fact is not None and each.question.origin is origin]
        if facts:
            await ask(db, await apply_facts(db, facts, origin), origin)
    closed = [
        (each.question.resource, each.question.whop_id, each.question.wanted_at) for each in answers if each.closed
    ]
    same = tuple_(col(OpenQuestion.resource), col(OpenQuestion.whop_id), col(OpenQuestion.wanted_at))
    if closed:
        await db.execute(delete(OpenQuestion).where(same.in_(closed)))


async def _postpone(db: CompanyDb, wanted_at: datetime) -> None:
    """All of the company's: who does not answer one does not answer the others."""
    at = now()
    again = at + min(max(at - wanted_at, _SHORTEST), _LONGEST)
    await _lock_inbox(db)
    await db.execute(update(OpenQuestion).values(next_attempt_at=again))
    await note_due(db)
