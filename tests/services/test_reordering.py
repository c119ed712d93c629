"""Whatever order deliveries come in and however often, the rows end as a fresh sync would have them."""

import itertools
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.support import factories
from tests.support.whop import World, open_world
from whop_crm import config
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Fact
from whop_crm.clients.webhooks import verify
from whop_crm.db import company_session, platform_session
from whop_crm.jobs import inbox
from whop_crm.models.enums import Origin, SyncResource
from whop_crm.sandbox import acts
from whop_crm.sandbox.casting import Stage
from whop_crm.sandbox.outbox import SignedDelivery, take_deliveries
from whop_crm.sandbox.transitions import Impossible
from whop_crm.services import sync

pytestmark = pytest.mark.slow

MEMBERS = 50
COMMERCE = ("join", "renew", "cancel", "cancel-now", "uncancel", "fail-payment", "recover-payment", "refund", "dispute",
            "upgrade", "pause", "resume", "leave", "visit")  # fmt: skip
RESOURCES = (
    SyncResource.PRODUCTS, SyncResource.PLANS, SyncResource.PROMO_CODES, SyncResource.MEMBERS,
    SyncResource.MEMBERSHIPS, SyncResource.PAUSED, SyncResource.PAYMENTS, SyncResource.REFUNDS, SyncResource.DISPUTES,
)  # fmt: skip

OURS = {"id", "company_id", "recorded_at", "member_id", "plan_id", "product_id"}
"""Numbers of our own, which another company does not share."""

ONE_SOURCE = {
    "members": {"version"},  # a member has no updated_at: the envelope's time against the request's
    "memberships": {"paused_version"},  # our note of when pausing was last told
    "payments": set(),
    "refunds": {"reason"},  # a webhook does not say it
    "disputes": set(),
    "products": set(),
    "plans": set(),
}
"""By table, the columns that webhook and API do not both carry, each with its reason."""


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with open_world(tmp_path, members=MEMBERS) as made:
        made.sandbox.hooks.ensure(
            "http://127.0.0.1:1/api/webhooks/whop",
            made.sandbox.credentials.app_id,
            made.sandbox.credentials.webhook_secret,
            datetime.now(UTC),
        )
        monkeypatch.setenv("WHOP_WEBHOOK_SECRET", made.sandbox.credentials.webhook_secret)
        config.settings.cache_clear()
        monkeypatch.setattr(inbox, "whop", lambda: made.whop)
        yield made
    config.settings.cache_clear()


async def read(world: World) -> list[Fact]:
    """All that a fresh sync reads of what this test compares."""
    facts: list[Fact] = []
    for resource in RESOURCES:
        cursor: str | None = None
        while True:
            page = await world.whop.page(resource, world.company, cursor)
            facts += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    return facts


async def written(facts: Sequence[Fact], **changes: Any) -> CompanyRef:
    """A company that has just synced these."""
    company = await factories.company(**changes)
    async with company_session(Scope.system(company)) as db:
        await sync.apply_facts(db, facts, Origin.BACKFILL)
    return company


def happen(world: World, history: Sequence[tuple[str, int]], started: datetime) -> None:
    """The acts, a moment apart, so that none lies ahead; those that make no sense at their turn do not happen."""
    store = world.sandbox.store
    for step, (name, seed) in enumerate(history):
        rng = random.Random(f"{seed} {next(_turns)}")  # ids come from it, and no id is given twice
        stage = Stage(store, rng, world.company, started + timedelta(milliseconds=step), asked=True)
        try:
            acts.ACTS[name](stage)
        except Impossible:
            continue


async def receive(company: CompanyRef, deliveries: Sequence[SignedDelivery]) -> None:
    """Through the door's own steps and the inbox's own worker."""
    for delivery in deliveries:
        envelope = verify(delivery.body, delivery.headers)
        async with company_session(Scope.system(company)) as db:
            await sync.store_deliveries(db, [envelope])
    async with platform_session() as db:
        await sync.mark_due(db, [company.id])
    await inbox.drain()


async def rows(company: CompanyRef, table: str) -> dict[str, dict[str, Any]]:
    async with company_session(Scope.system(company)) as db:
        found = await db.scalars(text(f"SELECT to_jsonb(t) FROM {table} t"))  # a constant of this module
        left_out = OURS | ONE_SOURCE[table]
        return {row["whop_id"]: {k: v for k, v in row.items() if k not in left_out} for row in found}


async def same_as_fresh(world: World, history: Sequence[tuple[str, int]], order: random.Random) -> None:
    follower = await written(await read(world), whop_id=world.company)
    happen(world, history, datetime.now(UTC))
    deliveries = take_deliveries(world.sandbox.store, datetime.now(UTC))
    mixed = [*deliveries, *order.sample(deliveries, len(deliveries) // 2)]
    order.shuffle(mixed)
    await receive(follower, mixed)
    fresh = await written(await read(world))
    wrong = [one for table in ONE_SOURCE for one in differences(await rows(follower, table), await rows(fresh, table))]
    assert not wrong, "\n".join(wrong)


def differences(followed: dict[str, dict[str, Any]], fresh: dict[str, dict[str, Any]]) -> list[str]:
    """What differs, by row and column; empty where nothing does."""
    missing = [f"{key} stands in one alone" for key in followed.keys() ^ fresh.keys()]
    return missing + [
        f"{key}.{column}: {followed[key][column]!r} instead of {value!r}"
        for key in followed.keys() & fresh.keys()
        for column, value in fresh[key].items()
        if followed[key][column] != value
    ]


_turns = itertools.count()
HISTORIES = st.lists(st.tuples(st.sampled_from(COMMERCE), st.integers(0, 10_000)), min_size=5, max_size=40)
_CALM = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
_NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""Each history takes a second: a failure says which column of which row differs, and needs no smaller history."""


@settings(max_examples=6, deadline=None, suppress_health_check=_CALM, phases=_NO_SHRINKING)
@given(history=HISTORIES, seed=st.integers(0, 10_000))
async def test_any_order_and_any_repetition_end_as_a_fresh_sync(
    db: None, world: World, history: list[tuple[str, int]], seed: int
) -> None:
    await _clear()
    await same_as_fresh(world, history, random.Random(seed))


@pytest.mark.long
@pytest.mark.timeout(1200)
@settings(max_examples=10, deadline=None, suppress_health_check=_CALM, phases=_NO_SHRINKING)
@given(
    history=st.lists(st.tuples(st.sampled_from(COMMERCE), st.integers(0, 10_000)), min_size=50, max_size=200),
    seed=st.integers(0, 10_000),
)
async def test_long_histories_end_as_a_fresh_sync(
    db: None, world: World, history: list[tuple[str, int]], seed: int
) -> None:
    await _clear()
    await same_as_fresh(world, history, random.Random(seed))


async def _clear() -> None:
    async with platform_session() as db:
        await db.execute(text("DELETE FROM companies"))
