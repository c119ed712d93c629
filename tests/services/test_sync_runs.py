"""Runs: what they read, how they are resumed, and what they say of themselves."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.support import database, factories
from tests.support.sync_runs import (
    Asked,
    Killed,
    Watched,
    due_of,
    progress_of,
    run_of,
    steps_of,
    wanted,
    written,
)
from tests.support.whop import World, open_world
from whop_crm import log
from whop_crm.access import CompanyRef, Role, Scope
from whop_crm.clients import readers
from whop_crm.clients.facts import Fact, PermissionsFact
from whop_crm.clients.pages import Page
from whop_crm.db import CHANNEL, Notice, Topic, company_session, listen, platform_session
from whop_crm.errors import Forbidden, WhopForbidden, WhopUnavailable
from whop_crm.models import Company, SyncRun
from whop_crm.models.columns import now
from whop_crm.models.enums import RunKind, RunStatus, SyncResource
from whop_crm.services import sync
from whop_crm.services.sync import running, runs
from whop_crm.services.sync import worker as workers
from whop_crm.services.sync.plan import ORDER
from whop_crm.services.sync.schemas import RunEnd, SyncProgress

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def world(tmp_path_factory) -> AsyncIterator[World]:
    """A small company on small pages, so that there are many."""
    log.configure()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "PAGE_ROWS", 25)
        async with open_world(tmp_path_factory.mktemp("whop"), members=60) as made:
            yield made


@pytest.fixture
async def company(db, world) -> CompanyRef:
    return await wanted(world)


async def test_a_run_reads_everything(company, world) -> None:
    outcome = await sync.run_company(company, world.whop)

    assert outcome.end is RunEnd.DONE
    run, rows = await run_of(company), await written(company)
    assert (run.status, run.kind, run.worker) == (RunStatus.DONE, RunKind.INITIAL, None)
    assert run.finished_at is not None
    assert await due_of(company) is None
    for table, kind in {"members": "member", "memberships": "membership", "payments": "payment"}.items():
        assert len(rows[table]) == world.sandbox.store.count(kind, account_id=world.company)
    assert {key.resource for key in await steps_of(company)} == set(SyncResource)


@pytest.mark.parametrize("seed", range(3))
async def test_a_run_that_was_killed_goes_on_where_it_was(company, world, database_name, seed) -> None:
    whole = Watched(world)
    await sync.run_company(company, whole)
    expected = await written(company)
    database.empty(database_name)
    company = await wanted(world)
    dice, finished, times, end = random.Random(seed), set[Asked](), 0, None

    while end is None:
        times += 1
        watched = Watched(world)
        watched.before = ending_at(dice.randint(1, 25), killing=dice.random() < 0.5)
        end = await attempt(company, watched)
        assert not finished & set(watched.asked), "a finished page was read again"
        finished |= await finished_pages(company, whole)

    assert times > 1
    assert end is RunEnd.DONE
    assert await written(company) == expected
    assert finished == set(whole.asked)


async def attempt(company: CompanyRef, watched: Watched) -> RunEnd | None:
    """How the run ended; None where it was ended from outside."""
    try:
        return (await asyncio.create_task(sync.run_company(company, watched), name="the run")).end
    except (Killed, asyncio.CancelledError):
        return None


def ending_at(count: int, *, killing: bool):
    """Ends the run at so many pages, as kill -9 does or as a clean stop does."""

    def before(number: int) -> None:
        if number == count and killing:
            raise Killed
        if number == count:
            [run] = [task for task in asyncio.all_tasks() if task.get_name() == "the run"]
            run.cancel()

    return before


async def finished_pages(company: CompanyRef, whole: Watched) -> set[Asked]:
    """Pages whose rows are written, by the cursors that are saved."""
    done: set[Asked] = set()
    for key, step in (await steps_of(company)).items():
        cursors = whole.answered[key.resource, key.parent][:-1]
        count = len(cursors) if step.done else cursors.index(step.cursor)
        done |= {(key.resource, key.parent, cursor) for cursor in cursors[:count]}
    return done


async def test_a_run_that_is_stopped_can_go_on_at_once(company, world) -> None:
    assert await attempt(company, Watched(world, ending_at(8, killing=False))) is None

    run = await run_of(company)
    assert (run.status, run.worker, run.reason) == (RunStatus.RUNNING, None, None)
    assert (await due_of(company) or 0) <= 0
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE


async def test_without_whop_a_run_waits(company, world) -> None:
    def away(number: int) -> None:
        if number > 6:
            raise WhopUnavailable("Whop cannot be reached.", 7)

    outcome = await sync.run_company(company, Watched(world, away))

    assert outcome.end is RunEnd.WAITING
    assert outcome.retry_after == 7
    assert 5 < (await due_of(company) or 0) <= 7
    progress = await progress_of(company)
    assert progress.running
    assert progress.words == progress.waiting == "Whop cannot be reached. The sync goes on from here."
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE
    assert (await progress_of(company)).waiting is None


async def test_what_goes_wrong_here_is_said_and_nothing_is_half_written(company, world, monkeypatch) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(running, "apply_facts", broken)
    outcome = await sync.run_company(company, world.whop)

    assert outcome.end is RunEnd.WAITING
    assert "went wrong" in (await progress_of(company)).words
    assert not any(step.rows or step.cursor for step in (await steps_of(company)).values())
    monkeypatch.undo()
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE


async def test_missing_scopes_are_skipped_in_words(db, tmp_path) -> None:
    async with open_world(tmp_path, members=60) as world:
        store = world.sandbox.store
        lacking = {"member:basic:read", "forum:read"}
        store.set_app_permissions(store.app_permissions - lacking)
        company = await wanted(world)

        outcome = await sync.run_company(company, world.whop)

    assert outcome.end is RunEnd.DONE
    progress = await progress_of(company)
    skipped = {each.resource: each.skipped for each in progress.skipped}
    assert set(skipped) == {
        SyncResource.MEMBERS, SyncResource.MEMBERSHIPS, SyncResource.PAUSED, SyncResource.FORUMS
    }  # fmt: skip
    assert skipped[SyncResource.MEMBERS] == (
        "Whop has not granted member:basic:read. List members and their memberships."
    )
    assert progress.partial == set(skipped)
    assert progress.fraction == pytest.approx(1)
    async with platform_session() as db:
        row = (await db.scalars(select(Company))).one()
    assert set(row.missing_scopes.split()) == lacking
    assert row.scopes_checked_at is not None


async def test_a_list_that_is_forbidden_is_skipped_when_permissions_are_not_told(company, world) -> None:
    class Silent(Watched):
        async def permissions(self, company: str) -> PermissionsFact:
            raise WhopForbidden("no")

        async def page(self, resource, account_id, cursor=None, parent=None) -> Page[Fact]:
            if resource is SyncResource.DISPUTES:
                raise WhopForbidden("Whop has not granted payment:dispute:read.", ("payment:dispute:read",))
            return await super().page(resource, account_id, cursor, parent)

    outcome = await sync.run_company(company, Silent(world))

    assert outcome.end is RunEnd.DONE
    [skipped] = (await progress_of(company)).skipped
    assert skipped.resource is SyncResource.DISPUTES
    assert "payment:dispute:read" in (skipped.skipped or "")


async def test_progress_only_grows_and_says_what_is_partial(company, world, monkeypatch) -> None:
    monkeypatch.setattr(running, "ANNOUNCE_EVERY", 0)
    before, seen = await progress_of(company), list[SyncProgress]()
    assert (before.fraction, before.words, before.partial) == (
        0,
        "Reading products (0 so far). Next: plans.",
        set(ORDER),
    )

    await sync.run_company(company, world.whop, seen.append)

    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)
    assert len(set(fractions)) > 5
    assert [len(progress.partial) for progress in seen] == sorted((len(p.partial) for p in seen), reverse=True)
    assert any("Next: " in progress.words for progress in seen)
    last = seen[-1]
    assert not last.running
    assert last.partial == frozenset()
    assert last.last_finished_at == last.finished_at
    assert last.rows == sum(step.rows for step in (await steps_of(company)).values())


async def test_a_later_run_leaves_nothing_partial(company, world) -> None:
    await sync.run_company(company, world.whop)
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)

    again = await progress_of(company)

    assert again.running
    assert again.kind is RunKind.MANUAL
    assert again.partial == frozenset()
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE


async def test_progress_is_announced_once_a_second(company, world) -> None:
    heard: list[Notice] = []
    ready, ended = asyncio.Event(), asyncio.Event()

    async def hear() -> None:
        async for notify in listen(CHANNEL):
            ready.set()
            if notify is not None:
                heard.append(Notice.decode(notify[1]))
                if heard[-1].topics == {Topic.COMPANIES}:
                    ended.set()

    listener = asyncio.create_task(hear())
    await ready.wait()
    began = asyncio.get_running_loop().time()
    await sync.run_company(company, world.whop)
    seconds = asyncio.get_running_loop().time() - began
    async with company_session(Scope.system(company)) as db:
        db.touch_many(Topic.COMPANIES)
    async with asyncio.timeout(5):
        await ended.wait()
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)

    told = sum(Topic.SYNC_RUNS in notice.topics for notice in heard)
    assert 2 <= told <= 4 + seconds


async def test_asking_twice_is_one_run(company) -> None:
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)
        await sync.ensure_first_run(db)
        assert len((await db.scalars(select(SyncRun))).all()) == 1
    assert (await due_of(company) or 0) <= 0


async def test_the_first_run_is_wanted_once(db) -> None:
    company = await factories.company()
    for _ in range(2):
        async with company_session(Scope.system(company)) as db:
            await sync.ensure_first_run(db)
    assert (await run_of(company)).kind is RunKind.INITIAL


async def test_only_admins_ask_for_a_run(company) -> None:
    for role in (Role.VIEWER, Role.SUPPORT):
        async with company_session(factories.scope(company, role)) as db:
            with pytest.raises(Forbidden):
                await sync.request_run(db)
            assert await sync.get_progress(db) is not None


async def test_without_a_run_there_is_nothing_to_do(db, world) -> None:
    company = await factories.company(whop_id=world.company)

    assert (await sync.run_company(company, world.whop)).end is RunEnd.NOTHING
    async with company_session(Scope.system(company)) as db:
        assert await sync.get_progress(db) is None


async def claim(company: CompanyRef, worker: str):
    async with company_session(Scope.system(company)) as db:
        return await runs.claim_run(db, worker)


async def test_a_run_has_one_worker(company, world) -> None:
    mine = await claim(company, "elsewhere:1:abc")
    assert mine is not None

    assert (await sync.run_company(company, world.whop)).end is RunEnd.ELSEWHERE
    assert 50 < (await due_of(company) or 0) <= 60


async def test_a_stale_run_is_taken_over_and_its_worker_writes_no_more(company, world) -> None:
    mine = await claim(company, "elsewhere:1:abc")
    assert mine is not None
    async with company_session(Scope.system(company)) as db:
        await db.execute(update(SyncRun).values(heartbeat_at=now() - timedelta(seconds=61)))

    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE

    with pytest.raises(runs.RunTaken):
        async with company_session(Scope.system(company)) as db:
            await runs.hold(db, mine)


async def test_the_run_of_a_dead_process_is_taken_at_once(company, world) -> None:
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()
    host = workers.new_worker().partition(":")[0]
    await claim(company, f"{host}:{ended.pid}:abc")

    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE


async def test_due_runs_are_offered_to_one(company) -> None:
    async with platform_session() as first:
        offered = await sync.lease_due_runs(first)
        async with platform_session() as second:
            assert await sync.lease_due_runs(second) == []
    assert offered == [company]
    async with platform_session() as db:
        assert await sync.lease_due_runs(db) == []
        await sync.look_again(db)
        assert await sync.lease_due_runs(db) == [company]
