"""The history of memberships and what members are worth, from facts as they come."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.services.test_apply import apply, everything, one, rows
from tests.support import facts as f
from tests.support.factories import NOW, company
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import UNSAID, Fact, MemberFact, MembershipFact, PaymentFact
from whop_crm.db import company_session
from whop_crm.models.enums import Origin
from whop_crm.services import members

pytestmark = pytest.mark.usefixtures("db")


async def changes(ref: CompanyRef) -> list[tuple[Any, ...]]:
    """Day before now, status, canceling, MRR and whether it was reconstructed."""
    found = await rows(ref, "SELECT * FROM membership_changes ORDER BY membership_id, occurred_at, id")
    return [
        ((row.occurred_at - NOW).days, row.status, row.cancel_at_period_end, row.mrr_minor, row.reconstructed)
        for row in found
    ]


def yearly(ines: MemberFact, **more: Any) -> tuple[MembershipFact, PaymentFact]:
    held = f.membership(ines, renewal_price=49000, billing_period_days=365, created_at=NOW - timedelta(days=80), **more)
    return held, f.payment(held, total=49000, paid_at=NOW - timedelta(days=80))


async def test_a_backfill_reconstructs_from_paid_payments() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines, created_at=NOW - timedelta(days=60), cancel_at_period_end=True,
                        canceled_at=NOW - timedelta(days=5))  # fmt: skip
    await apply(ref, ines, held, origin=Origin.BACKFILL)
    for day in (0, 30, 60):
        paid = f.payment(held, paid_at=NOW - timedelta(days=day), total=4900 if day < 60 else 3900)
        await apply(ref, paid, origin=Origin.BACKFILL)
    assert await changes(ref) == [
        (-60, "active", False, 3900, True),
        (-30, "active", False, 4900, True),
        (-5, "active", True, 4900, True),
    ]


async def test_from_then_on_states_are_seen() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines, version=NOW - timedelta(days=1))
    await apply(ref, ines, held, f.payment(held, paid_at=held.created_at), origin=Origin.BACKFILL)
    broke = replace(held, version=NOW, status="past_due", most_recent_action="past_due")
    gone = replace(held, version=NOW + timedelta(days=4), status="canceled", most_recent_action="canceled_on",
                   most_recent_action_at=NOW + timedelta(days=3))  # fmt: skip
    await apply(ref, broke)
    await apply(ref, gone)
    await apply(ref, broke)
    assert await changes(ref) == [
        (-90, "active", False, 4900, True),
        (0, "past_due", False, 4900, False),
        (3, "canceled", False, 0, False),
    ]


async def test_a_trial_that_converts_while_watched() -> None:
    ref = await company()
    ines = f.member()
    trial = f.membership(ines, status="trialing", created_at=NOW, version=NOW)
    await apply(ref, f.plan(trial_period_days=7), ines, trial)
    at = NOW + timedelta(days=7)
    await apply(ref, f.payment(trial, paid_at=at))
    await apply(ref, replace(trial, status="active", version=at))
    assert await changes(ref) == [(0, "trialing", False, 0, True), (7, "active", False, 4900, False)]


async def test_yearly_refunded_keeps_its_mrr_while_it_is_active() -> None:
    ref = await company()
    ines = f.member()
    held, paid = yearly(ines)
    await apply(ref, ines, held, paid, f.refund(paid))
    row = await one(ref, "SELECT mrr_minor, net_revenue_minor FROM members")
    assert tuple(row) == (4083, 0)


async def test_lifetime_is_cash_and_no_mrr() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines, status="completed", renewal_price=None, billing_period_days=None, period_end=None)
    await apply(ref, ines, held, f.payment(held, total=99900, billing_reason="one_time"))
    row = await one(ref, "SELECT status, mrr_minor, net_revenue_minor, next_charge_at FROM members")
    assert tuple(row) == ("completed", 0, 99900, None)


async def test_one_of_two_memberships_dropped() -> None:
    ref = await company()
    ines = f.member()
    first, second = f.membership(ines), f.membership(ines, renewal_price=1000)
    await apply(ref, ines, first, second, f.payment(first), f.payment(second, total=1000))
    assert (await one(ref, "SELECT mrr_minor FROM members")).mrr_minor == 5900
    await apply(ref, replace(first, status="canceled", version=NOW + timedelta(days=1), canceled_at=NOW))
    row = await one(ref, "SELECT mrr_minor, status, memberships FROM members")
    assert tuple(row) == (1000, "active", 2)


async def test_paused_and_resumed() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines)
    await apply(ref, ines, held, f.payment(held))
    paused = replace(held, version=NOW + timedelta(days=1), paused=True, most_recent_action="paused_at",
                     most_recent_action_at=NOW + timedelta(days=1))  # fmt: skip
    await apply(ref, paused)
    row = await one(ref, "SELECT status, mrr_minor, next_charge_at FROM members")
    assert tuple(row) == ("paused", 0, None)
    await apply(ref, replace(held, version=NOW + timedelta(days=2)))
    assert tuple(await one(ref, "SELECT status, mrr_minor FROM members")) == ("active", 4900)
    assert [row[3] for row in await changes(ref)][-3:] == [4900, 0, 4900]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"most_recent_action": "canceled_on", "most_recent_action_at": NOW - timedelta(days=3)}, -3),
        ({"most_recent_action": None, "cancel_at_period_end": True, "period_end": NOW - timedelta(days=2)}, -2),
        ({"most_recent_action": None, "canceled_at": NOW - timedelta(days=9)}, -9),
    ],
)
async def test_when_a_membership_ended(told: dict[str, Any], expected: int) -> None:
    ref = await company()
    ines = f.member()
    await apply(ref, ines, f.membership(ines, status="canceled", **told))
    assert ((await one(ref, "SELECT ended_at FROM memberships")).ended_at - NOW).days == expected


async def test_unclaimed_memberships_pay_and_belong_to_nobody() -> None:
    ref = await company()
    held = f.membership(None)
    await apply(ref, held, f.payment(held))
    row = await one(ref, "SELECT member_id, mrr_minor FROM memberships")
    assert tuple(row) == (None, 4900)


def batch(rng: random.Random) -> list[Fact]:
    """What may happen to three people who hold five memberships, told in any order and more than once."""
    people = [
        f.member(id=f"mber_{n}", user_id=f"user_{n}", access_level=rng.choice(("customer", "admin"))) for n in range(3)
    ]
    told: list[Fact] = list(people)
    for n in range(5):
        held = f.membership(rng.choice([*people, None]), id=f"mem_{n}", currency=rng.choice(("usd", "eur")))
        for step in range(rng.randrange(1, 4)):
            status = rng.choice(("active", "trialing", "past_due", "canceled", "completed", "expired"))
            at, action = NOW + timedelta(hours=step), rng.choice(("paused_at", "renewing_on", "canceling_on"))
            paused = {"paused_at": True, "renewing_on": False}.get(action, UNSAID)
            told.append(
                replace(held, version=at, status=status, paused=paused, most_recent_action=action,
                        most_recent_action_at=at, cancel_at_period_end=rng.choice((True, False)))
            )  # fmt: skip
        for k in range(rng.randrange(4)):
            paid = f.payment(held, id=f"pay_{n}{k}", total=rng.choice((0, 4900)), currency=held.currency,
                             usd_total=5300, paid_at=NOW - timedelta(days=30 * k))  # fmt: skip
            told.append(paid if rng.random() < 0.7 else f.failed(held, id=paid.id))
            if rng.random() < 0.3:
                told.append(f.refund(paid, id=f"rf_{n}{k}", amount=rng.choice((100, 4900))))
            if rng.random() < 0.2:
                told.append(f.dispute(paid, id=f"dspt_{n}{k}", status=rng.choice(("won", "lost", "under_review"))))
    told += [f.plan(), f.product(), f.course(people[0]), f.post(people[1], id="post_1"), f.chat(people[2], id="msg_1")]
    return told


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6))
async def test_what_is_kept_up_equals_what_is_worked_out_anew(seed: int) -> None:
    await kept_up_equals_worked_out(seed)


@pytest.mark.long
@pytest.mark.timeout(1200)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
async def test_many_more_of_them(seed: int) -> None:
    await kept_up_equals_worked_out(seed)


async def kept_up_equals_worked_out(seed: int) -> None:
    """In any order, in any batches, told more than once: the same rows, and nothing left for a full comparison."""
    rng = random.Random(seed)
    told = batch(rng)
    first, second = await company(), await company()
    await apply(first, *told, origin=Origin.BACKFILL)
    mixed = [*told, *rng.sample(told, len(told) // 2)]
    rng.shuffle(mixed)
    while mixed:
        size = rng.randrange(1, 8)
        await apply(second, *mixed[:size])
        mixed = mixed[size:]
    once, piecemeal = await facts_of(first), await facts_of(second)
    assert {key: once[key] for key in once if once[key] != piecemeal.get(key)} == {
        key: piecemeal[key] for key in piecemeal if once.get(key) != piecemeal[key]
    }
    kept = await everything(second)
    async with company_session(Scope.system(second)) as db:
        await members.recompute_summaries(db)
    assert await everything(second) == kept


async def facts_of(ref: CompanyRef) -> dict[tuple[str, str, str], Any]:
    """Each value by table, Whop's id and column, without our own numbers."""
    ours = {"id", "company_id", "recorded_at", "member_id", "plan_id", "product_id"}
    found: dict[tuple[str, str, str], Any] = {}
    async with company_session(Scope.system(ref)) as db:
        for table in ("members", "memberships", "payments", "refunds", "disputes", "plans", "products"):
            for row in await db.scalars(text(f"SELECT to_jsonb(t) FROM {table} t")):
                found |= {(table, row["whop_id"], name): row[name] for name in row.keys() - ours}
    return found
