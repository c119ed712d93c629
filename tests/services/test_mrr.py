"""What a membership carries, by the vectors of the definition."""

from datetime import datetime, timedelta

import pytest

from tests.support.factories import NOW
from whop_crm.models.enums import MembershipStatus, PlanType, PromoDuration
from whop_crm.services.billing.history import Change, Charge, Standing, State, observe, reconstruct
from whop_crm.services.billing.mrr import Ratio, Terms, half_even, membership_mrr, monthly_factor

ACTIVE, PAST_DUE, TRIALING, CANCELED = (
    MembershipStatus.ACTIVE, MembershipStatus.PAST_DUE, MembershipStatus.TRIALING, MembershipStatus.CANCELED,
)  # fmt: skip
START = NOW - timedelta(days=100)


def mrr(
    terms: Terms, status: MembershipStatus = ACTIVE, *, paused: bool = False, charged: bool = True,
    rate: Ratio | None = (1, 1),
) -> int:  # fmt: skip
    return membership_mrr(terms, status, paused=paused, charged=charged, rate=rate)


@pytest.mark.parametrize(
    ("price", "days", "expected"),
    [
        (49000, 365, 4083),  # yearly 490 → 40.83
        (1500, 7, 6500),  # weekly 15 → 65.00
        (3000, 45, 2028),  # 45 days 30 → 20.28
        (4900, 30, 4900),
        (100, 1, 3042),
        (2000, 14, 4333),
        (9000, 91, 3000),
        (12000, 122, 3000),
        (12000, 182, 2000),
        (9800, 60, 4900),
        (98000, 730, 4083),
        (5000, 31, 5000),
    ],
)
def test_a_price_by_the_month(price: int, days: int, expected: int) -> None:
    assert mrr(Terms(price, days)) == expected


def test_the_table_wins_over_the_year() -> None:
    assert [monthly_factor(days) for days in (28, 29, 30, 31)] == [(1, 1)] * 4
    assert monthly_factor(27) == (365, 324)


def test_half_goes_to_the_even_one() -> None:
    assert [half_even(n, 2) for n in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]
    assert half_even(7, 3) == 2


@pytest.mark.parametrize(
    ("terms", "status", "paused", "charged"),
    [
        (Terms(4900, 30), TRIALING, False, True),
        (Terms(4900, 30), CANCELED, False, True),
        (Terms(4900, 30), MembershipStatus.EXPIRED, False, True),
        (Terms(4900, 30), ACTIVE, True, True),
        (Terms(4900, 30), ACTIVE, False, False),
        (Terms(None, None), MembershipStatus.COMPLETED, False, True),
        (Terms(99900, None), ACTIVE, False, True),
        (Terms(4900, 30, plan_type=PlanType.ONE_TIME), ACTIVE, False, True),
        (Terms(4900, 30, split_pay=True), ACTIVE, False, True),
        (Terms(0, 30), ACTIVE, False, True),
    ],
)
def test_what_carries_nothing(terms: Terms, status: MembershipStatus, paused: bool, charged: bool) -> None:
    assert mrr(terms, status, paused=paused, charged=charged) == 0


def test_past_due_still_carries() -> None:
    assert mrr(Terms(4900, 30), PAST_DUE) == 4900


@pytest.mark.parametrize(
    ("promo", "plan_price", "expected"),
    [
        (None, 4900, 2450),
        (PromoDuration.FOREVER, 4900, 2450),
        (PromoDuration.ONCE, 4900, 4900),
        (PromoDuration.REPEATING, 4900, 4900),
        (PromoDuration.UNKNOWN, 4900, 2450),
        (PromoDuration.ONCE, None, 2450),
    ],
)
def test_the_price_behind_a_code(promo: PromoDuration | None, plan_price: int | None, expected: int) -> None:
    assert mrr(Terms(2450, 30, plan_price=plan_price, promo=promo)) == expected


def test_another_currency_goes_by_the_rate_of_its_charge_and_is_left_out_without_one() -> None:
    assert mrr(Terms(4500, 30), rate=(4871, 4500)) == 4871
    assert mrr(Terms(45000, 365), rate=(48710, 45000)) == 4059
    assert mrr(Terms(4500, 30), rate=None) == 0


def standing(**changes: object) -> Standing:
    values: dict[str, object] = {
        "id": 1, "whop_id": "mem_1", "member_id": 1, "version": NOW, "status": ACTIVE, "paused": False,
        "paused_at": None, "canceling": False, "canceled_at": None, "created_at": START, "ended_at": None,
        "plan": "plan_1", "initial_price": 0, "terms": Terms(4900, 30), "trial": False, "rate": (1, 1),
        "first_charge_at": START, "last_charge_at": NOW, **changes,
    }  # fmt: skip
    return Standing(**values)  # pyright: ignore[reportArgumentType] # a test's own values


def charge(at: datetime, total: int = 4900, **changes: object) -> Charge:
    values: dict[str, object] = {
        "at": at, "total": total, "subtotal": total, "tax": 0, "company_total": total, "reason": "subscription_cycle",
        **changes,
    }  # fmt: skip
    return Charge(**values)  # pyright: ignore[reportArgumentType] # a test's own values


def told(changes: list[Change]) -> list[tuple[int, str, int]]:
    """Days after the start, status and MRR."""
    return [((change.at - START).days, change.state.status.value, change.state.mrr) for change in changes]


def days(n: int) -> datetime:
    return START + timedelta(days=n)


def test_history_is_the_same_whatever_pages_its_charges_came_in() -> None:
    prices = {0: 4900, 30: 4900, 60: 9900, 90: 9900}
    now = standing(terms=Terms(9900, 30), last_charge_at=days(90), first_charge_at=days(0))
    at_once = reconstruct(now, [], [charge(days(n), total) for n, total in prices.items()])
    stored: list[Change] = []
    for number, (n, total) in enumerate(sorted(prices.items(), reverse=True), start=1):
        known = sorted(prices)[-number:]
        partly = standing(terms=Terms(9900, 30), first_charge_at=days(known[0]), last_charge_at=days(90))
        stored = reconstruct(partly, stored, [charge(days(n), total)])
    assert told(stored) == told(at_once) == [(0, "active", 4900), (60, "active", 9900)]


def test_a_trial_pays_and_ends() -> None:
    now = standing(
        status=CANCELED, trial=True, first_charge_at=days(7), last_charge_at=days(37), ended_at=days(67),
        canceled_at=days(50), canceling=True,
    )  # fmt: skip
    found = reconstruct(now, [], [charge(days(7)), charge(days(37))])
    expected = [(0, "trialing", 0), (7, "active", 4900), (50, "active", 4900), (67, "canceled", 0)]
    assert told(found) == expected
    assert [change.state.canceling for change in found] == [False, False, True, True]


def test_an_update_charge_sets_the_plan_and_not_the_price() -> None:
    now = standing(terms=Terms(9900, 30), first_charge_at=days(0), last_charge_at=days(40))
    found = reconstruct(now, [], [charge(days(0), 3120, reason="subscription_update"), charge(days(40), 9900)])
    assert told(found) == [(0, "active", 9900)]


def test_a_fee_at_the_start_is_no_price_and_tax_is_none_either() -> None:
    now = standing(initial_price=2000, first_charge_at=days(0), last_charge_at=days(0))
    first = charge(days(0), 7400, subtotal=6900, tax=500, reason="subscription_create")
    assert told(reconstruct(now, [], [first])) == [(0, "active", 4900)]


def test_one_time_purchases_have_a_state_and_no_mrr() -> None:
    now = standing(status=MembershipStatus.COMPLETED, terms=Terms(None, None, PlanType.ONE_TIME))
    assert told(reconstruct(now, [], [charge(days(0), 99900)])) == [(0, "completed", 0)]


def test_nothing_is_reconstructed_from_what_was_seen_on() -> None:
    seen = [Change(days(50), State(PAST_DUE, False, False, "plan_1", 4900), False, 7)]
    now = standing(first_charge_at=days(0), last_charge_at=days(60))
    found = reconstruct(now, seen, [charge(days(n)) for n in (0, 30, 60)])
    assert told(found) == [(0, "active", 4900)]


def test_past_due_and_paid_again_moves_nothing() -> None:
    stored = [Change(days(0), State(ACTIVE, False, False, "plan_1", 4900), False, 1)]
    late = State(PAST_DUE, False, False, "plan_1", 4900)
    found = observe(standing(version=days(35)), stored, [(days(30), late)])
    assert told(found) == [(30, "past_due", 4900), (100, "active", 4900)]


def test_a_state_that_comes_late_does_not_become_the_last_one() -> None:
    now = standing(version=days(40), last_charge_at=days(40))
    stored = [Change(days(0), now.state, True, 1)]
    found = observe(now, stored, [(days(35), State(PAST_DUE, False, False, "plan_1", 4900)), (days(40), now.state)])
    assert told(found) == [(35, "past_due", 4900), (40, "active", 4900)]
    assert observe(now, [*stored, *found], [(days(40), now.state)]) == []
