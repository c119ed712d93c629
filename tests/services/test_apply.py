"""Facts become rows, summaries and a timeline, whatever order they come in and however often."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.support import facts as f
from tests.support.factories import NOW, company
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import UNSAID, Fact
from whop_crm.db import company_session
from whop_crm.models.enums import Origin
from whop_crm.services import members
from whop_crm.services.sync import AppliedFacts, apply_facts

pytestmark = pytest.mark.usefixtures("db")

TABLES = ("members", "memberships", "membership_changes", "payments", "refunds", "disputes", "products", "plans",
          "promo_codes", "invoices", "course_progress", "activities", "member_days")  # fmt: skip


async def apply(ref: CompanyRef, *facts: Fact, origin: Origin = Origin.LIVE) -> AppliedFacts:
    async with company_session(Scope.system(ref)) as db:
        return await apply_facts(db, facts, origin)


async def rows(ref: CompanyRef, query: str, **values: object) -> Sequence[Any]:
    async with company_session(Scope.system(ref)) as db:
        return (await db.execute(text(query), values)).all()


async def one(ref: CompanyRef, query: str, **values: object) -> Any:
    return (await rows(ref, query, **values))[0]


async def everything(ref: CompanyRef) -> dict[str, list[str]]:
    """Every row of every table, without our own numbers and the time of writing."""
    drop = "- 'id' - 'recorded_at'"
    return {t: sorted(r[0] for r in await rows(ref, f"SELECT (to_jsonb(t) {drop})::text FROM {t} t")) for t in TABLES}


async def test_a_member_with_a_membership_and_a_payment_is_summed_up() -> None:
    ref = await company()
    ines = f.member(name="Zoë Ångström")
    held = f.membership(ines)
    paid = f.payment(held)
    await apply(ref, f.product(), f.plan(), ines, held, paid)
    row = await one(ref, "SELECT * FROM members")
    assert (row.status, row.canceling, row.plan_name, row.mrr_minor) == ("active", False, "Ridge Pro · Monthly", 4900)
    assert (row.net_revenue_minor, row.payments, row.memberships, row.counted) == (4900, 1, 1, True)
    assert (row.sort_name, row.first_payment_at, row.next_charge_at) == ("zoe angstrom", paid.paid_at, held.period_end)
    membership = await one(ref, "SELECT * FROM memberships")
    assert (membership.member_id, membership.first_charge_at, membership.mrr_minor) == (row.id, paid.paid_at, 4900)


async def test_telling_twice_changes_nothing() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines)
    paid = f.payment(held)
    batch = [f.product(), f.plan(), f.promo_code(), ines, held, paid, f.refund(paid, amount=1000), f.dispute(paid),
             f.invoice(ines), f.course(ines), f.lesson(ines), f.post(ines), f.chat(ines)]  # fmt: skip
    await apply(ref, *batch)
    before = await everything(ref)
    await apply(ref, *batch, *batch)
    for fact in batch:
        await apply(ref, fact)
    assert await everything(ref) == before


async def test_an_older_fact_does_not_undo_a_newer_one() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines, version=NOW, status="canceled", most_recent_action="canceled_on",
                        most_recent_action_at=NOW)  # fmt: skip
    older = replace(held, version=NOW - timedelta(hours=1), status="active", most_recent_action="renewing_on")
    await apply(ref, ines, held)
    await apply(ref, older, replace(ines, version=NOW - timedelta(days=1), name="Old name"))
    assert (await one(ref, "SELECT status FROM memberships")).status == "canceled"
    row = await one(ref, "SELECT status, name FROM members")
    assert (row.status, row.name) == ("canceled", ines.name)


async def test_the_newest_of_one_batch_wins() -> None:
    ref = await company()
    new, old = f.member(name="New"), None
    old = replace(new, name="Old", version=NOW - timedelta(seconds=1))
    await apply(ref, new, old)
    assert (await one(ref, "SELECT name FROM members")).name == "New"


async def test_what_came_before_its_member_is_linked_when_the_member_arrives() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines)
    paid = f.payment(held)
    by_user = f.payment(member_id=None, user_id=ines.user_id, total=1000)
    applied = await apply(
        ref, held, paid, by_user, f.refund(paid, amount=900), f.invoice(ines), f.course(ines), f.post(ines)
    )
    assert applied.unknown_members == {ines.id}
    await apply(ref, ines)
    row = await one(ref, "SELECT * FROM members")
    assert (row.status, row.net_revenue_minor, row.payments, row.refunds) == ("active", 5000, 2, 1)
    assert (row.posts, row.course_completion) == (1, 50.0)
    for table in ("memberships", "payments", "invoices", "course_progress", "activities"):
        found = await rows(ref, f"SELECT DISTINCT member_id FROM {table}")
        assert [each.member_id for each in found] == [row.id], table


async def test_a_plan_that_arrives_late_names_its_members() -> None:
    ref = await company()
    ines = f.member()
    await apply(ref, ines, f.membership(ines, renewal_price=2450, promo_code_id="promo_half"))
    assert (await one(ref, "SELECT plan_name FROM members")).plan_name == ""
    await apply(ref, f.plan(), f.product())
    assert (await one(ref, "SELECT plan_name FROM members")).plan_name == "Ridge Pro · Monthly"
    await apply(ref, f.product(version=NOW, title="Summit"))
    assert (await one(ref, "SELECT plan_name FROM members")).plan_name == "Summit · Monthly"


async def test_a_late_code_or_plan_corrects_the_mrr() -> None:
    ref = await company()
    ines = f.member()
    held = f.membership(ines, renewal_price=2450, promo_code_id="promo_half")
    await apply(ref, ines, held, f.payment(held, total=2450))
    assert (await one(ref, "SELECT mrr_minor FROM members")).mrr_minor == 2450
    await apply(ref, f.promo_code(duration="repeating", duration_months=3))
    assert (await one(ref, "SELECT mrr_minor FROM members")).mrr_minor == 2450
    await apply(ref, f.plan())
    assert (await one(ref, "SELECT mrr_minor FROM members")).mrr_minor == 4900


async def test_a_deleted_product_is_marked_and_stays_so() -> None:
    ref = await company()
    await apply(ref, f.product(version=NOW, deleted=True))
    await apply(ref, f.product(version=NOW))
    assert (await one(ref, "SELECT deleted_at FROM products")).deleted_at == NOW
    await apply(ref, f.product(version=NOW + timedelta(seconds=1)))
    assert (await one(ref, "SELECT deleted_at FROM products")).deleted_at is None


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
async def test_a_fact_silent_about_pausing_leaves_it_alone_in_any_order(order: tuple[int, ...]) -> None:
    ref = await company()
    ines = f.member()
    running = f.membership(ines, version=NOW - timedelta(hours=2))
    paused = replace(running, version=NOW - timedelta(hours=1), paused=True, most_recent_action="paused_at",
                     most_recent_action_at=NOW - timedelta(hours=1))  # fmt: skip
    silent = replace(running, version=NOW, paused=UNSAID, cancel_at_period_end=True, most_recent_action="canceling_on")
    told = [running, paused, silent]
    for position in order:
        await apply(ref, told[position])
    row = await one(ref, "SELECT paused, cancel_at_period_end FROM memberships")
    assert (row.paused, row.cancel_at_period_end) == (True, True)
    await apply(ref, ines)
    assert (await one(ref, "SELECT status FROM members")).status == "paused"


@pytest.mark.parametrize("forward", [True, False])
async def test_what_one_source_leaves_unsaid_the_other_fills_in(forward: bool) -> None:
    ref = await company()
    ines = f.member()
    paid = f.payment(f.membership(ines))
    listed = [f.refund(paid, id="rf_1", version=NOW), f.invoice(ines, id="inv_1", version=NOW)]
    hooked = [replace(listed[0], reason=UNSAID, version=NOW + timedelta(seconds=1)),
              replace(listed[1], member_id=UNSAID, user_id=None, version=NOW + timedelta(seconds=1))]  # fmt: skip
    for batch in (listed, hooked) if forward else (hooked, listed):
        await apply(ref, ines, *batch)
    assert (await one(ref, "SELECT reason FROM refunds")).reason == "requested_by_customer"
    assert (await one(ref, "SELECT member_id FROM invoices")).member_id is not None


async def test_a_transferred_membership_leaves_its_first_holder() -> None:
    ref = await company()
    giver, taker = f.member(), f.member()
    held = f.membership(giver)
    await apply(ref, giver, taker, held, f.payment(held))
    await apply(ref, replace(held, member_id=taker.id, user_id=taker.user_id, version=NOW + timedelta(minutes=1)))
    by_id = {r.whop_id: r for r in await rows(ref, "SELECT whop_id, status, mrr_minor, net_revenue_minor FROM members")}
    assert (by_id[giver.id].status, by_id[giver.id].mrr_minor, by_id[giver.id].net_revenue_minor) == ("none", 0, 4900)
    assert (by_id[taker.id].status, by_id[taker.id].mrr_minor) == ("active", 4900)


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_source_that_names_nobody_takes_nothing_away(at_once: bool) -> None:
    """Without `member:basic:read` the lists leave out whose it is; what follows from a charge follows all the same."""
    ref = await company()
    ines = f.member()
    held = f.membership(ines)
    due = f.failed(held, version=NOW)
    hidden = replace(due, version=NOW + timedelta(minutes=1), status="paid", substatus="succeeded", paid_at=NOW,
                     member_id=None, user_id=None, membership_id=None)  # fmt: skip
    masked = replace(held, version=NOW + timedelta(minutes=1), member_id=None)
    await apply(ref, f.product(), f.plan(), ines, held, due, *([hidden, masked] if at_once else []))
    if not at_once:
        await apply(ref, hidden, masked)
    member = await one(ref, "SELECT * FROM members")
    links = await rows(ref, "SELECT member_id, whop_member_id, whop_user_id FROM payments UNION ALL"
                       " SELECT member_id, whop_member_id, whop_user_id FROM memberships UNION ALL"
                       " SELECT member_id, whop_member_id, whop_user_id FROM activities")  # fmt: skip
    assert {tuple(link) for link in links} == {(member.id, ines.id, ines.user_id)}
    assert (member.mrr_minor, member.net_revenue_minor) == (4900, 4900)


async def test_a_membership_transferred_to_somebody_hidden_is_not_the_first_holders() -> None:
    ref = await company()
    giver, taker = f.member(), f.member()
    held = f.membership(giver)
    await apply(ref, giver, held, f.payment(held))
    await apply(ref, replace(held, member_id=None, user_id=taker.user_id, version=NOW + timedelta(minutes=1)))
    assert (await one(ref, "SELECT member_id FROM memberships")).member_id is None
    await apply(ref, taker)
    assert (await one(ref, "SELECT status FROM members WHERE whop_id = :id", id=taker.id)).status == "active"


async def test_refunds_and_lost_disputes_never_take_more_than_the_payment() -> None:
    ref = await company()
    ines = f.member()
    paid = f.payment(f.membership(ines), currency="eur", total=4500, usd_total=4871)
    await apply(ref, ines, paid, f.refund(paid, amount=1500))
    assert (await one(ref, "SELECT net_revenue_minor FROM members")).net_revenue_minor == 3247
    lost = f.dispute(paid, status="lost")
    await apply(ref, lost, f.refund(paid, status="pending"))
    row = await one(ref, "SELECT net_revenue_minor, refunds, disputes FROM members")
    assert (row.net_revenue_minor, row.refunds, row.disputes) == (0, 1, 1)


async def test_a_foreign_amount_without_its_own_rate_goes_by_the_days_before() -> None:
    ref = await company()
    day = NOW - timedelta(days=3)
    told = [f.payment(currency="eur", total=1000, usd_total=usd, paid_at=day) for usd in (1050, 1080, 1120)]
    await apply(ref, *told)
    await apply(ref, f.payment(id="pay_x", currency="eur", total=2000, usd_total=0, paid_at=NOW),
                f.payment(id="pay_y", currency="sek", total=2000, usd_total=0, paid_at=NOW))  # fmt: skip
    found = await rows(ref, "SELECT total_company_minor FROM payments WHERE whop_id IN ('pay_x', 'pay_y') ORDER BY 1")
    assert [row.total_company_minor for row in found] == [0, 2160]


async def test_another_company_currency_goes_by_cross_rate() -> None:
    ref = await company(currency="eur")
    await apply(ref, f.payment(currency="eur", total=1000, usd_total=1250, paid_at=NOW - timedelta(days=1)))
    await apply(ref, f.payment(id="pay_x", currency="usd", total=5000, usd_total=5000, paid_at=NOW))
    assert (await one(ref, "SELECT total_company_minor FROM payments WHERE whop_id = 'pay_x'"))[0] == 4000


@pytest.mark.parametrize(
    ("states", "status", "canceling"),
    [
        ([("active", False, False), ("past_due", False, False)], "active", False),
        ([("past_due", False, False), ("trialing", False, False)], "past_due", False),
        ([("active", True, False), ("trialing", False, False)], "paused", False),
        ([("completed", False, False), ("canceled", False, False)], "completed", False),
        ([("active", False, True), ("expired", False, False)], "active", True),
        ([("active", False, True), ("completed", False, False)], "active", False),
        ([("canceled", False, True), ("expired", False, False)], "canceled", False),
        ([("something_new", False, False), ("drafted", False, False)], "unresolved", False),
        ([], "none", False),
    ],
)
async def test_a_member_has_one_status(states: list[tuple[str, bool, bool]], status: str, canceling: bool) -> None:
    ref = await company()
    ines = f.member()
    held = [f.membership(ines, status=s, paused=p, cancel_at_period_end=c) for s, p, c in states]
    await apply(ref, ines, *held)
    row = await one(ref, "SELECT status, canceling FROM members")
    assert (row.status, row.canceling) == (status, canceling)


async def test_who_counts() -> None:
    ref = await company()
    admin, buyer = f.member(id="mber_a", access_level="admin"), f.member(id="mber_b", access_level="admin")
    technical, business = f.member(id="mber_c", user_id=None), f.member(id="mber_d", user_id=None)
    held = f.membership(buyer)
    await apply(ref, admin, buyer, technical, business, held, f.payment(held), f.membership(business))
    found = await rows(ref, "SELECT whop_id, counted FROM members ORDER BY whop_id")
    assert [row.counted for row in found] == [False, True, False, True]


async def test_the_timeline_speaks_in_friendly_words() -> None:
    ref = await company()
    ines = f.member(name="Ines")
    held = f.membership(ines, created_at=NOW - timedelta(days=60))
    await apply(ref, f.product(), f.plan(), ines, held, f.payment(held, total=4900))
    leaving = replace(held, version=NOW + timedelta(hours=1), cancel_at_period_end=True, canceled_at=NOW,
                      cancel_option="too_expensive", cancel_reason="Taking a break")  # fmt: skip
    broke = f.failed(held, created_at=NOW)
    await apply(ref, leaving, broke)
    await apply(ref, replace(broke, status="paid", version=NOW + timedelta(days=2), paid_at=NOW + timedelta(days=2)),
                replace(held, version=NOW + timedelta(hours=2)),
                replace(ines, name="Ines Okafor", version=NOW + timedelta(hours=1)))  # fmt: skip
    told = {row.title: row.detail for row in await rows(ref, "SELECT title, detail FROM activities")}
    assert told == {
        "Joined": "",
        "Started Ridge Pro": "Monthly",
        "Paid $49.00 for Ridge Pro": "After 1 failed attempt",
        "Set to cancel at period end: too expensive": "Ridge Pro · Taking a break",
        "Payment of $49.00 failed: insufficient funds": "Ridge Pro",
        "Took the cancellation back": "Ridge Pro",
        "Changed name": "Name from Ines to Ines Okafor",
    }


async def test_days_and_lifetime_counters_follow_new_activities_alone() -> None:
    ref = await company(timezone="America/Los_Angeles")
    ines = f.member(last_accessed_at=None)
    late = NOW.replace(hour=5)
    await apply(ref, ines, f.post(ines, created_at=late), f.post(ines, created_at=NOW), f.chat(ines, id="msg_1"))
    await apply(ref, f.chat(ines, id="msg_1"), f.post(ines, parent_id="post_1"), f.lesson(ines, id="crsi_1"))
    await apply(ref, f.lesson(ines, id="crsi_1", completed_at=NOW + timedelta(hours=1)))
    days = {(r.kind, r.day.day): r.n for r in await rows(ref, "SELECT kind, day, n FROM member_days")}
    assert days == {("post", 21): 1, ("post", 22): 1, ("chat", 22): 1, ("comment", 22): 1, ("lesson", 22): 1}
    row = await one(ref, "SELECT posts, comments, chats, lessons, last_active_at FROM members")
    assert tuple(row) == (2, 1, 1, 1, NOW + timedelta(hours=1))


async def test_thirty_days_and_the_score() -> None:
    ref = await company()
    busy, quiet, unseen, gone = (f.member(last_accessed_at=at) for at in (NOW, NOW - timedelta(days=15), None, NOW))
    live = [f.membership(each) for each in (busy, quiet, unseen)]
    chatter = [f.chat(busy) for _ in range(3)] + [
        f.post(busy),
        f.lesson(busy),
        f.post(quiet, created_at=NOW - timedelta(days=40)),
    ]
    await apply(ref, busy, quiet, unseen, gone, *live, *chatter)
    async with company_session(Scope.system(ref)) as db:
        assert await members.recount_windows(db, NOW) == 3
        assert await members.recount_windows(db, NOW) == 0
        await db.execute(text("UPDATE member_scores SET day = day - 30, score = 1 WHERE score IS NOT NULL"))
        assert await members.recount_windows(db, NOW) == 3
        changes = await db.scalars(text("SELECT engagement_score - engagement_change FROM members"))
        assert [one for one in changes if one is not None] == [1, 1, 1]
    found = {
        r.whop_id: r
        for r in await rows(ref, "SELECT whop_id, posts, posts_30d, chats_30d, engagement_score FROM members")
    }
    assert (found[busy.id].posts_30d, found[busy.id].chats_30d, found[busy.id].engagement_score) == (1, 3, 100)
    assert (found[quiet.id].posts, found[quiet.id].posts_30d, found[quiet.id].engagement_score) == (1, 0, 11)
    assert (found[unseen.id].engagement_score, found[gone.id].engagement_score) == (0, None)


async def test_a_full_comparison_changes_nothing() -> None:
    ref = await company()
    people = [f.member() for _ in range(5)]
    held = [
        f.membership(each, status=status)
        for each, status in zip(people, ("active", "past_due", "trialing", "canceled", "completed"), strict=True)
    ]
    paid = [f.payment(each) for each in held]
    await apply(ref, f.plan(), *people, *held, *paid, f.refund(paid[1]), f.course(people[0]), f.post(people[2]))
    before = await everything(ref)
    async with company_session(Scope.system(ref)) as db:
        await members.recompute_summaries(db)
    assert await everything(ref) == before
