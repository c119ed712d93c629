"""kill -9 at any moment: what was acknowledged is worked off, what was read is not read again, and nothing is lost."""

import os
import random
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.faults.conftest import PATIENCE, kill_9, settle, sign_in
from tests.support.crm import Crm, eventually
from tests.support.histories import History
from tests.support.server import Server
from whop_crm.sandbox.faults import FaultKind, FaultWish

KILLS, CHANGES = int(os.environ.get("KILLS", "20")), 40
SEED = os.environ.get("KILL_SEED", "1")


def acknowledged(crm: Crm) -> Counter[str]:
    """The webhook ids of the main company that were answered with a 2xx."""
    rows = crm.server.sandbox.store.query(
        "SELECT webhook_id FROM hook_attempts WHERE success = 1 AND account_id = ?", (crm.company,)
    )
    return Counter(row["webhook_id"] for row in rows)


def worked_off(crm: Crm) -> dict[str, str]:
    return dict(crm.rows("SELECT webhook_id, status FROM webhook_events"))


def test_a_kill_in_a_burst_loses_no_acknowledged_event(crm: Crm) -> None:
    chance = random.Random(f"kill {SEED}")
    store = crm.server.sandbox.store
    life = History(store, crm.company, "")
    for number in range(KILLS):
        life.seed = f"{SEED} {number}"
        before = acknowledged(crm).total()
        life.go_on(CHANGES)
        moment = chance.randint(1, CHANGES * 2)
        crm.control("POST", "/deliveries/release")
        eventually(lambda: acknowledged(crm).total() >= before + moment, PATIENCE)  # noqa: B023 - used at once
        kill_9(crm.server)
        answered = acknowledged(crm)
        print(f"Kill {number + 1} of seed {SEED}, {answered.total() - before} deliveries on")  # noqa: T201 - shown on failure
        stored = worked_off(crm)
        assert answered.keys() <= stored.keys()
        crm.server.start()
    settle(crm)
    states = Counter(worked_off(crm)[webhook_id] for webhook_id in acknowledged(crm))
    assert states.keys() <= {"done", "ignored"}
    assert crm.differences() == []


# the first sync

LISTS = {
    "products": "products", "plans": "variants", "promo_codes": "promo_codes", "members": "members",
    "payments": "payments", "refunds": "refunds", "disputes": "disputes", "invoices": "invoices",
}  # fmt: skip
"""Lists of the whole company, and what they are called in an address."""


def pages(crm: Crm, asked: list[str], path: str) -> list[str]:
    """The pages of a list that were asked for, each by the cursor it begins after."""
    found = (urlsplit(one.partition(" ")[2]) for one in asked)
    return [
        parse_qs(one.query).get("after", [""])[0]
        for one in found
        if one.path == f"/api/v1/{path}" and crm.company in one.query
    ]


@pytest.mark.parametrize("moment", [0.1, 0.35, 0.6, 0.85])
def test_a_kill_in_the_first_sync_repeats_no_finished_page(large: Server, moment: float) -> None:
    app, crm, faults = large, Crm(large), large.sandbox.faults
    faults.set(FaultWish(kind=FaultKind.SLOW, operation="rest", wait=0.03))
    sign_in(crm)
    rows = "SELECT coalesce(sum(rows), 0) FROM sync_steps"
    everything = sum(
        app.sandbox.store.count(kind, account_id=crm.company) for kind in ("member", "membership", "payment")
    )
    eventually(lambda: crm.value(rows) >= everything * moment or crm.synced(), PATIENCE)
    assert not crm.synced()
    kill_9(app)
    asked_before, finished = list(faults.asked), finished_pages(crm, list(faults.asked))
    faults.asked.clear()
    app.start()
    eventually(crm.synced, PATIENCE, 0.1)
    again = {name: set(pages(crm, list(faults.asked), path)) & finished[name] for name, path in LISTS.items()}
    assert not any(again.values()), again
    assert asked_before
    assert crm.differences() == []


def finished_pages(crm: Crm, asked: list[str]) -> dict[str, set[str]]:
    """By list, the pages whose rows were stored before the kill."""
    steps = {
        name: (cursor, done)
        for name, cursor, done in crm.rows(
            "SELECT s.resource, s.cursor, s.done FROM sync_steps s JOIN companies c ON c.id = s.company_id"
            " WHERE c.whop_id = %s AND s.parent = ''",
            crm.company,
        )
    }
    found: dict[str, set[str]] = {}
    for name, path in LISTS.items():
        cursor, done = steps.get(name, (None, False))
        seen = pages(crm, asked, path)
        found[name] = (
            set(seen) if done else set(seen[: seen.index(cursor)] if cursor in seen else seen if cursor else [])
        )
    return found
