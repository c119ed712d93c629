"""When a company needs looking after: gaps in what was heard, the nightly reconciliation, and what has no event.

A gap is a time in which webhooks may have been missed. It is kept with the company until a catch-up has begun, which
then carries it; a catch-up that fails opens it again.
"""

from datetime import datetime, time, timedelta

from sqlalchemy import ScalarSelect, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.access import CompanyRef, Permission
from whop_crm.db import CompanyDb, PlatformDb, Topic
from whop_crm.errors import Conflict
from whop_crm.models import Company, Heartbeat, Inbox, SyncRun
from whop_crm.models.columns import now
from whop_crm.models.enums import RunKind, RunStatus
from whop_crm.services import companies
from whop_crm.services.sync import runs
from whop_crm.services.sync.catching_up import OVERLAP

SILENCE = timedelta(seconds=45)
"""So long after a beat of the clock nobody listened any more."""
NIGHT = time(3, 0)
_CLOCK = "clock"
_STARTED = "Whop CRM was started again."
_STOOD_STILL = "Whop CRM stood still for a while."


async def beat(db: PlatformDb, *, starting: bool = False) -> None:
    """Says that somebody listens. What lies before a start, or between two beats far apart, becomes a gap."""
    last = await db.scalar(select(col(Heartbeat.at)).where(col(Heartbeat.name) == _CLOCK).with_for_update())
    if last is not None and (starting or now() - last > SILENCE):
        await _open_everywhere(db, last, _STARTED if starting else _STOOD_STILL)
    at = now()
    statement = insert(Heartbeat).values(name=_CLOCK, at=at)
    await db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": at}))


async def _open_everywhere(db: PlatformDb, since: datetime, reason: str) -> None:
    await db.execute(update(Inbox).where(col(Inbox.caught_up_to).is_not(None)).values(**_gap(since, reason)))


async def open_gap(db: CompanyDb, since: datetime, reason: str) -> None:
    """Webhooks of this company may have been missed since then. Before its first sync there is nothing to miss."""
    db.scope.require(Permission.FACTS_WRITE)
    read = col(Inbox.company_id) == db.scope.company_id, col(Inbox.caught_up_to).is_not(None)
    await db.execute(update(Inbox).where(*read).values(**_gap(since, reason)))


def _gap(since: datetime, reason: str) -> dict[str, object]:
    earlier = func.least(func.coalesce(col(Inbox.gap_since), since), since)
    return {"gap_since": earlier, "gap_reason": func.coalesce(col(Inbox.gap_reason), reason)}


async def request_catch_up(db: CompanyDb) -> None:
    """Reads what changed since everything was known to be here. Raises Conflict before the first sync is done."""
    db.scope.require(Permission.SYNC_RUN)
    inbox = await _inbox(db)
    if inbox.caught_up_to is None:
        raise Conflict("The first sync is not done yet. It reads everything.")
    if inbox.gap_since is None:
        inbox.gap_since, inbox.gap_reason = inbox.caught_up_to, f"{db.scope.actor.name} asked for it."
    db.touch_many(Topic.SYNC_RUNS)
    await db.flush()
    await start_next(db)


async def request_reconciliation(db: CompanyDb) -> None:
    """Compares everything with Whop, as every night. Raises Conflict before the first sync is done."""
    db.scope.require(Permission.SYNC_RUN)
    inbox = await _inbox(db)
    if inbox.caught_up_to is None:
        raise Conflict("The first sync is not done yet. There is nothing to compare with.")
    inbox.reconcile_wanted = True
    db.touch_many(Topic.SYNC_RUNS)
    await db.flush()
    await start_next(db)


async def start_next(db: CompanyDb) -> bool:
    """Begins what is due, a catch-up before a reconciliation; False where nothing is, or a run is under way."""
    db.scope.require(Permission.SYNC_RUN)
    inbox = await _inbox(db)
    await _schedule(db, inbox)
    if inbox.caught_up_to is None or await runs.is_running(db):
        return False
    if inbox.gap_since is not None:
        begun = await runs.start_run(db, RunKind.CATCH_UP, inbox.gap_since - OVERLAP, inbox.gap_reason)
        inbox.gap_since = inbox.gap_reason = None
        return begun
    if inbox.reconcile_wanted or (inbox.reconcile_at is not None and inbox.reconcile_at <= now()):
        inbox.reconcile_wanted, inbox.reconcile_at = False, next_night(db.scope.company, now())
        return await runs.start_run(db, RunKind.RECONCILE)
    return False


async def _schedule(db: CompanyDb, inbox: Inbox) -> None:
    """The first time a company is looked at: from when it is known, and when its first night is."""
    if inbox.caught_up_to is None:
        done = select(func.max(col(SyncRun.started_at))).where(
            col(SyncRun.status) == RunStatus.DONE, col(SyncRun.kind).in_((RunKind.INITIAL, RunKind.MANUAL))
        )
        inbox.caught_up_to = await db.scalar(done)
    if inbox.caught_up_to is not None and inbox.reconcile_at is None:
        inbox.reconcile_at = next_night(db.scope.company, now())


def next_night(company: CompanyRef, after: datetime) -> datetime:
    """The next time it is between 3 and 4 at the company, each at a minute of its own."""
    local = after.astimezone(company.zone)
    at = datetime.combine(local.date(), NIGHT, company.zone).replace(minute=company.id * 37 % 60)
    if at <= local:
        at = datetime.combine(local.date() + timedelta(days=1), at.timetz())
    return at


async def _inbox(db: CompanyDb) -> Inbox:
    """Locked, so that two do not begin the same."""
    own = select(Inbox).where(col(Inbox.company_id) == db.scope.company_id)
    return (await db.scalars(own.with_for_update().execution_options(populate_existing=True))).one()


async def list_to_care_for(db: PlatformDb) -> list[CompanyRef]:
    """Companies with a gap to close, a reconciliation due, or never looked at."""
    due = or_(
        col(Inbox.gap_since).is_not(None),
        col(Inbox.reconcile_wanted),
        col(Inbox.reconcile_at) <= now(),
        col(Inbox.reconcile_at).is_(None),
    )
    return await _companies(db, select(col(Inbox.company_id)).where(due).scalar_subquery())


async def list_to_poll(db: PlatformDb, before: datetime) -> list[CompanyRef]:
    """Companies whose last poll is older."""
    due = col(Inbox.caught_up_to).is_not(None) & (col(Inbox.polled_to).is_(None) | (col(Inbox.polled_to) < before))
    return await _companies(db, select(col(Inbox.company_id)).where(due).scalar_subquery())


async def _companies(db: PlatformDb, ids: ScalarSelect[int]) -> list[CompanyRef]:
    found = await db.scalars(select(Company).where(col(Company.id).in_(ids)).order_by(col(Company.id)))
    return [companies.company_ref(company) for company in found]


async def note_hook(db: CompanyDb, problem: str | None, away: str) -> datetime | None:
    """What is wrong with the company's webhook; None: it is well. Returns since when nothing is known of Whop, where
    it was `away` when it was asked before."""
    db.scope.require(Permission.FACTS_WRITE)
    inbox = await _inbox(db)
    before = (inbox.hook_checked_at or inbox.caught_up_to) if inbox.hook_problem == away else None
    await _keep(db, {"hook_problem": problem, "hook_checked_at": now()})
    return before


async def note_away(db: CompanyDb, problem: str) -> None:
    """Whop could not be asked: when it could last stays."""
    db.scope.require(Permission.FACTS_WRITE)
    await _keep(db, {"hook_problem": problem})


async def note_poll(db: CompanyDb, polled_to: datetime, problem: str | None) -> None:
    """Up to when what has no event was read, and what kept it from being all."""
    db.scope.require(Permission.FACTS_WRITE)
    await _keep(db, {"polled_to": polled_to, "poll_problem": problem})


async def _keep(db: CompanyDb, values: dict[str, object]) -> None:
    db.touch_many(Topic.SYNC_RUNS)
    await db.execute(update(Inbox).where(col(Inbox.company_id) == db.scope.company_id).values(**values))


async def get_reach(db: CompanyDb) -> tuple[datetime | None, datetime | None]:
    """Up to when everything is known to be here, and up to when what has no event was read."""
    db.scope.require(Permission.SYNC_READ)
    own = col(Inbox.company_id) == db.scope.company_id
    known, polled = (await db.execute(select(col(Inbox.caught_up_to), col(Inbox.polled_to)).where(own))).one()
    return known, polled
