"""After a gap: what Whop sent is read from its own log, its lists until the gap ends, and nothing is missing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, text, update

from tests.support import factories
from tests.support.reading import differences, happen, last_run, life_goes_on, read_once, reconcile, spoil, work_off
from tests.support.sandbox import delivering_to, receiving
from tests.support.whop import World, open_world
from whop_crm import log
from whop_crm.access import CompanyRef, Scope
from whop_crm.db import company_session, platform_session
from whop_crm.errors import WhopUnavailable
from whop_crm.models import Heartbeat, Inbox, SyncRun, WebhookEvent
from whop_crm.models.columns import now
from whop_crm.models.enums import Origin, RunKind, RunStatus
from whop_crm.sandbox import transitions
from whop_crm.services import sync
from whop_crm.services.sync import catching_up, polling
from whop_crm.services.sync.schemas import RunEnd

pytestmark = pytest.mark.slow
MANAGE = "developer:manage_webhook"


@pytest.fixture(autouse=True)
def _log() -> None:
    log.configure()


@pytest.fixture
async def world(tmp_path) -> AsyncIterator[World]:
    """Nobody listens: each delivery is tried once and given up."""
    async with receiving(503) as deaf:
        options = replace(delivering_to(deaf), rate_limit=None)
        async with open_world(tmp_path, members=60, options=options) as made:
            yield made


@pytest.fixture
async def company(db, world) -> CompanyRef:
    return await read_once(world)


async def given_up(world: World) -> None:
    """Returns once Whop has given up every delivery."""
    async with asyncio.timeout(20):
        world.sandbox.courier.wake()
        outbox = world.sandbox.courier.outbox
        while True:
            sent = outbox.store.get_meta("webhooks_sent_up_to", 0) >= outbox.store.last_event_id()
            if sent and not outbox.count_waiting():
                return
            await asyncio.sleep(0.02)


async def catch_up(company: CompanyRef, world: World) -> SyncRun:
    async with company_session(Scope.system(company)) as db:
        await sync.request_catch_up(db)
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE
    await work_off(company, world)
    return await last_run(company, RunKind.CATCH_UP)


async def no_drift(company: CompanyRef, world: World) -> None:
    assert (await reconcile(company, world.whop)).end is RunEnd.DONE
    summary = (await last_run(company, RunKind.RECONCILE)).summary or ""
    assert summary.startswith("0 differences in "), [each.words for each in await differences(company)]


async def gap_of(company: CompanyRef) -> datetime | None:
    async with platform_session() as db:
        return await db.scalar(select(Inbox.gap_since).where(Inbox.company_id == company.id))


@pytest.mark.parametrize("seed", range(3))
async def test_what_was_given_up_is_read_back_and_nothing_drifts(company, world, seed) -> None:
    life_goes_on(world, seed)
    await given_up(world)

    run = await catch_up(company, world)

    sent = world.sandbox.store.query("SELECT count(DISTINCT webhook_id) AS n FROM hook_attempts WHERE account_id = ?",
                                     (world.company,))[0]["n"]  # fmt: skip
    assert sent > 10
    assert run.deliveries == sent
    assert "deliveries read back" in (run.summary or "")
    async with company_session(Scope.system(company)) as db:
        events = (await db.scalars(select(WebhookEvent))).all()
        assert {event.origin for event in events} == {Origin.CATCH_UP}
        told = await db.scalar(text("SELECT count(*) FROM activities WHERE origin = 'catch_up'"))
    assert told, "what is read back is told as such"
    await no_drift(company, world)


async def test_a_second_catch_up_finds_nothing_new(company, world) -> None:
    life_goes_on(world)
    await given_up(world)
    await catch_up(company, world)

    again = await catch_up(company, world)

    assert (again.deliveries, again.found) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
async def test_without_the_permission_the_lists_alone_are_enough(company, world, seed, monkeypatch) -> None:
    async def forbidden(company: str):
        raise catching_up.WhopForbidden(f"Whop has not granted {MANAGE}.", (MANAGE,))

    monkeypatch.setattr(world.whop, "hooks", forbidden)
    life_goes_on(world, seed)
    await given_up(world)

    run = await catch_up(company, world)

    assert run.deliveries is None
    assert MANAGE in (run.summary or "")
    assert run.found > 5
    await no_drift(company, world)


async def test_many_touched_members_are_read_by_the_whole_list(company, world, monkeypatch) -> None:
    async def forbidden(company: str):
        raise catching_up.WhopForbidden("no")

    monkeypatch.setattr(world.whop, "hooks", forbidden)
    monkeypatch.setattr(catching_up, "_MOST_ASKED_ONE_BY_ONE", 1)
    life_goes_on(world, seed=5)

    await catch_up(company, world)

    await no_drift(company, world)


async def test_a_catch_up_reads_little(company, world) -> None:
    world.wire.requests.clear()
    await reconcile(company, world.whop)
    whole = len(world.wire.requests)
    world.wire.requests.clear()

    await catch_up(company, world)

    assert len(world.wire.requests) < whole / 2


async def test_a_killed_catch_up_goes_on(company, world) -> None:
    class Killed(BaseException):
        pass

    life_goes_on(world, seed=2)
    await given_up(world)
    count = 0

    def fault(request):
        nonlocal count
        count += 1
        return Killed() if count == 6 else None

    world.wire.fault = lambda request: fault(request)
    async with company_session(Scope.system(company)) as db:
        await sync.request_catch_up(db)
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the SDK may wrap it
        await sync.run_company(company, world.whop)
        raise Killed
    world.wire.fault = lambda request: None
    async with company_session(Scope.system(company)) as db:
        await db.execute(update(SyncRun).values(heartbeat_at=now() - timedelta(seconds=61)))

    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE
    await work_off(company, world)
    await no_drift(company, world)


async def test_every_start_and_every_long_silence_is_a_gap(company, world) -> None:
    async with platform_session() as db:
        await sync.beat(db, starting=True)
    before = await gap_of(company)
    async with platform_session() as db:
        await db.execute(update(Heartbeat).values(at=now() - timedelta(minutes=10)))
    async with platform_session() as db:
        await sync.beat(db)
    silence = await gap_of(company)
    async with platform_session() as db:
        await sync.beat(db)

    assert before is None, "before the very first beat there is nothing to miss"
    assert silence is not None
    assert now() - silence > timedelta(minutes=9)
    async with company_session(Scope.system(company)) as db:
        assert await sync.start_next(db)
    run = await last_run(company, RunKind.CATCH_UP)
    assert run.since is not None
    assert run.since == silence - catching_up.OVERLAP
    assert run.gap == "Whop CRM stood still for a while."
    assert await gap_of(company) is None


async def test_a_short_breath_is_no_gap(company) -> None:
    for starting in (True, False, False):
        async with platform_session() as db:
            await sync.beat(db, starting=starting)
    assert await gap_of(company) is None


async def test_a_company_that_was_never_read_has_no_gaps(db) -> None:
    unread = await factories.company()
    async with company_session(Scope.system(unread)) as db:
        await sync.open_gap(db, now(), "a reason")
    assert await gap_of(unread) is None


async def test_deliveries_that_whop_gave_up_open_a_gap(company, world) -> None:
    await sync.watch_hooks(company, world.whop)
    assert await gap_of(company) is None

    life_goes_on(world)
    await given_up(world)
    await sync.watch_hooks(company, world.whop)

    assert await gap_of(company) is not None
    async with platform_session() as db:
        problem = await db.scalar(select(Inbox.hook_problem).where(Inbox.company_id == company.id))
    assert problem == "Whop cannot deliver to this server at the moment."


async def test_the_time_in_which_whop_was_away_is_a_gap(company, world) -> None:
    await sync.watch_hooks(company, world.whop)
    async with platform_session() as db:
        before = await db.scalar(select(Inbox.hook_checked_at).where(Inbox.company_id == company.id))
    world.wire.fault = lambda request: httpx.Response(503)
    for _ in range(2):
        with pytest.raises(WhopUnavailable):
            await sync.watch_hooks(company, world.whop)
    assert await gap_of(company) is None
    world.wire.fault = lambda request: None

    await sync.watch_hooks(company, world.whop)

    assert await gap_of(company) == before
    await sync.watch_hooks(company, world.whop)
    assert await gap_of(company) == before


async def test_a_failed_catch_up_leaves_its_gap_open(company, world, monkeypatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("whop_crm.services.sync.running.read_back", broken)
    async with company_session(Scope.system(company)) as db:
        await sync.request_catch_up(db)
    ends = [(await sync.run_company(company, world.whop)).end for _ in range(5)]

    assert ends[-1] is RunEnd.FAILED
    assert (await last_run(company, RunKind.CATCH_UP)).status is RunStatus.FAILED
    assert await gap_of(company) is not None


async def test_a_poll_brings_what_has_no_event(company, world) -> None:
    store = world.sandbox.store
    author = next(doc for doc in store.select("member", account_id=world.company, status="joined")
                  if doc["user"] and doc["access_level"] == "customer")  # fmt: skip
    forum = store.ids("forum", account_id=world.company)[0]
    with store.change(emit=False) as change:
        post = transitions.post(change, author["user"]["id"], forum, "Nobody tells of this", title="Silence")
        transitions.comment(change, author["user"]["id"], post, "Nor of this")

    await sync.poll(company, world.whop)

    async with company_session(Scope.system(company)) as db:
        told = (await db.scalars(text("SELECT detail FROM activities WHERE origin = 'catch_up' ORDER BY kind"))).all()
    assert told == ["Nor of this", "Nobody tells of this"]
    requests = len(world.wire.requests)
    await sync.poll(company, world.whop)
    assert len(world.wire.requests) - requests < 12, "posts whose comments are known are not asked for again"


async def test_a_poll_keeps_to_its_budget_and_goes_on_the_next_time(company, world, monkeypatch) -> None:
    monkeypatch.setattr(polling, "BUDGET", 4)
    polling._comments.clear()
    world.wire.requests.clear()

    await sync.poll(company, world.whop)

    assert len(world.wire.requests) <= 4
    async with platform_session() as db:
        problem = await db.scalar(select(Inbox.poll_problem).where(Inbox.company_id == company.id))
    assert "budget" in (problem or "")


async def test_a_payment_that_nobody_told_of_opens_a_gap(company, world, monkeypatch) -> None:
    await sync.poll(company, world.whop)
    assert await gap_of(company) is None

    monkeypatch.setattr(polling, "PATIENCE", timedelta())
    plan = world.sandbox.store.ids("plan", account_id=world.company, visibility="visible")[0]
    happen(world, lambda change: transitions.join(change, plan))
    await spoil(company, "UPDATE payments SET whop_id = 'pay_lost' WHERE id ="
                " (SELECT id FROM payments WHERE paid_at IS NOT NULL ORDER BY paid_at DESC LIMIT 1)")  # fmt: skip
    async with platform_session() as db:
        await db.execute(update(Inbox).values(caught_up_to=now() - timedelta(days=60)))
    await sync.poll(company, world.whop)

    assert await gap_of(company) is not None


async def test_while_whop_is_away_a_catch_up_waits(company, world) -> None:
    world.wire.fault = lambda request: WhopUnavailable("away")
    async with company_session(Scope.system(company)) as db:
        await sync.request_catch_up(db)

    assert (await sync.run_company(company, world.whop)).end is RunEnd.WAITING
    world.wire.fault = lambda request: None
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE
