"""A reconciliation: finds whatever differs from Whop, says it in words, repairs it, and blames nobody for today."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update

from tests.support import factories
from tests.support.reading import (
    differences,
    happen,
    last_run,
    life_goes_on,
    read_once,
    reconcile,
    spoil,
    work_off,
)
from tests.support.whop import World, open_world
from whop_crm import log
from whop_crm.access import CompanyRef, Role, Scope
from whop_crm.clients import readers
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session
from whop_crm.errors import Conflict, Forbidden
from whop_crm.models import Inbox, SyncSeen
from whop_crm.models.enums import RunKind, RunStatus, SyncResource
from whop_crm.sandbox import transitions
from whop_crm.services import sync
from whop_crm.services.sync import care, running, runs
from whop_crm.services.sync.schemas import RunEnd

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def world(tmp_path_factory) -> AsyncIterator[World]:
    log.configure()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(readers, "PAGE_ROWS", 25)
        async with open_world(tmp_path_factory.mktemp("whop"), members=60) as made:
            yield made


@pytest.fixture
async def company(db, world) -> CompanyRef:
    return await read_once(world)


async def summary_of(company: CompanyRef) -> str | None:
    return (await last_run(company, RunKind.RECONCILE)).summary


async def test_a_company_that_was_just_read_has_no_differences(company, world) -> None:
    assert (await reconcile(company, world.whop)).end is RunEnd.DONE

    store = world.sandbox.store
    numbers = [store.count(kind, account_id=world.company) for kind in ("member", "membership", "payment")]
    assert await summary_of(company) == (
        f"0 differences in {numbers[0]:,} members, {numbers[1]:,} memberships, {numbers[2]:,} payments."
    )
    async with company_session(Scope.system(company)) as db:
        assert not (await db.scalars(select(SyncSeen))).all()


async def test_whatever_differs_is_told_in_words_and_repaired_as_a_sync_would(company, world) -> None:
    one = "WHERE id = (SELECT max(id) FROM {0})"
    await spoil(company, "UPDATE members SET name = 'Somebody else' " + one.format("members"))
    await spoil(company, "UPDATE memberships SET renewal_price_minor = 1, status = 'drafted' "
                + one.format("memberships"))  # fmt: skip
    await spoil(company, "UPDATE payments SET total_minor = total_minor + 1 " + one.format("payments"))
    await spoil(company, "DELETE FROM refunds " + one.format("refunds"))
    await spoil(company, "UPDATE products SET title = 'Wrong' " + one.format("products"))

    await reconcile(company, world.whop)

    found = await differences(company)
    assert {each.resource for each in found} == {
        SyncResource.MEMBERS, SyncResource.MEMBERSHIPS, SyncResource.PAYMENTS, SyncResource.REFUNDS,
        SyncResource.PRODUCTS,
    }  # fmt: skip
    assert all(each.repaired for each in found)
    words = {each.resource: each.words for each in found}
    assert words[SyncResource.REFUNDS] == "It was not here."
    assert words[SyncResource.MEMBERS].startswith("Name: Somebody else here, ")
    assert "Status: drafted here" in words[SyncResource.MEMBERSHIPS]
    assert (await summary_of(company) or "").startswith("5 differences in ")
    assert (await last_run(company, RunKind.RECONCILE)).found == 5

    await reconcile(company, world.whop)
    assert (await summary_of(company) or "").startswith("0 differences in ")


async def test_why_a_refund_was_made_is_filled_in_without_blame(company, world) -> None:
    await spoil(company, "UPDATE refunds SET reason = NULL WHERE reason IS NOT NULL")
    await reconcile(company, world.whop)
    assert await differences(company) == []
    async with company_session(Scope.system(company)) as db:
        assert await db.scalar(text("SELECT count(*) FROM refunds WHERE reason IS NOT NULL"))


async def test_what_was_never_told_is_found(company, world) -> None:
    life_goes_on(world, seed=3)

    await reconcile(company, world.whop)

    resources = {each.resource for each in await differences(company)}
    assert {SyncResource.MEMBERS, SyncResource.MEMBERSHIPS, SyncResource.PAYMENTS} <= resources
    await reconcile(company, world.whop)
    assert (await summary_of(company) or "").startswith("0 differences in ")


async def test_a_membership_that_goes_on_without_a_word_is_no_longer_paused(company, world) -> None:
    await spoil(company, "UPDATE memberships SET paused = true, paused_at = now() WHERE id ="
                " (SELECT max(id) FROM memberships WHERE status = 'active' AND NOT paused)")  # fmt: skip

    await reconcile(company, world.whop)

    [found] = await differences(company)
    assert found.words.startswith("Paused: yes here, no at Whop")
    await reconcile(company, world.whop)
    assert (await summary_of(company) or "").startswith("0 differences in ")


async def test_what_whop_no_longer_knows_is_told_once_and_stays(company, world) -> None:
    await spoil(company, "UPDATE payments SET whop_id = 'pay_gone' WHERE id = (SELECT max(id) FROM payments)")
    await spoil(company, "UPDATE plans SET whop_id = 'plan_gone' WHERE id = (SELECT max(id) FROM plans)")

    await reconcile(company, world.whop)

    gone = {each.whop_id: each for each in await differences(company) if "no more" in each.words}
    assert set(gone) == {"pay_gone", "plan_gone"}
    assert (gone["pay_gone"].repaired, gone["plan_gone"].repaired) == (False, True)
    async with company_session(Scope.system(company)) as db:
        assert await db.scalar(text("SELECT deleted_at IS NOT NULL FROM plans WHERE whop_id = 'plan_gone'"))
        assert await db.scalar(text("SELECT count(*) FROM payments WHERE whop_id = 'pay_gone'")) == 1
    await reconcile(company, world.whop)
    assert (await summary_of(company) or "").startswith("0 differences in ")


async def test_a_list_without_its_scope_does_not_look_like_everything_gone(db, tmp_path) -> None:
    async with open_world(tmp_path, members=60) as world:
        company = await read_once(world)
        store = world.sandbox.store
        store.set_app_permissions(store.app_permissions - {"member:basic:read"})

        await reconcile(company, world.whop)

    assert not await differences(company)


async def test_changes_made_while_it_runs_are_no_drift(company, world) -> None:
    class Busy:
        """Life goes on after the first page of payments."""

        done = False

        def __getattr__(self, name):
            return getattr(world.whop, name)

        async def page(self, resource, account_id, cursor=None, parent=None):
            if resource is SyncResource.PAYMENTS and not self.done:
                self.done = True
                life_goes_on(world, seed=7)
            return await world.whop.page(resource, account_id, cursor, parent)

    await reconcile(company, Busy())
    assert (await summary_of(company) or "").startswith("0 differences in ")


async def test_a_delivery_that_came_in_time_clears_its_difference(company, world) -> None:
    """A member carries no time of change: only the delivery tells whether it was under way."""
    member = world.sandbox.store.ids("member", account_id=world.company)[3]
    user = world.sandbox.store.get("member", member)["user"]["id"]
    happen(world, lambda change: transitions.update_user(change, user, name="Renamed Meanwhile"))

    class Late:
        delivered = False

        def __getattr__(self, name):
            return getattr(world.whop, name)

        async def page(self, resource, account_id, cursor=None, parent=None):
            if resource is SyncResource.PAYMENTS and not self.delivered:
                self.delivered = True
                await tell(company, world, member)
            return await world.whop.page(resource, account_id, cursor, parent)

    await reconcile(company, Late())
    assert (await summary_of(company) or "").startswith("0 differences in ")


async def tell(company: CompanyRef, world: World, member: str) -> None:
    doc = {key: value for key, value in world.sandbox.store.get("member", member).items() if not key.startswith("_")}
    async with company_session(Scope.system(company)) as db:
        envelope = factories.envelope(company.whop_id, "member.updated", doc)
        assert await sync.store_deliveries(db, [envelope])
    await work_off(company, world)


class Killed(BaseException):
    """Ends a run as kill -9 does."""


@pytest.mark.parametrize("pages", [3, 9, 20])
async def test_killed_in_the_middle_it_goes_on_and_finds_the_same(company, world, pages) -> None:
    await spoil(company, "UPDATE members SET name = 'Somebody else' WHERE id IN (SELECT min(id) FROM members"
                " UNION SELECT max(id) FROM members)")  # fmt: skip
    await spoil(company, "UPDATE payments SET whop_id = 'pay_gone' WHERE id = (SELECT max(id) FROM payments)")

    class Doomed:
        count = 0

        def __getattr__(self, name):
            return getattr(world.whop, name)

        async def page(self, resource, account_id, cursor=None, parent=None):
            self.count += 1
            if self.count == pages:
                raise Killed
            return await world.whop.page(resource, account_id, cursor, parent)

    with pytest.raises(Killed):
        await reconcile(company, Doomed())
    assert (await last_run(company, RunKind.RECONCILE)).status is RunStatus.RUNNING

    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE
    assert (await summary_of(company) or "").startswith("4 differences in "), "two names, one not here, one gone"


async def test_a_run_that_goes_wrong_again_and_again_fails_and_says_so(company, world, monkeypatch) -> None:
    async def broken(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(running, "write_page", broken)
    ends = [(await reconcile(company, world.whop)).end]
    ends += [(await sync.run_company(company, world.whop)).end for _ in range(runs.MOST_FAILURES - 1)]

    assert ends == [RunEnd.WAITING] * 4 + [RunEnd.FAILED]
    run = await last_run(company, RunKind.RECONCILE)
    assert run.status is RunStatus.FAILED
    assert "went wrong" in (run.reason or "")
    monkeypatch.undo()
    assert (await reconcile(company, world.whop)).end is RunEnd.DONE


async def test_a_key_that_whop_refuses_fails_a_run_in_the_end(company, world, monkeypatch) -> None:
    whop = WhopClient(world.settings("not the key"), world.wire)
    ends = [(await reconcile(company, whop)).end]
    ends += [(await sync.run_company(company, whop)).end for _ in range(runs.MOST_FAILURES - 1)]

    assert ends[-1] is RunEnd.FAILED
    assert "does not accept this key" in ((await last_run(company, RunKind.RECONCILE)).reason or "")


async def test_a_full_sync_takes_the_place_of_a_reconciliation(company, world) -> None:
    async with company_session(Scope.system(company)) as db:
        await sync.request_reconciliation(db)
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)

    assert (await last_run(company, RunKind.RECONCILE)).status is RunStatus.FAILED
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE
    assert (await last_run(company, RunKind.MANUAL)).status is RunStatus.DONE


async def test_it_is_due_every_night_at_the_companys_place(company) -> None:
    zone = ZoneInfo("America/New_York")
    there = CompanyRef(company.id, company.whop_id, company.title, timezone="America/New_York")
    at = care.next_night(there, datetime(2026, 11, 22, 12, tzinfo=UTC))

    local = at.astimezone(zone)
    assert (local.date().isoformat(), local.hour) == ("2026-11-23", 3)
    assert care.next_night(there, at) - at == timedelta(days=1)


async def test_when_the_night_has_come_it_begins_by_itself(company) -> None:
    async with company_session(Scope.system(company)) as db:
        assert not await sync.start_next(db)
        await db.execute(update(Inbox).values(reconcile_at=datetime.now(UTC)))
        assert await sync.start_next(db)
        assert not await sync.start_next(db), "one run at a time"
    assert (await last_run(company, RunKind.RECONCILE)).status is RunStatus.RUNNING


async def test_only_admins_ask_for_one_and_only_after_the_first_sync(company, world) -> None:
    for role in (Role.VIEWER, Role.SUPPORT):
        async with company_session(factories.scope(company, role)) as db:
            with pytest.raises(Forbidden):
                await sync.request_reconciliation(db)
            with pytest.raises(Forbidden):
                await sync.request_catch_up(db)
    unread = await factories.company()
    async with company_session(Scope.system(unread)) as db:
        with pytest.raises(Conflict):
            await sync.request_reconciliation(db)


async def test_a_lesson_told_and_read_is_one_activity(company, world) -> None:
    """A delivery dates it by its end, a list by its beginning."""
    store = world.sandbox.store
    done = store.select("lesson_interaction", completed=1)
    assert done, "this world has lessons"
    async with company_session(Scope.system(company)) as db:
        before = await db.scalar(text("SELECT count(*) FROM activities WHERE kind = 'lesson_completed'"))
        counted = await db.scalar(text("SELECT sum(n) FROM member_days WHERE kind = 'lesson'"))
    body = {key: value for key, value in done[0].items() if not key.startswith("_")}
    async with company_session(Scope.system(company)) as db:
        told = factories.envelope(company.whop_id, "course_lesson_interaction.completed", body)
        await sync.store_deliveries(db, [told])
    await work_off(company, world)
    await reconcile(company, world.whop)

    async with company_session(Scope.system(company)) as db:
        assert await db.scalar(text("SELECT count(*) FROM activities WHERE kind = 'lesson_completed'")) == before
        assert await db.scalar(text("SELECT sum(n) FROM member_days WHERE kind = 'lesson'")) == counted
