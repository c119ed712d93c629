"""A world is reproducible and believable, and its books balance, in history and as life goes on."""

import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.worlds import ANCHOR, new_world
from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.change import Change
from whop_crm.sandbox.clock import parse_iso
from whop_crm.sandbox.history import create_world
from whop_crm.sandbox.kinds import KINDS, Doc
from whop_crm.sandbox.shapes.money import hundredths
from whop_crm.sandbox.store import Store

GRANTING = ("trialing", "active", "past_due", "completed")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = new_world(tmp_path_factory.mktemp("world"), members=400)
    yield store
    store.close()


def digest(store: Store) -> str:
    found = hashlib.sha256()
    for kind in KINDS:
        for row in store.query(f'SELECT doc, private FROM "{kind}" ORDER BY id'):
            found.update(f"{row['doc']}{row['private']}".encode())
    return found.hexdigest()


def _made(folder: Path, seed: int) -> str:
    store = Store.open(folder)
    create_world(store, seed=seed, members=50, anchor=ANCHOR)
    found = digest(store)
    store.close()
    return found


def test_the_same_seed_makes_the_same_world(tmp_path: Path) -> None:
    first = _made(tmp_path / "a", 7)
    assert first == _made(tmp_path / "b", 7)
    assert first != _made(tmp_path / "c", 8)


def test_a_restart_is_not_a_new_world(tmp_path: Path) -> None:
    store = new_world(tmp_path)
    before = digest(store)
    store.close()
    again = Store.open(tmp_path / "sandbox")
    assert (again.anchor, again.is_empty, digest(again)) == (ANCHOR, False, before)
    with pytest.raises(ValueError, match="already holds a world"):
        create_world(again)
    again.close()


@pytest.mark.parametrize("members", [0, 49, 50_001])
def test_a_world_of_an_unreasonable_size_is_refused(tmp_path: Path, members: int) -> None:
    store = Store.open(tmp_path)
    with pytest.raises(ValueError, match="between 50 and 50,000"):
        create_world(store, members=members)
    store.close()


def test_history_happened_in_the_past_and_sent_no_webhooks(world: Store) -> None:
    assert world.last_event_id() == 0
    latest = ANCHOR.isoformat(timespec="milliseconds")[:23] + "Z"
    for kind, column in (("member", "created_at"), ("membership", "created_at"), ("payment", "paid_at"),
                         ("message", "created_at"), ("refund", "created_at"), ("lesson_interaction", "created_at"),
                         ("member", "last_accessed_at"), ("payment", "version")):  # fmt: skip
        row = world.query_one(f'SELECT min("{column}") AS low, max("{column}") AS high FROM "{kind}"')
        assert row is not None
        assert row["high"] <= latest, kind
        assert parse_iso(row["low"]) > ANCHOR - timedelta(days=24 * 31 + 5), kind


def test_the_company_looks_like_one(world: Store) -> None:
    main, second = world.installed_accounts
    people = world.count("member", account_id=main, access_level=["customer", "no_access"])
    assert 400 <= people <= 410
    assert 30 <= world.count("member", account_id=second) <= 60
    assert 0.5 < world.count("member", account_id=main, access_level="customer") / people < 0.75
    statuses = {row["status"] for row in world.query("SELECT DISTINCT status FROM membership")}
    assert statuses >= {"active", "canceled", "completed", "expired"}
    assert world.count("membership", paused=1) > 0
    assert {plan["billing_period"] for plan in world.select("plan", account_id=main)} == {None, 7, 30, 365}
    assert {plan["currency"] for plan in world.select("plan", account_id=main)} == {"usd", "eur"}
    roles = {seat["role"] for seat in world.select("team_member", account_id=main)}
    assert roles >= {"owner", "admin", "manager", "support", "moderator", "advertiser"}
    paid = world.query(
        "SELECT substr(paid_at, 1, 7) AS m FROM payment WHERE account_id = ? AND status = 'paid'", (main,)
    )
    months = Counter(row["m"] for row in paid)
    assert months["2026-10"] > months["2026-01"] > months["2025-03"]


def test_some_people_are_unusual(world: Store) -> None:
    users = world.select("user")
    assert any(user["name"] is None for user in users)
    assert any(user["email"] is None for user in users)
    assert any("\u0590" < letter < "\u06ff" for user in users for letter in user["name"] or "")
    assert any(len(user["_members"]) == 2 for user in users)
    assert world.select("member", user_id=None, access_level="customer")[0]["display_name"] == "Larkspur Capital LLC"
    assert {each["role"] for each in world.get_meta("people")} >= {"owner", "customer", "stranger"}


def test_people_who_leave_fade_first(world: Store) -> None:
    before = after = 0
    for doc in world.select("membership", status="canceled", canceling=1):
        clicked = parse_iso(doc["canceled_at"])
        if clicked - parse_iso(doc["created_at"]) < timedelta(days=60):
            continue
        for row in world.query("SELECT created_at FROM message WHERE user_id = ?", (doc["user_id"],)):
            age = clicked - parse_iso(row["created_at"])
            after += timedelta() < age < timedelta(days=10)
            before += timedelta(days=45) < age < timedelta(days=55)
    assert before > 3 * after


def books(store: Store) -> None:
    """What members have spent, what payments gave back and what plans count, computed from the facts."""
    spent: Counter[str] = Counter()
    refunds: Counter[str] = Counter()
    for doc in store.select("refund", limit=None):
        refunds[doc["payment_id"]] += hundredths(doc["amount"])
    for doc in store.select("payment"):
        assert hundredths(doc["refunded_amount"]) == refunds[doc["id"]]
        assert (doc["paid_at"] is not None) == (doc["status"] == "paid")
        if doc["status"] == "paid":
            spent[doc["member_id"]] += hundredths(doc["usd_total"]) - doc["_usd_refunded"] - doc["_usd_lost"]
    held: dict[str, list[Doc]] = {}
    counts: Counter[str] = Counter()
    for doc in store.select("membership"):
        held.setdefault(doc["member_id"], []).append(doc)
        counts[doc["plan_id"]] += doc["status"] in GRANTING
        assert (doc["current_period_end"] is None) == (doc["renewal_price"] is None and doc["expires_at"] is None)
    for plan in store.select("plan"):
        assert plan["member_count"] == counts[plan["id"]], plan["title"]
    for member in store.select("member"):
        assert hundredths(member["usd_total_spent"]) == spent[member["id"]]
        live = any(doc["status"] in GRANTING for doc in held.get(member["id"], []))
        assert member["access_level"] == ("admin" if member["_team"] else "customer" if live else "no_access")
        assert sorted(member["_memberships"]) == sorted(doc["id"] for doc in held.get(member["id"], []))


def test_the_books_of_history_balance(world: Store) -> None:
    books(world)


def _something(change: Change, rng: random.Random, store: Store) -> None:
    """One random thing, possible or not."""
    membership = str(store.pick("membership", rng))
    payment = str(store.pick("payment", rng))
    plan = str(store.pick("plan", rng, plan_type="renewal"))
    rng.choice((
        lambda: t.join(change, plan), lambda: t.renew(change, membership), lambda: t.fail_payment(change, membership),
        lambda: t.recover_payment(change, membership), lambda: t.give_up(change, membership),
        lambda: t.cancel_at_period_end(change, membership), lambda: t.uncancel(change, membership),
        lambda: t.end_period(change, membership), lambda: t.cancel_now(change, membership),
        lambda: t.switch_plan(change, membership, plan), lambda: t.pause(change, membership),
        lambda: t.resume(change, membership), lambda: t.refund(change, payment, amount="1.00"),
        lambda: t.refund(change, payment), lambda: t.open_dispute(change, payment),
        lambda: t.close_dispute(change, str(store.pick("dispute", rng)), won=rng.random() < 0.5),
        lambda: t.leave(change, str(store.pick("member", rng))),
        lambda: t.transfer(change, membership, str(store.pick("user", rng))),
        lambda: t.start_slow_payment(change, membership), lambda: t.settle_slow_payment(change, payment),
    ))()  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_whatever_happens_the_books_balance(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    store = new_world(tmp_path_factory.mktemp("life"))
    rng = random.Random(seed)
    possible = 0
    for number in range(60):
        try:
            with store.change(ANCHOR + timedelta(hours=number), rng=rng) as change:
                _something(change, rng, store)
            possible += 1
        except (t.Impossible, KeyError):
            continue
    assert possible > 10
    books(store)
    _versions_rise(store)
    store.close()


def _versions_rise(store: Store) -> None:
    """Later events of an object never tell an older version, and one version never two states."""
    last: dict[str, tuple[str, str]] = {}
    for event in store.events_after(limit=100_000):
        if event.type.startswith(("refund", "chat")):
            continue
        version, body = last.get(event.object_id, ("", ""))
        assert event.occurred_at >= version
        assert event.occurred_at > version or event.object == body, event.type
        last[event.object_id] = (event.occurred_at, event.object)


def test_the_last_event_of_an_object_is_what_is_stored(tmp_path: Path) -> None:
    store = new_world(tmp_path)
    rng = random.Random(5)
    for number in range(80):
        try:
            with store.change(ANCHOR + timedelta(minutes=number), rng=rng) as change:
                _something(change, rng, store)
        except (t.Impossible, KeyError):
            continue
    last = {event.object_id: event for event in store.events_after(limit=10_000) if event.type.startswith("member.")}
    assert last
    for object_id, event in last.items():
        row = store.query_one("SELECT doc FROM member WHERE id = ?", (object_id,))
        assert row is not None
        assert row["doc"] == event.object
    store.close()


def test_changes_of_one_moment_get_versions_of_their_own(tmp_path: Path) -> None:
    store = new_world(tmp_path)
    member_id = store.ids("member", access_level="customer", limit=1)[0]
    for _ in range(3):
        with store.change(ANCHOR) as change:
            t.visit(change, member_id)
    seen = [event.occurred_at for event in store.events_after()]
    assert seen == sorted(set(seen))
    assert len(seen) == 3
    store.close()


def test_what_cannot_happen_leaves_no_trace(tmp_path: Path) -> None:
    store = new_world(tmp_path)
    before = digest(store)
    ended = store.ids("membership", status="canceled", limit=1)[0]
    plan = store.ids("plan", plan_type="renewal")[0]
    with pytest.raises(t.Impossible, match="has ended"), store.change(ANCHOR) as change:
        t.join(change, plan)
        t.renew(change, ended)
    assert digest(store) == before
    assert store.last_event_id() == 0
    store.close()


def test_a_switch_ends_one_membership_and_starts_another_seconds_apart(tmp_path: Path) -> None:
    store = new_world(tmp_path)
    main = store.installed_accounts[0]
    monthly, yearly = (store.query_one(
        "SELECT id FROM plan WHERE account_id = ? AND json_extract(doc, '$.title') = ? AND visibility = 'visible'",
        (main, title)) for title in ("Monthly", "Yearly"))  # fmt: skip
    assert monthly is not None
    assert yearly is not None
    with store.change(ANCHOR) as change:
        joined = t.join(change, monthly["id"])
    with store.change(ANCHOR + timedelta(days=1)) as change:
        switched = t.switch_plan(change, joined.membership_id, yearly["id"])
    old, new = (store.get("membership", each) for each in (joined.membership_id, switched.membership_id))
    assert (old["status"], new["status"]) == ("canceled", "active")
    apart = parse_iso(new["created_at"]) - parse_iso(old["most_recent_action_at"])
    assert apart == timedelta(seconds=2)
    assert store.get("payment", str(switched.payment_id))["billing_reason"] == "subscription_update"
    store.close()


def test_promo_codes_last_as_long_as_they_say(tmp_path: Path) -> None:
    store = new_world(tmp_path)
    main = store.installed_accounts[0]
    plans = store.select("plan", account_id=main, plan_type="renewal")
    plan = next(p for p in plans if (p["billing_period"], p["trial_period_days"], p["currency"]) == (30, None, "usd"))
    full = round(plan["renewal_price"] * 100)
    for code, shares in (("FOREVER20", [0.8] * 5), ("THREEMONTHS", [0.7, 0.7, 0.7, 1, 1]), ("HALFOFF", [0.5, 1, 1])):
        promo = store.ids("promo_code", account_id=main, code=code)[0]
        paid: list[int] = []
        with store.change(ANCHOR, rng=random.Random(4)) as change:
            joined = t.join(change, plan["id"], user_id=t.add_user(change), promo_code_id=promo)
            change.get("user", str(joined.user_id))["_tax"] = None
            paid.append(hundredths(change.get("payment", str(joined.payment_id))["subtotal"]))
            totals = [hundredths(change.get("payment", str(joined.payment_id))["total"])]
            for _ in shares[1:]:
                announced = hundredths(change.get("membership", joined.membership_id)["renewal_price"])
                change.at += timedelta(days=30)
                payment = change.get("payment", t.renew(change, joined.membership_id))
                totals.append(hundredths(payment["total"]))
                assert totals[-1] == announced
        assert totals == [round(full * share) for share in shares], code
        assert paid == [full]
    store.close()
