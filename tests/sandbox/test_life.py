"""Life: what happens by itself, what is due, and that the world stays consistent whatever the pace."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.support.sandbox import new_folder
from whop_crm.sandbox import casting, transitions
from whop_crm.sandbox.acts import ACTS
from whop_crm.sandbox.casting import Stage
from whop_crm.sandbox.clock import iso
from whop_crm.sandbox.due import Calendar
from whop_crm.sandbox.life import WEIGHTS, Life
from whop_crm.sandbox.store import Store
from whop_crm.sandbox.transitions import Impossible


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store.open(new_folder(tmp_path, members=150))
    yield found
    found.close()


def stage(store: Store, **wish: object) -> Stage:
    account_id = store.installed_accounts[0]
    return Stage(store, Random(5), account_id, datetime.now(UTC), **wish)  # type: ignore[arg-type]  # a test's shorthand


def settle_all(calendar: Calendar, now: datetime) -> int:
    done = 0
    while settled := calendar.settle(now):
        done += settled
    return done


def test_every_act_of_life_is_known() -> None:
    assert set(WEIGHTS) == set(ACTS)


def test_life_is_varied_and_in_both_companies(store: Store) -> None:
    life = Life(store, rng=Random(11))
    lines = [life.tick() for _ in range(300)]
    assert sum(line is None for line in lines) < 6
    events = store.events_after(0, limit=10_000)
    by_account = Counter(event.account_id for event in events)
    main, second = store.installed_accounts
    assert by_account[main] > 2 * by_account[second] > 0
    kinds = {event.type for event in events}
    assert {"payment.succeeded", "chat.message.created", "member.created", "membership.activated"} <= kinds
    assert len(kinds) >= 10


def test_a_lesson_is_for_somebody_who_has_one_left(store: Store) -> None:
    main = store.installed_accounts[0]
    lines = [ACTS["lesson"](Stage(store, Random(seed), main, datetime.now(UTC))) for seed in range(60)]
    name, completed, _ = lines[0].partition(" completed “")
    assert completed
    member = casting.find_member(store, main, name)
    with pytest.raises(Impossible, match=f"{name} has completed every lesson"):
        for _ in range(40):
            ACTS["lesson"](stage(store, member_id=member))


def test_versions_of_an_object_only_grow(store: Store) -> None:
    life = Life(store, rng=Random(12))
    for _ in range(150):
        life.tick()
    settle_all(Calendar(store, Random(1)), datetime.now(UTC) + timedelta(days=20))
    latest: dict[tuple[str, str], str] = {}
    for event in store.events_after(0, limit=100_000):
        key = (event.type.split(".")[0], event.object_id)
        assert event.occurred_at >= latest.get(key, "")
        latest[key] = event.occurred_at
        data = json.loads(event.object)
        if "updated_at" in data:
            assert data["updated_at"] == event.occurred_at


def test_what_is_due_happens_when_it_was_due(store: Store) -> None:
    now = store.anchor + timedelta(days=40)
    calendar = Calendar(store, Random(2))
    assert settle_all(calendar, now) > 50
    assert settle_all(calendar, now) == 0
    late = store.query(
        "SELECT id FROM membership WHERE status IN ('active', 'trialing') AND paused = 0 AND recurring = 1"
        " AND current_period_end <= ?",
        (iso(now),),
    )
    assert late == []
    events = store.events_after(0, limit=100_000)
    kinds = {event.type for event in events}
    assert {"payment.succeeded", "payment.failed", "membership.deactivated", "membership.updated"} <= kinds
    days = {event.occurred_at[:10] for event in events if event.type == "payment.succeeded"}
    assert len(days) > 15, "a renewal belongs to its own day, not to the day of the restart"
    assert max(event.occurred_at for event in events) <= iso(now + timedelta(minutes=1))


def test_failed_charges_end_in_one_way_or_the_other(store: Store) -> None:
    doc = casting.membership(stage(store), ("active",), where="recurring = 1 AND canceling = 0 AND paused = 0")
    assert doc
    with store.change(store.anchor, emit=True) as change:
        transitions.fail_payment(change, doc["id"])
    settle_all(Calendar(store, Random(4)), store.anchor + timedelta(days=12))
    after = store.get("membership", doc["id"])
    assert after["_open_payment"] is None
    assert after["status"] in ("active", "canceled")


def test_trials_convert_and_are_announced_before(store: Store) -> None:
    plans = store.select("plan", account_id=store.installed_accounts[0])
    plan = next(plan for plan in plans if plan["trial_period_days"])
    with store.change(store.anchor, emit=True, rng=Random(1)) as change:
        joined = transitions.join(change, plan["id"])
    end = store.anchor + timedelta(days=plan["trial_period_days"])
    calendar = Calendar(store, Random(2))
    settle_all(calendar, end - timedelta(hours=47))
    settle_all(calendar, end - timedelta(hours=46))
    own = [e.type for e in store.events_after(0, 100_000) if e.object_id == joined.membership_id]
    assert own.count("membership.trial_ending_soon") == 1
    settle_all(calendar, end + timedelta(seconds=1))
    assert store.get("membership", joined.membership_id)["status"] in ("active", "past_due")


def test_disputes_are_answered_and_decided(store: Store) -> None:
    ACTS["dispute"](stage(store))
    dispute_id = store.ids("dispute", newest=True, limit=1)[0]
    calendar = Calendar(store, Random(2))
    settle_all(calendar, datetime.now(UTC) + timedelta(days=3))
    assert store.get("dispute", dispute_id)["status"] == "under_review"
    settle_all(calendar, datetime.now(UTC) + timedelta(days=13))
    assert store.get("dispute", dispute_id)["status"] in ("won", "lost")


def test_what_is_not_possible_is_left_alone(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with store.transaction() as db:
        db.execute("UPDATE membership SET status = 'active', current_period_end = ? WHERE status = 'canceled'",
                   (iso(store.anchor),))  # fmt: skip
    calendar = Calendar(store, Random(2))
    settle_all(calendar, store.anchor + timedelta(minutes=1))
    assert "is not possible" in caplog.text
    assert settle_all(calendar, store.anchor + timedelta(minutes=1)) == 0


def test_acts_do_what_was_asked_to_whom(store: Store) -> None:
    account_id = store.installed_accounts[0]
    doc = casting.membership(stage(store), ("active",), where="recurring = 1 AND canceling = 0 AND paused = 0")
    assert doc
    member = store.get("member", doc["member_id"])
    found = casting.find_member(store, account_id, member["user"]["username"])
    assert found == member["id"]
    line = ACTS["chat"](stage(store, member_id=found, text="Hello there"))
    assert line == f"{member['display_name']} said “Hello there”"
    ACTS["cancel"](stage(store, member_id=found, text="Too busy"))
    canceled = [each for each in store.select("membership", member_id=found) if each["cancel_at_period_end"]]
    assert canceled[0]["cancellation_reason"] == "Too busy"


def test_companies_are_found_by_part_of_their_name(store: Store) -> None:
    main, second = store.installed_accounts
    assert casting.find_account(store, None) == main
    assert casting.find_account(store, second) == second
    assert casting.find_account(store, store.get("account", second)["title"][:6].lower()) == second
    with pytest.raises(Impossible, match="no company"):
        casting.find_account(store, "nobody's")


def test_those_who_leave_have_been_quiet(store: Store) -> None:
    """Chosen to cancel: on average less lately seen than members are in general."""
    rng = Random(9)
    chosen: list[str] = []
    for _ in range(40):
        at = Stage(store, rng, store.installed_accounts[0], datetime.now(UTC))
        doc = casting.membership(at, ("active",), quiet=True)
        assert doc
        chosen.append(store.get("member", doc["member_id"])["last_accessed_at"] or "")
    everyone = [m["last_accessed_at"] or "" for m in store.select("member", access_level="customer")]
    assert sorted(chosen)[20] < sorted(everyone)[len(everyone) // 2]


async def test_the_pace_can_be_changed_while_it_runs(store: Store) -> None:
    life = Life(store, pace=0, due=False)
    await life.start()
    try:
        await asyncio.sleep(0)
        assert store.last_event_id() == 0
        life.set_pace(6000)
        async with asyncio.timeout(10):
            while store.last_event_id() < 10:  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.01)
    finally:
        await life.stop()
