"""The clock: one process ticks, no job overlaps itself, and it works on what was asked for."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from time import monotonic

import psycopg
import pytest
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import select, text
from sqlmodel import col

from tests.support import database, factories
from tests.support.whop import World, open_world
from whop_crm import log
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients import whop as whop_module
from whop_crm.db import company_session, leadership, platform_session
from whop_crm.errors import InvalidInput, NotFound, WhopUnavailable
from whop_crm.jobs import access, care, inbox, schedule, sync_now, syncing, upkeep
from whop_crm.jobs.ticking import Job, ticking
from whop_crm.models import Company, SyncDifference, SyncRun, SyncStep, WebhookEvent
from whop_crm.models.enums import EventStatus, RunKind, RunStatus, SyncResource
from whop_crm.services import sync

pytestmark = pytest.mark.slow

NEVER = IntervalTrigger(weeks=1, timezone="UTC")


@pytest.fixture(scope="module")
async def world(tmp_path_factory) -> AsyncIterator[World]:
    log.configure()
    async with open_world(tmp_path_factory.mktemp("whop"), members=60) as made:
        yield made


@pytest.fixture(autouse=True)
def _our_client(request, monkeypatch) -> None:
    if "world" in request.fixturenames:
        client = request.getfixturevalue("world").whop
        monkeypatch.setattr(syncing, "whop", lambda: client)
        for module in (access, care, inbox):
            monkeypatch.setattr(module, "whop", lambda: client)


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.01)


async def status_of(company: CompanyRef) -> RunStatus:
    async with company_session(Scope.system(company)) as db:
        return (await db.scalars(select(SyncRun))).one().status


async def want(company: CompanyRef) -> None:
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)


async def test_a_job_never_overlaps_itself_and_hears_what_came_meanwhile() -> None:
    began, running, most = 0, 0, 0
    go = asyncio.Event()

    async def work() -> None:
        nonlocal began, running, most
        began, running = began + 1, running + 1
        most = max(most, running)
        await go.wait()
        running -= 1

    job = Job("work", NEVER, work)
    async with ticking([job]):
        await until(lambda: began == 1)
        for _ in range(5):
            await job.wake()
        go.set()
        await until(lambda: began == 2)
        await asyncio.sleep(0)
    assert (began, most) == (2, 1)


async def test_a_job_that_fails_goes_on() -> None:
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1
        raise ZeroDivisionError

    async with ticking([Job("work", IntervalTrigger(seconds=0.02, timezone="UTC"), work)]):
        await until(lambda: times >= 3)


async def test_what_was_asked_for_is_worked_on(db, world) -> None:
    company = await factories.company(whop_id=world.company)
    async with schedule.run():
        await want(company)
        await until(lambda: _is_done(company))


async def _is_done(company: CompanyRef) -> bool:
    return await status_of(company) is RunStatus.DONE


async def test_it_stops_within_a_second_and_lets_go_of_its_runs(db, world, monkeypatch) -> None:
    company = await factories.company(whop_id=world.company)
    await want(company)
    asked, never = asyncio.Event(), asyncio.Event()

    async def page(*_: object) -> None:
        asked.set()
        await never.wait()

    monkeypatch.setattr(world.whop, "page", page)
    async with schedule.run():
        await asyncio.wait_for(asked.wait(), 20)
        began = monotonic()
    assert monotonic() - began < 1
    async with company_session(Scope.system(company)) as db:
        run = (await db.scalars(select(SyncRun))).one()
    assert (run.status, run.worker) == (RunStatus.RUNNING, None)


async def test_only_one_ticks_and_another_takes_over(db, world, database_name) -> None:
    company = await factories.company(whop_id=world.company)
    async with leadership(schedule.LEADER_LOCK) as other:
        assert other is not None
        async with schedule.run():
            async with leadership(schedule.LEADER_LOCK) as third:
                assert third is None
            await want(company)
            _end_connections(database_name)
            await asyncio.wait_for(other.lost(), 10)
            await until(lambda: _is_done(company))


def _end_connections(database_name: str) -> None:
    """What a dying process does to its lock, and a restarting PostgreSQL to everybody's."""
    with psycopg.connect(database.admin_url(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE l.locktype = 'advisory' AND l.granted AND d.datname = %s",
            (database_name,),
        )


async def test_months_are_made_ahead(db) -> None:
    async with platform_session() as db:
        assert await sync.ensure_months(db, date(2027, 11, 20)) == 1
    async with platform_session() as db:
        assert await sync.ensure_months(db, date(2027, 11, 20)) == 0
        assert await db.scalar(text("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'activities_2028_01'"))
    assert await upkeep.make_months() == 0


async def test_old_deliveries_are_forgotten_but_not_what_is_pending(db) -> None:
    company = await factories.company()
    for number, (days, status) in enumerate(
        [(31, EventStatus.DONE), (31, EventStatus.PENDING), (29, EventStatus.DONE), (400, EventStatus.FAILED)]
    ):
        await _delivery(company, f"msg_{number}", days, status)

    assert await upkeep.prune_webhooks() == 2

    async with company_session(Scope.system(company)) as db:
        assert set(await db.scalars(select(col(WebhookEvent.webhook_id)))) == {"msg_1", "msg_2"}


async def _delivery(company: CompanyRef, webhook_id: str, days: int, status: EventStatus) -> None:
    at = datetime.now(UTC) - timedelta(days=days)
    async with company_session(Scope.system(company)) as db:
        db.add(
            WebhookEvent(
                company_id=company.id,
                webhook_id=webhook_id,
                event_type="member.updated",
                occurred_at=at,
                received_at=at,
                payload={},
                status=status,
            )
        )


async def test_old_runs_are_forgotten_but_not_what_still_counts(db) -> None:
    company = await factories.company()
    first = await _run(company, RunKind.INITIAL, 400)
    told_gone = await _run(company, RunKind.RECONCILE, 200, repaired=False)
    forgotten = [await _run(company, kind, 91) for kind in (RunKind.RECONCILE, RunKind.CATCH_UP)]
    failed = await _run(company, RunKind.CATCH_UP, 95, RunStatus.FAILED)
    kept = [await _run(company, kind, 89) for kind in (RunKind.RECONCILE, RunKind.CATCH_UP)]
    running = await _run(company, RunKind.RECONCILE, 100, RunStatus.RUNNING)

    assert await upkeep.prune_runs() == len(forgotten)

    async with company_session(Scope.system(company)) as db:
        assert set(await db.scalars(select(col(SyncRun.id)))) == {first, told_gone, failed, *kept, running}
        assert set(await db.scalars(select(col(SyncDifference.run_id)))) == {told_gone, *kept}
        assert set(await db.scalars(select(col(SyncStep.run_id)))) == {first, told_gone, failed, *kept, running}


async def _run(
    company: CompanyRef, kind: RunKind, days: int, status: RunStatus = RunStatus.DONE, *, repaired: bool = True
) -> int:
    """One with a list and, where it ended well, a difference that was found in it."""
    at = datetime.now(UTC) - timedelta(days=days)
    ended = None if status is RunStatus.RUNNING else at
    async with company_session(Scope.system(company)) as db:
        run = SyncRun(company_id=company.id, kind=kind, status=status, started_at=at, finished_at=ended)
        db.add(run)
        await db.flush()
        db.add(SyncStep(company_id=company.id, run_id=run.id, resource=SyncResource.MEMBERS, done=True))
        if kind is not RunKind.INITIAL and status is RunStatus.DONE:
            db.add(SyncDifference(company_id=company.id, run_id=run.id, resource=SyncResource.MEMBERS, seen_at=at,
                                  whop_id="mber_1", words="Gone.", repaired=repaired))  # fmt: skip
        return run.id


@pytest.fixture
async def foreground(db, world, monkeypatch) -> World:
    """`whop-crm sync` in this process: it keeps our client and our pool open."""

    async def kept() -> None:
        return None

    monkeypatch.setattr(whop_module, "whop", lambda: world.whop)
    monkeypatch.setattr(whop_module, "close", kept)
    monkeypatch.setattr(sync_now, "dispose", kept)
    return world


async def test_the_command_reads_a_company_it_did_not_know(foreground) -> None:
    lines: list[str] = []

    assert await sync_now.sync_now(foreground.company, lines.append)

    assert lines[-1].startswith("100%  ")
    assert lines[-1].endswith("rows read.")
    async with platform_session() as db:
        company = (await db.scalars(select(Company))).one()
    assert (company.whop_id, company.title) == (foreground.company, "Harbourline Trading")


async def test_the_command_says_why_it_could_not_go_on(foreground, monkeypatch) -> None:
    async def page(*_: object) -> None:
        raise WhopUnavailable("Whop cannot be reached.")

    monkeypatch.setattr(foreground.whop, "page", page)
    lines: list[str] = []

    assert not await sync_now.sync_now(foreground.company, lines.append)

    assert any("Whop cannot be reached." in line for line in lines)
    assert lines[-1] == "Run the command again to go on from here."


async def test_the_command_follows_a_run_of_another_process(foreground, monkeypatch) -> None:
    monkeypatch.setattr(sync_now, "LOOK_EVERY", 0.02)
    lines: list[str] = []
    first = asyncio.create_task(sync_now.sync_now(foreground.company, lambda line: None))
    await until(lambda: _begun())

    assert await sync_now.sync_now(foreground.company, lines.append)

    assert lines[0] == "Another process reads this company already; this one follows it."
    assert await first


async def _begun() -> bool:
    async with platform_session() as db:
        company = await db.scalar(select(Company))
    if company is None:
        return False
    ref = CompanyRef(company.id, company.whop_id, company.title)
    async with company_session(Scope.system(ref)) as db:
        return bool(await db.scalar(select(col(SyncRun.worker))))


async def test_the_command_wants_a_companys_id(foreground) -> None:
    with pytest.raises(InvalidInput, match="biz_"):
        await sync_now.sync_now("harbourline", print)
    with pytest.raises(NotFound, match="biz_nosuchcompany, or the app is not installed there"):
        await sync_now.sync_now("biz_nosuchcompany", print)
