"""Whop away, or we: what happened meanwhile is caught up with, and the reconciliation's own word is 0 differences."""

from time import monotonic, sleep
from typing import Any

from tests.faults.conftest import OUTAGE, PATIENCE, kill_9, settle
from tests.support.crm import Crm, eventually
from tests.support.histories import History
from tests.support.truth import differences
from whop_crm.sandbox.faults import FaultKind, FaultWish

CHANGES = 60


def live_on(crm: Crm, seed: str, changes: int = CHANGES) -> None:
    """Whatever may happen happens, and Whop gives each delivery up."""
    faults = crm.server.sandbox.faults
    dropped = faults.set(FaultWish(kind=FaultKind.DROP, operation="deliveries"))
    History(crm.server.sandbox.store, crm.company, seed).go_on(changes)
    crm.control("POST", "/deliveries/release")
    eventually(lambda: crm.control("GET", "/status")["deliveries"]["waiting"] == 0, PATIENCE)
    faults.clear(dropped.number)


def runs(crm: Crm, kind: str) -> list[Any]:
    return crm.rows(
        "SELECT r.id, r.status, r.summary FROM sync_runs r JOIN companies c ON c.id = r.company_id"
        " WHERE c.whop_id = %s AND r.kind = %s ORDER BY r.id",
        crm.company,
        kind,
    )


def reconcile(crm: Crm) -> None:
    crm.write("UPDATE inboxes SET reconcile_wanted = true WHERE company_id = (SELECT id FROM companies"
              " WHERE whop_id = %s)", crm.company)  # fmt: skip


def last_word(crm: Crm) -> str:
    """What a reconciliation says that begins now."""
    before = len(runs(crm, "reconcile"))
    reconcile(crm)
    eventually(lambda: [one for one in runs(crm, "reconcile")[before:] if one[1] == "done"], PATIENCE, 0.1)
    return runs(crm, "reconcile")[-1][2]


def caught_up(crm: Crm, before: int) -> bool:
    done = runs(crm, "catch_up")[before:]
    return bool(done) and all(status == "done" for _, status, _ in done)


def test_whop_is_away_and_everything_it_sent_is_given_up(crm: Crm) -> None:
    settle(crm)
    before = len(runs(crm, "catch_up"))
    faults = crm.server.sandbox.faults
    away = faults.set(FaultWish(kind=FaultKind.ERROR, operation="rest", status=503))
    began = monotonic()
    live_on(crm, "away")
    while (left := began + OUTAGE - monotonic()) > 0:
        sleep(min(left, 15))
        live_on(crm, f"away for another {left:.0f} s", CHANGES // 6)
    print(f"Whop was away for {monotonic() - began:.0f} s")  # noqa: T201 - for whoever runs it by hand
    faults.clear(away.number)

    eventually(lambda: caught_up(crm, before), PATIENCE * 2, 0.2)
    settle(crm)

    assert "0 deliveries" not in runs(crm, "catch_up")[-1][2]
    words = last_word(crm)
    print(f"{runs(crm, 'catch_up')[-1][2]} {words}")  # noqa: T201 - as above
    assert words.startswith("0 differences in ")
    assert differences(crm.server.sandbox.store, crm.company, crm.rows) == []


def test_we_are_away_and_catch_up_at_the_start(crm: Crm) -> None:
    settle(crm)
    before = len(runs(crm, "catch_up"))
    kill_9(crm.server)
    live_on(crm, "down")
    crm.server.start()

    eventually(lambda: caught_up(crm, before), PATIENCE, 0.1)
    settle(crm)

    assert last_word(crm).startswith("0 differences in ")
    assert differences(crm.server.sandbox.store, crm.company, crm.rows) == []


def test_a_reconciliation_that_is_killed_goes_on_in_the_next_process(crm: Crm) -> None:
    settle(crm)
    slow = crm.server.sandbox.faults.set(FaultWish(kind=FaultKind.SLOW, operation="rest", wait=0.2))
    crm.write("UPDATE members SET name = 'Somebody Else' WHERE whop_id = %s", crm.member("m.name IS NOT NULL"))
    reconcile(crm)
    eventually(lambda: crm.value("SELECT sum(s.rows) > 60 FROM sync_steps s JOIN sync_runs r ON r.id = s.run_id"
                                 " AND r.company_id = s.company_id WHERE r.kind = 'reconcile'"), PATIENCE)  # fmt: skip
    [(run, status, _)] = runs(crm, "reconcile")
    kill_9(crm.server)
    assert status == "running"
    crm.server.sandbox.faults.clear(slow.number)
    crm.server.start()

    eventually(lambda: runs(crm, "reconcile")[0][1] == "done", PATIENCE, 0.1)

    assert runs(crm, "reconcile")[0][0] == run, "the same run"
    assert runs(crm, "reconcile")[0][2].startswith("1 difference in ")
    assert last_word(crm).startswith("0 differences in ")
