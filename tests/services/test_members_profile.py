"""One member's page: memberships, payments and what became of them, courses."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support import factories
from tests.support.factories import NOW
from whop_crm.access import Role
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import NotFound
from whop_crm.models import CourseProgress, PromoCode
from whop_crm.models.enums import (
    DisputeStatus,
    MembershipStatus,
    PaymentStatus,
    PlanType,
    PromoDuration,
    RefundStatus,
    ShownStatus,
)
from whop_crm.services import members
from whop_crm.services.members import MembershipRow, PaymentOutcome, PaymentRow


@pytest.fixture
async def here(db: None) -> AsyncIterator[CompanyDb]:
    company = await factories.company(currency="eur")
    async with company_session(factories.scope(company, Role.VIEWER)) as session:
        yield session


async def the_membership(db: CompanyDb, plan: dict[str, Any] | None = None, **changes: Any) -> MembershipRow:
    member = await factories.member(db)
    bought = await factories.plan(db, **(plan or {}))
    product = await factories.product(db)
    values = {"whop_plan_id": bought.whop_id, "whop_product_id": product.whop_id, **changes}
    await factories.membership(db, member, **values)
    [row] = (await members.get_member(db, member.whop_id)).memberships
    return row


async def the_payment(db: CompanyDb, **changes: Any) -> PaymentRow:
    member = await factories.member(db)
    await factories.payment(db, member, **changes)
    [row] = (await members.get_member(db, member.whop_id)).payments.rows
    return row


async def test_a_member_that_is_not_there(here: CompanyDb) -> None:
    with pytest.raises(NotFound, match="no such member"):
        await members.get_member(here, "mber_nobody")


async def test_the_header_and_the_sums_are_in_the_companys_currency(here: CompanyDb) -> None:
    member = await factories.member(here, name="", username=None, net_revenue_minor=990, payments=3, posts=4)
    found = await members.get_member(here, member.whop_id)
    assert (found.name, found.currency, found.net_revenue_minor) == (member.email, "eur", 990)
    assert (found.payment_count, found.stats.posts) == (3, 4)
    assert (found.memberships, found.payments.rows, found.payments.total, found.courses) == ((), (), 0, ())


async def test_a_membership_with_its_next_charge(here: CompanyDb) -> None:
    row = await the_membership(here)
    assert (row.status, row.plan_name, row.product_name, row.interval) == (
        ShownStatus.ACTIVE, "Monthly", "Academy", "month",
    )  # fmt: skip
    assert (row.next_charge_at, row.next_charge_minor, row.price_minor) == (NOW + timedelta(days=20), 2900, 2900)
    assert (row.ends_at, row.ended_at, row.mrr_currency) == (None, None, "eur")


async def test_one_that_is_set_to_end_says_when_and_why_and_charges_no_more(here: CompanyDb) -> None:
    reason = {"cancel_option": "too_expensive", "cancel_reason": "Money is short", "canceled_at": NOW}
    row = await the_membership(here, cancel_at_period_end=True, **reason)
    assert (row.status, row.next_charge_at, row.ends_at) == (ShownStatus.CANCELING, None, NOW + timedelta(days=20))
    assert (row.cancel_option, row.cancel_reason, row.canceled_at) == ("too_expensive", "Money is short", NOW)


async def test_a_paused_one_charges_nothing(here: CompanyDb) -> None:
    row = await the_membership(here, paused=True, paused_at=NOW, cancel_at_period_end=True)
    assert (row.status, row.next_charge_at, row.paused_at) == (ShownStatus.PAUSED, None, NOW)


async def test_a_trial_says_when_it_ends(here: CompanyDb) -> None:
    row = await the_membership(here, status=MembershipStatus.TRIALING)
    assert (row.trial_ends_at, row.next_charge_at) == (NOW + timedelta(days=20), NOW + timedelta(days=20))


async def test_what_is_paid_once_has_no_interval(here: CompanyDb) -> None:
    plan = {"plan_type": PlanType.ONE_TIME, "billing_period_days": None}
    row = await the_membership(
        here, plan, status=MembershipStatus.COMPLETED, billing_period_days=None, initial_price_minor=99_900
    )
    assert (row.interval, row.price_minor, row.next_charge_at) == ("", 99_900, None)


@pytest.mark.parametrize(
    ("days", "words"), [(30, "month"), (31, "month"), (365, "year"), (7, "week"), (91, "3 months"), (45, "45 days")]
)
async def test_intervals_in_words(here: CompanyDb, days: int, words: str) -> None:
    assert (await the_membership(here, billing_period_days=days)).interval == words


async def test_the_code_it_was_bought_with_and_an_unknown_plan(here: CompanyDb) -> None:
    here.add(
        PromoCode(
            company_id=here.scope.company_id, whop_id="promo_1", version=NOW, code="SPRING", promo_type="percentage",
            amount_off=10, currency="usd", duration=PromoDuration.ONCE, status="active", whop_created_at=NOW,
        )
    )  # fmt: skip
    row = await the_membership(here, whop_promo_code_id="promo_1", whop_plan_id="plan_nobody_knows")
    assert (row.promo_code, row.plan_name, row.interval) == ("SPRING", "", "month")


async def test_live_ones_come_first_then_the_newest(here: CompanyDb) -> None:
    member = await factories.member(here)
    ended = {"status": MembershipStatus.CANCELED, "ended_at": NOW}
    for whop_id, age, changes in (("a", 9, ended), ("b", 5, {}), ("c", 7, {}), ("d", 1, ended)):
        created = NOW - timedelta(days=age)
        await factories.membership(here, member, whop_id=f"mem_{whop_id}", whop_created_at=created, **changes)
    found = await members.get_member(here, member.whop_id)
    assert [row.whop_id for row in found.memberships] == ["mem_b", "mem_c", "mem_d", "mem_a"]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, PaymentOutcome.PAID),
        ({"status": PaymentStatus.OPEN, "substatus": "failed"}, PaymentOutcome.FAILED),
        ({"status": PaymentStatus.OPEN, "substatus": "past_due"}, PaymentOutcome.FAILED),
        ({"status": PaymentStatus.UNCOLLECTIBLE, "substatus": "uncollectible"}, PaymentOutcome.FAILED),
        ({"status": PaymentStatus.OPEN, "substatus": "pending"}, PaymentOutcome.PENDING),
        ({"status": PaymentStatus.PENDING, "substatus": "incomplete"}, PaymentOutcome.PENDING),
        ({"status": PaymentStatus.VOID, "substatus": "canceled"}, PaymentOutcome.VOID),
        ({"status": PaymentStatus.OPEN, "substatus": "canceled"}, PaymentOutcome.VOID),
        ({"substatus": "refunded", "refunded_minor": 2900}, PaymentOutcome.REFUNDED),
        ({"substatus": "auto_refunded"}, PaymentOutcome.REFUNDED),
        ({"substatus": "partially_refunded", "refunded_minor": 100}, PaymentOutcome.PARTLY_REFUNDED),
        ({"substatus": "succeeded", "refunded_minor": 100}, PaymentOutcome.PARTLY_REFUNDED),
        ({"substatus": "dispute_needs_response"}, PaymentOutcome.DISPUTED),
        ({"substatus": "open_dispute"}, PaymentOutcome.DISPUTED),
        ({"substatus": "resolution_lost"}, PaymentOutcome.DISPUTE_LOST),
        ({"substatus": "dispute_won"}, PaymentOutcome.PAID),
        ({"substatus": "dispute_warning_closed"}, PaymentOutcome.PAID),
    ],
)
async def test_what_became_of_a_payment_in_one_word(
    here: CompanyDb, changes: dict[str, Any], outcome: PaymentOutcome
) -> None:
    assert (await the_payment(here, **changes)).outcome is outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (DisputeStatus.UNDER_REVIEW, PaymentOutcome.DISPUTED),
        (DisputeStatus.LOST, PaymentOutcome.DISPUTE_LOST),
        (DisputeStatus.WON, PaymentOutcome.PAID),
    ],
)
async def test_a_dispute_knows_better_than_the_payments_substatus(
    here: CompanyDb, status: DisputeStatus, outcome: PaymentOutcome
) -> None:
    member = await factories.member(here)
    payment = await factories.payment(here, member, substatus="dispute_needs_response")
    await factories.dispute(here, payment, status=status, reason="fraudulent")
    [row] = (await members.list_payments(here, member.id)).rows
    assert (row.outcome, row.disputes[0].reason) == (outcome, "fraudulent")


async def test_a_refund_counts_when_it_has_succeeded(here: CompanyDb) -> None:
    member = await factories.member(here)
    first, second = [await factories.payment(here, member) for _ in range(2)]
    await factories.refund(here, first, status=RefundStatus.PENDING)
    await factories.refund(here, second, reason="requested_by_customer")
    rows = {row.whop_id: row for row in (await members.list_payments(here, member.id)).rows}
    assert rows[first.whop_id].outcome is PaymentOutcome.PAID
    assert rows[second.whop_id].outcome is PaymentOutcome.REFUNDED
    assert rows[second.whop_id].refunds[0].reason == "requested_by_customer"


async def test_a_failed_payment_says_why(here: CompanyDb) -> None:
    row = await the_payment(
        here, status=PaymentStatus.OPEN, substatus="failed", paid_at=None, failure_message="Your card was declined.",
        decline_code="insufficient_funds", failed_attempts=2, next_attempt_at=NOW + timedelta(days=3),
    )  # fmt: skip
    assert (row.failure_message, row.decline_code, row.failed_attempts) == (
        "Your card was declined.", "insufficient_funds", 2,
    )  # fmt: skip
    assert (row.at, row.next_attempt_at) == (NOW - timedelta(days=90), NOW + timedelta(days=3))


async def test_payments_come_fifty_at_a_time_newest_first(here: CompanyDb) -> None:
    member = await factories.member(here)
    for n in range(53):
        await factories.payment(here, member, whop_created_at=NOW - timedelta(days=n))
    first = (await members.get_member(here, member.whop_id)).payments
    rest = await members.list_payments(here, member.id, offset=50)
    assert (len(first.rows), first.total, first.offset) == (50, 53, 0)
    assert (len(rest.rows), rest.total, rest.offset) == (3, 53, 50)
    assert [row.at for row in (*first.rows, *rest.rows)] == [NOW - timedelta(days=n) for n in range(53)]


async def test_courses_with_the_one_worked_on_last_first(here: CompanyDb) -> None:
    member = await factories.member(here)
    for title, at in (("Never", None), ("Old", NOW - timedelta(days=3)), ("New", NOW)):
        here.add(
            CourseProgress(
                company_id=here.scope.company_id, whop_course_id=f"cors_{title}", whop_user_id="user_1", version=NOW,
                member_id=member.id, course_title=title, completion=50.0, completed_lessons=2, total_lessons=4,
                last_interaction_at=at,
            )
        )  # fmt: skip
    found = await members.get_member(here, member.whop_id)
    assert [course.title for course in found.courses] == ["New", "Old", "Never"]
    assert (found.courses[0].completion, found.courses[0].total_lessons) == (50.0, 4)
