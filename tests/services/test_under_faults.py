"""The product while things go wrong at Whop or on the way: it waits, says why in words, heals, and loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from tests.support import database, factories
from tests.support.histories import MOVES, History
from tests.support.reading import read_once, work_off
from tests.support.sandbox import QUIET
from tests.support.truth import differences
from tests.support.web import ORIGIN, Web
from tests.support.whop import World, open_world
from whop_crm import config
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients import calls
from whop_crm.clients.facts import PaymentFact
from whop_crm.db import company_session
from whop_crm.errors import SignInNeeded
from whop_crm.models.enums import SyncResource
from whop_crm.sandbox.faults import Fault, FaultKind, FaultWish
from whop_crm.services import sync
from whop_crm.services.sync import RunEnd, RunOutcome, SyncProgress

pytestmark = pytest.mark.slow


@pytest.fixture
async def world(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """A Whop whose webhooks go to the app, both without a socket."""
    options = replace(QUIET, app_origin=ORIGIN, deliver=True, rate_limit=None, retry_schedule=(0.02, 0.05))
    async with open_world(tmp_path, members=60, options=options) as made, web.http() as door:
        monkeypatch.setattr(made.sandbox.courier, "_client", door)
        monkeypatch.setenv("WHOP_WEBHOOK_SECRET", made.sandbox.credentials.webhook_secret)
        monkeypatch.setattr(calls.BULK, "tries", 3)
        config.settings.cache_clear()
        yield made
    config.settings.cache_clear()


def fault(world: World, kind: FaultKind, **wish: Any) -> Fault:
    return world.sandbox.faults.set(FaultWish(kind=kind, **wish))


@pytest.fixture
def wrong(database_name: str, world: World) -> Callable[[], list[str]]:
    """Where our rows are not as Whop's."""

    def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(database.admin_of(database_name), autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    return lambda: differences(world.sandbox.store, world.company, rows)


async def progress_of(company: CompanyRef) -> SyncProgress:
    async with company_session(Scope.system(company)) as db:
        found = await sync.get_progress(db)
    assert found is not None
    return found


async def run_again(company: CompanyRef, world: World) -> RunOutcome:
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)
    return await sync.run_company(company, world.whop)


# reading


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        (FaultKind.RATE_LIMIT, {"wait": 1}),
        (FaultKind.RATE_LIMIT, {}),
        (FaultKind.ERROR, {}),
        (FaultKind.ERROR, {"status": 502}),
        (FaultKind.CUT, {}),
        (FaultKind.OUTAGE, {}),
        (FaultKind.SLOW, {"wait": 0.2}),
    ],
)
async def test_a_stumble_is_got_over_within_the_run(world, wrong, kind: FaultKind, wish: dict[str, Any]) -> None:
    stumble = fault(world, kind, operation="list_payments", times=1, **wish)
    company = await read_once(world)
    assert stumble.hits == 1
    assert (await progress_of(company)).last_finished_at is not None
    assert wrong() == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FaultKind.ERROR, "Whop has a problem of its own (500)."),
        (FaultKind.RATE_LIMIT, "Whop asks to wait."),
        (FaultKind.OUTAGE, "Whop has a problem of its own (503)."),
        (FaultKind.CUT, "Whop cannot be reached"),
    ],
)
async def test_what_lasts_is_said_and_the_run_goes_on_after_it(world, wrong, kind: FaultKind, words: str) -> None:
    company = await factories.company(whop_id=world.company)
    lasting = fault(world, kind, operation="list_payments")
    outcome = await run_again(company, world)
    assert outcome.end is RunEnd.WAITING
    assert words in (outcome.reason or "")
    assert "goes on from here" in (outcome.reason or "")
    world.sandbox.faults.clear()
    world.sandbox.faults.asked.clear()
    assert (await sync.run_company(company, world.whop)).end is RunEnd.DONE
    assert lasting.hits >= 1
    assert wrong() == []
    assert not [asked for asked in world.sandbox.faults.asked if "/members?" in asked], (
        "what was read is not read again"
    )


async def test_a_long_retry_after_is_kept_to_and_not_waited_out(world) -> None:
    company = await factories.company(whop_id=world.company)
    fault(world, FaultKind.RATE_LIMIT, operation="list_members", wait=900)
    outcome = await run_again(company, world)
    assert (outcome.end, outcome.retry_after) == (RunEnd.WAITING, 900)


async def test_a_missing_scope_is_skipped_with_its_name_and_read_once_it_is_there(world, wrong) -> None:
    fault(world, FaultKind.MISSING_SCOPE, scope="payment:basic:read")
    company = await read_once(world)
    skipped = {step.resource: step.skipped or "" for step in (await progress_of(company)).skipped}
    assert "payment:basic:read" in skipped[SyncResource.PAYMENTS]
    assert all(not each.startswith("members") for each in wrong())
    world.sandbox.faults.clear()
    assert (await run_again(company, world)).end is RunEnd.DONE
    assert wrong() == []


async def test_links_stay_where_a_missing_scope_makes_them_null(world, wrong) -> None:
    company = await read_once(world)
    before = await links_of(company)
    fault(world, FaultKind.MISSING_SCOPE, scope="member:basic:read")
    page = await world.whop.page(SyncResource.PAYMENTS, world.company)
    assert {(one.member_id, one.membership_id) for one in page.items if isinstance(one, PaymentFact)} == {(None, None)}
    assert (await run_again(company, world)).end is RunEnd.DONE
    assert len(before) > 60
    assert await links_of(company) == before
    assert wrong() == []


async def links_of(company: CompanyRef) -> list[Any]:
    """Whom and what each payment and membership belongs to."""
    ours = "SELECT whop_id, member_id, whop_member_id, whop_user_id, {} FROM {} WHERE member_id IS NOT NULL"
    both = f"{ours.format('whop_membership_id', 'payments')} UNION ALL {ours.format('NULL', 'memberships')} ORDER BY 1"
    async with company_session(Scope.system(company)) as db:
        return list(await db.execute(text(both)))


async def test_a_forbidden_list_is_skipped_with_its_scope(world) -> None:
    fault(world, FaultKind.FORBIDDEN, operation="list_disputes", scope="payment:dispute:read")
    company = await read_once(world)
    skipped = {step.resource: step.skipped or "" for step in (await progress_of(company)).skipped}
    assert "payment:dispute:read" in skipped[SyncResource.DISPUTES]


async def test_a_list_that_comes_empty_takes_nothing_away(world, wrong) -> None:
    company = await read_once(world)
    fault(world, FaultKind.EMPTY, operation="list_*")
    assert (await run_again(company, world)).end is RunEnd.DONE
    assert wrong() == []


async def test_an_expired_token_asks_to_sign_in_again(world) -> None:
    owner = world.sandbox.store.select("team_member", role="owner")[0]["user"]["id"]
    token = world.sandbox.grants.issue_access(owner, "openid company:basic:read", datetime.now(UTC).timestamp())
    assert await world.whop.accounts_of(token)
    fault(world, FaultKind.TOKEN_EXPIRY, times=1)
    with pytest.raises(SignInNeeded, match="sign in again"):
        await world.whop.accounts_of(token)


# deliveries


async def live(world: World, company: CompanyRef, seed: str = "faults") -> None:
    """Something happens; returns when Whop has nothing left to send, and all that came has been worked off."""
    moves = MOVES.keys() - {"upgrade"}  # which takes two seconds, and would be told of before it is over
    History(world.sandbox.store, world.company, seed, moves=sorted(moves)).go_on(40)
    courier = world.sandbox.courier
    async with asyncio.timeout(60):
        courier.wake()
        while not courier.idle:  # noqa: ASYNC110 - the courier has no event for it
            await asyncio.sleep(0.02)
    await work_off(company, world)


@pytest.mark.parametrize(
    "wish",
    [
        FaultWish(kind=FaultKind.DUPLICATE),
        FaultWish(kind=FaultKind.REORDER, wait=0.5),
        FaultWish(kind=FaultKind.DELAY, wait=0.3, share=0.5),
        FaultWish(kind=FaultKind.WRONG_SIGNATURE, times=20),
    ],
    ids=lambda wish: wish.kind.value,
)
async def test_what_comes_twice_late_or_wrongly_signed_ends_as_it_should(world, wrong, wish: FaultWish) -> None:
    company = await read_once(world)
    befallen = world.sandbox.faults.set(wish)
    await live(world, company)
    assert befallen.hits >= 20
    assert wrong() == []


@pytest.mark.parametrize("kind", [FaultKind.DROP, FaultKind.VANISH])
async def test_what_never_comes_is_found_by_the_next_sync(world, wrong, kind: FaultKind) -> None:
    company = await read_once(world)
    fault(world, kind, share=0.5)
    await live(world, company)
    assert wrong()
    assert (await run_again(company, world)).end is RunEnd.DONE
    assert wrong() == []


async def test_an_outage_holds_back_everything_and_loses_nothing(world, wrong) -> None:
    company = await read_once(world)
    outage = fault(world, FaultKind.OUTAGE, lasting=0.5)
    await live(world, company)
    assert not outage.active(outage.ends_at or 0)
    assert wrong() == []


async def test_emails_that_may_not_be_read_for_a_while_come_back_with_the_scope(world, wrong) -> None:
    company = await read_once(world)
    missing = fault(world, FaultKind.MISSING_SCOPE, scope="member:email:read")
    await live(world, company)
    assert all(one.startswith("members ") for one in wrong()), "only what is masked is missing"
    world.sandbox.faults.clear(missing.number)
    assert (await run_again(company, world)).end is RunEnd.DONE
    assert wrong() == []
