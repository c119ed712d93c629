"""Several web processes are one app: what happens in one is seen in the other, and one of them runs the clock."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import httpx
import psycopg
import pytest

from tests.processes.conftest import Office
from tests.support import database
from tests.support.crm import eventually
from tests.support.deliveries import PATH, encoded, envelope, signed
from tests.support.far_tab import FarTab, far_tab
from tests.support.fleet import ask_to_stop, kill, leads
from whop_crm.state.member import MemberState
from whop_crm.state.session import SessionState, Visitor

pytestmark = [pytest.mark.long, pytest.mark.timeout(120, func_only=True)]


def path_of(office: Office, member: str) -> str:
    return f"/dashboard/{office.crm.company}/members/{member}"


def notes(tab: FarTab) -> list[str]:
    return [note["html"] for note in tab.var(MemberState, "notes") or []]


def ready(tab: FarTab) -> bool:
    return tab.var(MemberState, "status") == "ready"


async def test_a_change_through_one_is_live_on_the_other(office: Office) -> None:
    here, there = office.fleet.processes
    path = path_of(office, office.crm.member())
    async with far_tab(here, path, office.cookie) as mine, far_tab(there, path, office.cookie) as theirs:
        for tab in (mine, theirs):
            await tab.until(lambda: ready(tab))  # noqa: B023 - used at once
        for writer, reader, body in ((mine, theirs, "Said on one"), (theirs, mine, "Said on the other")):
            await writer.send(f"{MemberState.get_full_name()}.add_note", form={"body": body})
            assert await reader.until(lambda: any(body in one for one in notes(reader))) < 2  # noqa: B023 - as above


async def test_a_sign_out_at_one_ends_the_tabs_of_the_other(office: Office) -> None:
    cookie = await asyncio.to_thread(office.sign_in)
    path = path_of(office, office.crm.member())
    async with far_tab(office.fleet.processes[1], path, cookie) as tab:
        await tab.until(lambda: ready(tab))
        assert tab.var(MemberState, "member")["id"]
        await asyncio.to_thread(office.sign_out, cookie, 0)
        assert await tab.until(lambda: tab.var(SessionState, "visitor") == Visitor.SIGNED_OUT) < 2
        assert tab.var(MemberState, "member")["id"] == ""


def test_one_of_them_runs_the_clock_and_kill_9_hands_it_over(office: Office) -> None:
    leader = eventually(office.fleet.leader)
    heir = next(one for one in office.fleet.processes if one is not leader)
    assert not leads(heir)
    kill(leader)
    killed_at = monotonic()
    eventually(lambda: leads(heir), 10)
    assert monotonic() - killed_at < 10
    office.crm.act("join")
    office.crm.settle()
    leader.start()
    assert not leads(leader)
    assert office.fleet.leader() is heir


def test_sigterm_finishes_what_was_begun_and_hands_the_clock_over(office: Office) -> None:
    leader = eventually(office.fleet.leader)
    heir = next(one for one in office.fleet.processes if one is not leader)
    body = encoded(envelope(office.crm.company))
    secret = leader.environment["WHOP_WEBHOOK_SECRET"]
    headers = signed(body, secret=secret)
    with ThreadPoolExecutor() as pool, psycopg.connect(database.admin_of(leader.database)) as other:
        other.execute("LOCK TABLE webhook_events IN ACCESS EXCLUSIVE MODE")
        answer = pool.submit(_post, leader.port, body, headers)
        eventually(lambda: _waits_for_a_lock(office))
        ask_to_stop(leader)
        eventually(lambda: not _listens(leader.port))
        other.rollback()
        assert answer.result(10) == 200
    assert leader.child.process.wait(10) == 0
    stopped_at = monotonic()
    eventually(lambda: leads(heir), 10)
    assert monotonic() - stopped_at < 3
    assert office.crm.value("SELECT 1 FROM webhook_events WHERE webhook_id = %s", headers["webhook-id"])
    leader.start()


@pytest.mark.long
def test_a_rolling_restart_drops_no_webhook(office: Office) -> None:
    """One process after the other is replaced while Whop delivers, as a deployment does it."""
    done = threading.Event()

    def happen() -> None:
        while not done.wait(0.2):
            office.crm.act("join")
            office.crm.act("chat", count=3)

    with ThreadPoolExecutor() as pool:
        load = pool.submit(happen)
        for one in office.fleet.processes:
            one.restart()
        done.set()
        load.result()
    office.crm.settle()
    whop = office.fleet.first.sandbox.store
    acknowledged = {row["webhook_id"] for row in whop.query("SELECT webhook_id FROM hook_attempts WHERE success")}
    stored = {row[0] for row in office.crm.rows("SELECT webhook_id FROM webhook_events")}
    assert len(acknowledged) > 50
    assert acknowledged - stored == set()
    known = office.crm.value(
        "SELECT count(*) FROM members m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s",
        office.crm.company,
    )
    assert known == whop.count("member", account_id=office.crm.company)


def _post(port: int, body: bytes, headers: dict[str, str]) -> int:
    return httpx.post(
        f"http://127.0.0.1:{port}{PATH}", content=body, headers=headers, timeout=30, trust_env=False
    ).status_code


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _waits_for_a_lock(office: Office) -> bool:
    return bool(
        office.crm.rows(
            "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
            office.fleet.first.database,
        )
    )
