"""The app as it is served, a Whop that keeps sending, and means to break things. Long: runs in `make test-long`."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.support.crm import Crm, eventually
from tests.support.server import Server, server
from whop_crm.runtime.processes import kill_group
from whop_crm.sandbox.server import Options

WORLD = Options(members=60, pace=0, due=False, rate_limit=None, retry_schedule=(0.1, 0.3, *[1.0] * 120))
"""Nothing happens but what a test does, and what fails to arrive is sent again soon and for long."""
PATIENCE = 90.0
OUTAGE = float(os.environ.get("OUTAGE_SECONDS", "0"))
"""How long Whop is away where a test takes it away; at least as long as what happens meanwhile takes."""


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.long)
    item.add_marker(pytest.mark.timeout(600 + OUTAGE))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Server]:
    with server(tmp_path, WORLD, WHOP_REQUESTS_PER_MINUTE="100000") as running:
        yield running


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Server]:
    """The same with a company that takes some seconds to read."""
    with server(tmp_path, replace(WORLD, members=500), WHOP_REQUESTS_PER_MINUTE="100000") as running:
        yield running


@pytest.fixture
def crm(app: Server) -> Crm:
    """The app once it has read the company for the first time."""
    found = Crm(app)
    sign_in(found)
    eventually(found.synced, PATIENCE, 0.1)
    return found


def sign_in(crm: Crm) -> None:
    """The main company's owner signs in, as a browser would; that is what begins the first sync."""
    store = crm.server.sandbox.store
    people = store.get_meta("people")
    owner = next(one["user_id"] for one in people if (one["role"], one["account_id"]) == ("owner", crm.company))
    with httpx.Client(trust_env=False, timeout=30) as browser:
        at_whop = browser.get(f"{crm.url}/auth/login").next_request
        assert at_whop is not None
        answer = browser.post(f"{at_whop.url.copy_with(query=None)}", data={**at_whop.url.params, "user_id": owner})
        back = browser.get(answer.headers["location"])
        assert back.status_code == 303, back.text
        assert "/dashboard" in back.headers["location"]


def kill_9(running: Server) -> None:
    """Ends the server and its workers at once, without a word."""
    kill_group(running.child.process.pid)
    running.child.process.wait()


def settle(crm: Crm) -> None:
    """Returns once every webhook has been delivered and worked off, and what that left open has been asked, however
    slowly, as long as it goes on."""
    left = _left(crm)
    while left:
        eventually(lambda: _left(crm) != left, PATIENCE, 0.1)  # noqa: B023 - used at once
        left = _left(crm)


def _left(crm: Crm) -> int:
    """Deliveries that have not arrived, those that have not been worked off, and questions without an answer."""
    waiting = crm.control("GET", "/status")["deliveries"]["waiting"]
    stored = crm.value("SELECT count(*) FROM webhook_events WHERE status = 'pending'")
    return waiting + stored + crm.value("SELECT count(*) FROM open_questions")
