"""Whatever order deliveries come in and however often, the rows end as a fresh sync would have them."""

import json
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.support import factories
from tests.support.histories import MOVES, History
from tests.support.whop import World, open_world
from whop_crm import config
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Fact
from whop_crm.clients.webhooks import verify
from whop_crm.db import company_session, platform_session
from whop_crm.jobs import inbox
from whop_crm.models.enums import Origin, SyncResource
from whop_crm.sandbox.outbox import new_webhook_id, take_deliveries
from whop_crm.sandbox.signing import SignedDelivery, signed_headers
from whop_crm.services import sync
from whop_crm.services.sync import inbox as sync_inbox

pytestmark = pytest.mark.slow

MEMBERS = 50
CHANGES, CHAINS, HISTORIES_A_CHAIN = 200, 50, 10
RESOURCES = (
    SyncResource.PRODUCTS, SyncResource.PLANS, SyncResource.PROMO_CODES, SyncResource.MEMBERS,
    SyncResource.MEMBERSHIPS, SyncResource.PAUSED, SyncResource.PAYMENTS, SyncResource.REFUNDS, SyncResource.DISPUTES,
    SyncResource.INVOICES,
)  # fmt: skip

OURS = {"id", "company_id", "recorded_at"}
"""Numbers of our own, which another company does not share."""
NAMED = {"member_id": "members", "plan_id": "plans", "product_id": "products"}
"""Numbers of our own that stand for something of Whop's, and are compared by its name there."""

ONE_SOURCE = {
    "members": {"version"},  # a member has no updated_at: the envelope's time against the request's
    "memberships": {"paused_version"},  # our note of when pausing was last told
    "payments": set(),
    "refunds": {"reason"},  # a webhook does not say it
    "disputes": set(),
    "invoices": {"version", "whop_member_id", "member_id"},  # a list says neither when nor whose
    "products": set(),
    "plans": set(),
}
"""By table, the columns that webhook and API do not both carry, each with its reason."""


@asynccontextmanager
async def following(folder: Path) -> AsyncIterator[World]:
    """A sandbox whose webhooks the product accepts, and the product's questions go to it."""
    with pytest.MonkeyPatch.context() as patch:
        async with open_world(folder, members=MEMBERS) as made:
            kept = made.sandbox.credentials
            address = "http://127.0.0.1:1/api/webhooks/whop"
            made.sandbox.hooks.ensure(address, kept.app_id, kept.webhook_secret, datetime.now(UTC))
            patch.setenv("WHOP_WEBHOOK_SECRET", kept.webhook_secret)
            config.settings.cache_clear()
            patch.setattr(inbox, "whop", lambda: made.whop)
            yield made
    config.settings.cache_clear()


async def read(world: World) -> list[Fact]:
    """All that a fresh sync reads of what this test compares."""
    facts = [fact for resource in RESOURCES for fact in await _list(world, resource)]
    channels = await world.whop.parents(SyncResource.CHATS, world.company)
    assert channels.next_cursor is None
    return facts + [fact for channel in channels.items for fact in await _list(world, SyncResource.CHATS, channel)]


async def _list(world: World, resource: SyncResource, parent: str | None = None) -> list[Fact]:
    page = await world.whop.page(resource, world.company, None, parent)
    facts = list(page.items)
    while page.next_cursor is not None:
        page = await world.whop.page(resource, world.company, page.next_cursor, parent)
        facts += page.items
    return facts


async def written(facts: Sequence[Fact], **changes: Any) -> CompanyRef:
    """A company that has just synced these."""
    company = await factories.company(**changes)
    async with company_session(Scope.system(company)) as db:
        await sync.apply_facts(db, facts, Origin.BACKFILL)
    return company


def mixed(world: World, order: random.Random) -> list[SignedDelivery]:
    """All that waits to be delivered, in no order: a quarter of it twice, an eighth once more under another id."""
    now = datetime.now(UTC)
    waiting = [one for one in take_deliveries(world.sandbox.store, now) if world.company.encode() in one.body]
    again = [replayed(world, one, now) for one in order.sample(waiting, len(waiting) // 8)]
    found = [*waiting, *order.sample(waiting, len(waiting) // 4), *again]
    order.shuffle(found)
    return found


def replayed(world: World, delivery: SignedDelivery, now: datetime) -> SignedDelivery:
    """The same, as Whop replays it with `regenerate_id`."""
    fresh = new_webhook_id()
    body = json.dumps({**json.loads(delivery.body), "id": fresh}).encode()
    return replace(
        delivery, body=body, headers=signed_headers(world.sandbox.credentials.webhook_secret, fresh, body, now)
    )


def parts(deliveries: Sequence[SignedDelivery], order: random.Random) -> Iterator[Sequence[SignedDelivery]]:
    """What comes before the inbox is worked off for the first time, the second time, the last."""
    first, second = sorted(order.randint(0, len(deliveries)) for _ in range(2))
    yield from (deliveries[:first], deliveries[first:second], deliveries[second:])


async def receive(company: CompanyRef, deliveries: Sequence[SignedDelivery]) -> None:
    """Through the door's own steps and the inbox's own worker."""
    async with company_session(Scope.system(company)) as db:
        await sync.store_deliveries(db, [verify(delivery.body, delivery.headers) for delivery in deliveries])
    async with platform_session() as db:
        await sync.mark_due(db, [company.id])
    await inbox.drain()
    await inbox.follow_up()


async def rows(company: CompanyRef) -> dict[str, dict[str, Any]]:
    """Every row that is compared, by table and Whop's id."""
    async with company_session(Scope.system(company)) as db:
        stored = {
            table: list(await db.scalars(text(f"SELECT to_jsonb(t) FROM {table} t")))  # constants of this module
            for table in ONE_SOURCE
        }
    names = {table: {row["id"]: row["whop_id"] for row in stored[table]} for table in NAMED.values()}
    return {
        f"{table} {row['whop_id']}": {
            column: names[NAMED[column]].get(value) if column in NAMED else value
            for column, value in row.items()
            if column not in OURS | left_out
        }
        for table, left_out in ONE_SOURCE.items()
        for row in stored[table]
    }


async def same_as_fresh(world: World, follower: CompanyRef) -> None:
    fresh = await written(await read(world))
    wrong = differences(await rows(follower), await rows(fresh))
    assert not wrong, "\n".join(wrong[:40])


def differences(followed: dict[str, dict[str, Any]], fresh: dict[str, dict[str, Any]]) -> list[str]:
    """What differs, by row and column; empty where nothing does."""
    missing = [f"{key} stands in one alone" for key in followed.keys() ^ fresh.keys()]
    return missing + [
        f"{key}.{column}: {followed[key][column]!r} instead of {value!r}"
        for key in followed.keys() & fresh.keys()
        for column, value in fresh[key].items()
        if followed[key][column] != value
    ]


async def live_through(world: World, history: History, follower: CompanyRef, changes: int) -> None:
    """Changes, told of in any order; then the follower has what a fresh sync has."""
    history.go_on(changes)
    order = random.Random(history.seed)
    for part in parts(mixed(world, order), order):
        await receive(follower, part)
    await same_as_fresh(world, follower)


_CALM = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failure says which column of which row differs, and needs no smaller history."""


@settings(max_examples=4, deadline=None, suppress_health_check=_CALM, phases=_NO_SHRINKING)
@given(
    seed=st.integers(0, 1_000_000),
    changes=st.integers(5, 40),
    moves=st.sets(st.sampled_from(sorted(MOVES)), min_size=4),
)
async def test_any_order_and_any_repetition_end_as_a_fresh_sync(
    db: None, tmp_path_factory: pytest.TempPathFactory, seed: int, changes: int, moves: set[str]
) -> None:
    async with platform_session() as session:
        await session.execute(text("DELETE FROM companies"))
    async with following(tmp_path_factory.mktemp("whop")) as world:
        follower = await written(await read(world), whop_id=world.company)
        history = History(world.sandbox.store, world.company, f"short {seed}", moves=sorted({*moves, "join"}))
        await live_through(world, history, follower, changes)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("chain", range(CHAINS))
async def test_long_histories_end_as_a_fresh_sync(
    db: None, tmp_path: Path, chain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One history after the other in one company, worked off in batches of every size."""
    batches = random.Random(f"batches {chain}")
    async with following(tmp_path) as world:
        follower = await written(await read(world), whop_id=world.company)
        history = History(world.sandbox.store, world.company, "")
        for number in range(HISTORIES_A_CHAIN):
            history.seed = f"{chain} {number}"
            monkeypatch.setattr(sync_inbox, "BATCH", batches.choice((30, 100, 300, 300)))
            await live_through(world, history, follower, CHANGES)
