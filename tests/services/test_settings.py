"""A changed setting leaves every number as it would be had the company always had it."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.support import factories, facts
from tests.support.factories import NOW
from whop_crm.access import CompanyRef, PauseRule, Scope, ScoreWeights
from whop_crm.clients.facts import Fact, MembershipFact
from whop_crm.db import company_session, platform_session
from whop_crm.errors import InvalidInput
from whop_crm.jobs import recounts
from whop_crm.models.enums import Origin, RecountStage
from whop_crm.services import companies, members, settings, sync
from whop_crm.services.settings import SettingsInput, recounting

BERLIN, KIRITIMATI, HONOLULU = "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Honolulu"
DEFAULT = SettingsInput("UTC", 1, "usd", PauseRule.APART, ScoreWeights())
EUR_IN_CENTS = {0: 108, 1: 112, 2: 105}
"""Dollars (in cents) for a euro, on days that take turns."""


def wanted(**changes: Any) -> SettingsInput:
    values = {"timezone": "UTC", "week_start": 1, "currency": "usd", "pause_rule": PauseRule.APART,
              "weights": ScoreWeights()}  # fmt: skip
    return SettingsInput(**{**values, **changes})


def moment(rng: random.Random, days: int) -> datetime:
    return NOW - timedelta(days=days, minutes=rng.randrange(24 * 60))


def told(rng: random.Random, n: int) -> list[list[Fact]]:
    """What Whop tells of some members: first all there was, then what happened day by day."""
    people = [facts.member(joined_at=moment(rng, 80), last_accessed_at=moment(rng, 45)) for _ in range(n)]
    memberships = [_membership(rng, person) for person in people]
    first: list[Fact] = [facts.plan(), *people, *memberships]
    first += [_payment(one, NOW - timedelta(days=day, minutes=rng.randrange(1440)), own_rate=True)
              for one in memberships for day in (75, 60, 45)]  # fmt: skip
    return [first, *(_day(rng, people, memberships, day) for day in range(40, 0, -4))]


def _membership(rng: random.Random, person: Any) -> MembershipFact:
    price = rng.choice((4900, 4950, 12_345))
    currency = rng.choice(("usd", "eur"))
    start = NOW - timedelta(days=76, minutes=rng.randrange(1440))
    return facts.membership(person, currency=currency, renewal_price=price, created_at=start, version=start,
                            plan_id=f"plan_{currency}")  # fmt: skip


def _payment(of: MembershipFact, at: datetime, *, own_rate: bool) -> Fact:
    price = of.renewal_price or 0
    dollars = price if of.currency == "usd" else price * EUR_IN_CENTS[at.toordinal() % 3] // 100
    return facts.payment(of, total=price, currency=of.currency, usd_total=dollars if own_rate else 0, paid_at=at)


def _day(rng: random.Random, people: Sequence[Any], memberships: list[MembershipFact], day: int) -> list[Fact]:
    found: list[Fact] = []
    for number, (person, one) in enumerate(zip(people, memberships, strict=True)):
        at = moment(rng, day)
        found += [make(person, created_at=at) for make in (facts.post, facts.chat) if rng.random() < 0.5]
        if rng.random() < 0.4:
            found.append(facts.lesson(person, completed_at=at))
        if rng.random() < 0.5:
            found.append(facts.member(id=person.id, user_id=person.user_id, version=at, last_accessed_at=at))
        if one.status == "canceled":
            continue
        if rng.random() < 0.4:
            found.append(_payment(one, at, own_rate=one.currency == "usd"))
        elif rng.random() < 0.3:
            memberships[number] = _moved(rng, person, one, at)
            found.append(memberships[number])
    return found


def _moved(rng: random.Random, person: Any, before: MembershipFact, at: datetime) -> MembershipFact:
    status = rng.choice(("active", "past_due", "canceled"))
    ended = {"canceled_at": at, "most_recent_action": "canceled_on", "most_recent_action_at": at}
    return facts.membership(
        person, id=before.id, currency=before.currency, renewal_price=before.renewal_price, plan_id=before.plan_id,
        created_at=before.created_at, status=status, version=at, paused=rng.random() < 0.2,
        **(ended if status == "canceled" else {}),
    )  # fmt: skip


async def apply(company: CompanyRef, batches: Sequence[Sequence[Fact]], first: Origin = Origin.LIVE) -> None:
    for number, batch in enumerate(batches):
        async with company_session(Scope.system(company)) as db:
            await sync.apply_facts(db, batch, first if number == 0 else Origin.LIVE)


async def change(company: CompanyRef, **changes: Any) -> bool:
    async with company_session(factories.scope(company)) as db:
        return await settings.change_settings(db, wanted(**changes))


TABLES = {
    "members": "to_jsonb(t) - array['id', 'company_id', 'recorded_at', 'plan_id', 'product_id']",
    "payments": "jsonb_build_object('id', t.whop_id, 'amount', t.total_company_minor, 'taken', t.taken_company_minor)",
    "memberships": "jsonb_build_object('id', t.whop_id, 'mrr', t.mrr_minor, 'first', t.first_charge_at)",
}
RELATED = {
    "days": "SELECT m.whop_id, d.kind, d.day, d.n FROM member_days d JOIN members m ON m.id = d.member_id",
    "balances": """
        SELECT DISTINCT ON (m.whop_id, day) m.whop_id, (c.occurred_at AT TIME ZONE :zone)::date AS day, c.status,
               c.paused, c.mrr_minor
        FROM membership_changes c JOIN memberships m ON m.id = c.membership_id
        ORDER BY m.whop_id, day, c.occurred_at DESC, c.id DESC""",
}


async def numbers(company: CompanyRef) -> dict[str, list[Any]]:
    """Everything that depends on a setting."""
    async with company_session(Scope.system(company)) as db:
        await companies.renew_scope(db)
        await members.recount_windows(db, NOW)
        found: dict[str, list[Any]] = {}
        for table, shape in TABLES.items():
            found[table] = list(await db.scalars(text(f"SELECT {shape} FROM {table} t ORDER BY t.whop_id")))
        for name, query in RELATED.items():
            values = {"zone": db.scope.company.timezone} if ":zone" in query else {}
            found[name] = sorted(tuple(row) for row in await db.execute(text(query), values))
    return found


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for stage in recounting.CHUNK:
        monkeypatch.setitem(recounting.CHUNK, stage, 15)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("zone", "currency"),
    [(BERLIN, "usd"), (KIRITIMATI, "usd"), (HONOLULU, "eur"), ("UTC", "eur"), (BERLIN, "gbp")],
)
async def test_it_equals_a_company_that_was_always_so(db: None, small_chunks: None, zone: str, currency: str) -> None:
    batches = told(random.Random(f"{zone} {currency}"), 8)
    fresh = await factories.company(timezone=zone, currency=currency)
    await apply(fresh, batches, Origin.BACKFILL)
    changed = await factories.company()
    await apply(changed, batches, Origin.BACKFILL)
    assert await numbers(changed) != await numbers(fresh)
    assert await change(changed, timezone=zone, currency=currency)
    await recounts.work()
    assert differences(await numbers(changed), await numbers(fresh)) == []


async def test_there_and_back_again_changes_nothing(db: None, small_chunks: None) -> None:
    company = await factories.company()
    await apply(company, told(random.Random(5), 8), Origin.BACKFILL)
    before = await numbers(company)
    for changes in ({"timezone": HONOLULU, "currency": "eur"}, {"timezone": KIRITIMATI}, {}):
        await change(company, **changes)
        await recounts.work()
    assert await numbers(company) == before


@pytest.mark.slow
@pytest.mark.parametrize("steps", [0, 2, 6, 11])
async def test_facts_that_arrive_meanwhile_and_a_death_in_between_do_no_harm(
    db: None, small_chunks: None, steps: int
) -> None:
    batches = told(random.Random(steps), 8)
    fresh = await factories.company(timezone=KIRITIMATI, currency="eur")
    await apply(fresh, batches, Origin.BACKFILL)
    company = await factories.company()  # a scope of before the change, as a long sync holds one
    await apply(company, batches[:6], Origin.BACKFILL)
    await change(company, timezone=KIRITIMATI, currency="eur")
    for _ in range(steps):
        await settings.recount_step(company)
    await apply(company, batches[6:])
    async with platform_session() as db_all:
        await db_all.execute(text("UPDATE inboxes SET recount_due_at = now()"))  # the lease of who died has run out
    await recounts.work()
    assert differences(await numbers(company), await numbers(fresh)) == []


async def test_a_second_change_starts_again(db: None, small_chunks: None) -> None:
    company = await factories.company()
    batches = told(random.Random(8), 8)
    await apply(company, batches, Origin.BACKFILL)
    await change(company, timezone=HONOLULU)
    for _ in range(8):
        await settings.recount_step(company)
    await change(company, timezone=BERLIN, currency="eur")
    async with company_session(factories.scope(company)) as db_one:
        progress = await settings.find_recount(db_one)
    assert progress is not None
    assert (progress.stage, progress.fraction, progress.running) == (RecountStage.AMOUNTS, 0.0, True)
    await change(company, timezone=BERLIN, currency="eur", weights=ScoreWeights(1, 1, 1, 1))
    async with company_session(factories.scope(company)) as db_one:
        still = await settings.find_recount(db_one)
    assert still == progress  # the scores come last anyway
    await recounts.work()
    fresh = await factories.company(
        timezone=BERLIN, currency="eur", posts_weight=1, comments_weight=1, courses_weight=1, recency_weight=1
    )
    await apply(fresh, batches, Origin.BACKFILL)
    assert differences(await numbers(company), await numbers(fresh)) == []


async def test_weights_work_out_the_scores_alone(db: None) -> None:
    company = await factories.company()
    await apply(company, told(random.Random(3), 8), Origin.BACKFILL)
    before = await numbers(company)
    assert await change(company, weights=ScoreWeights(0, 0, 0, 5))
    await recounts.work()
    after = await numbers(company)
    assert [row["engagement_score"] for row in after["members"]] != [
        row["engagement_score"] for row in before["members"]
    ]
    for rows in (before, after):
        for row in rows["members"]:
            del row["engagement_score"]
    assert after == before


async def test_what_no_number_depends_on_works_nothing_out(db: None) -> None:
    company = await factories.company()
    assert not await change(company, week_start=7, pause_rule=PauseRule.CHURN)
    async with company_session(factories.scope(company)) as session:
        assert await settings.find_recount(session) is None
        found = await settings.get_settings(session)
    assert found.zone_chosen
    assert (found.settings.week_start, found.settings.pause_rule) == (7, PauseRule.CHURN)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "localtime"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"currency": "xxx"}, "currency"),
        ({"week_start": 3}, "week_start"),
        ({"weights": ScoreWeights(0, 0, 0, 0)}, "weights"),
        ({"weights": ScoreWeights(11, 0, 0, 0)}, "weights"),
        ({"weights": ScoreWeights(-1, 2, 2, 2)}, "weights"),
    ],
)
async def test_what_cannot_be_is_refused(db: None, changes: dict[str, Any], field: str) -> None:
    company = await factories.company()
    with pytest.raises(InvalidInput) as caught:
        await change(company, **changes)
    assert caught.value.field == field


async def test_postgresql_knows_every_zone_on_offer(db: None) -> None:
    async with platform_session() as session:
        known = set(await session.scalars(text("SELECT name FROM pg_timezone_names")))
    assert set(settings.ZONES) <= known


async def test_the_first_browser_gives_its_zone_once(db: None) -> None:
    company = await factories.company()
    await apply(company, told(random.Random(2), 6), Origin.BACKFILL)
    async with company_session(factories.scope(company)) as session:
        assert await settings.adopt_zone(session, BERLIN)
    async with company_session(factories.scope(company)) as session:
        assert not await settings.adopt_zone(session, HONOLULU)
        assert (await settings.get_settings(session)).settings.timezone == BERLIN
    await recounts.work()
    fresh = await factories.company(timezone=BERLIN)
    await apply(fresh, told(random.Random(2), 6), Origin.BACKFILL)
    days = (await numbers(company))["days"]
    assert [row[1:] for row in days] == [row[1:] for row in (await numbers(fresh))["days"]]


async def test_a_browser_in_utc_settles_it_without_working_anything_out(db: None) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as session:
        assert await settings.adopt_zone(session, "UTC")
        assert await settings.find_recount(session) is None


async def test_what_fails_is_tried_again_later(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    company = await factories.company()
    await change(company, timezone=BERLIN)

    async def broken(_: CompanyRef) -> bool:
        raise RuntimeError("no")

    with monkeypatch.context() as patch:
        patch.setattr(settings, "recount_step", broken)
        await recounts.work()
    async with platform_session() as session:
        due = await session.scalar(text("SELECT recount_due_at FROM inboxes"))
        assert due > datetime.now(UTC)
        await session.execute(text("UPDATE inboxes SET recount_due_at = now()"))
    await recounts.work()
    async with company_session(factories.scope(company)) as session:
        progress = await settings.find_recount(session)
    assert progress is not None
    assert progress.fraction == 1.0


def differences(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> list[str]:
    """What stands in one alone, by table."""
    return [
        f"{table}: {side} {row}"
        for table in one
        for side, rows, others in (("only changed", one[table], other[table]), ("only fresh", other[table], one[table]))
        for row in rows
        if row not in others
    ]
