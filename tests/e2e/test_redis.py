"""The Redis that keeps the state of tabs is emptied, or away for a while: tabs heal by themselves."""

from collections.abc import Iterator
from time import sleep

import pytest
import redis
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import WORLD
from tests.processes.conftest import REDIS
from tests.support.browser_page import OWNER, card, listen, ready, sign_in, sketch
from tests.support.crm import Crm, eventually
from tests.support.fleet import Fleet, fleet
from tests.support.gate import Gate

pytestmark = [pytest.mark.e2e, pytest.mark.long]

AWAY = 4.0


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    with redis.Redis.from_url(REDIS) as client:
        where = client.get_connection_kwargs()
        client.flushdb()
    with Gate(where["host"], where["port"]).running() as found:
        yield found


@pytest.fixture(scope="module")
def running(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    address = f"redis://127.0.0.1:{gate.port}/{REDIS.rpartition('/')[2]}"
    settings = {"WHOP_REQUESTS_PER_MINUTE": "100000", "REDIS_URL": address}
    with fleet(tmp_path_factory.mktemp("redis"), WORLD, **settings) as found:
        yield found


@pytest.fixture(scope="module")
def crm(running: Fleet) -> Crm:
    return Crm(running.first)


@pytest.fixture(scope="module")
def context(running: Fleet, crm: Crm, browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=running.url)
    sign_in(made.new_page(), OWNER)
    eventually(crm.synced, 60)
    yield made
    made.close()


@pytest.fixture
def tabs(crm: Crm, context: BrowserContext) -> Iterator[list[Page]]:
    """A dashboard, a list that somebody has searched in, and a profile."""
    found = [context.new_page() for _ in range(3)]
    wrong = [listen(page) for page in found]
    addresses = (crm.dashboard(), crm.members("q=a&sort=name&dir=asc"), crm.profile(crm.member("m.status = 'active'")))
    for page, address in zip(found, addresses, strict=True):
        page.goto(address)
        ready(page)
    yield found
    for page in found:
        page.close()
    assert [said for heard in wrong for said in heard] == []


def _still_live(crm: Crm, tabs: list[Page], word: str) -> None:
    """What happens is shown, what somebody does works, and all show what a fresh tab shows."""
    name = crm.act("join")[0].split(" joined ")[0]
    expect(tabs[0].get_by_role("list", name="Recent activity")).to_contain_text(name, timeout=20_000)
    tabs[2].get_by_label("New note").fill(word)
    tabs[2].get_by_role("button", name="Add note").click()
    expect(card(tabs[2], "Notes")).to_contain_text(word, timeout=20_000)
    crm.settle()
    fresh = tabs[0].context.new_page()
    for page in tabs:
        fresh.goto(page.url)
        ready(fresh)
        eventually(lambda: sketch(page) == sketch(fresh), every=0.2)  # noqa: B023 - used at once
        expect(page.locator(".connection")).to_have_text("", timeout=15_000)
    fresh.close()


def test_an_emptied_redis_costs_nobody_anything(crm: Crm, tabs: list[Page]) -> None:
    with redis.Redis.from_url(REDIS) as client:
        client.flushdb()
    _still_live(crm, tabs, "Written after the flush")


def test_what_somebody_does_right_after_the_flush_is_done(crm: Crm, tabs: list[Page]) -> None:
    tabs[2].get_by_label("New note").fill("In the same moment")
    with redis.Redis.from_url(REDIS) as client:
        client.flushdb()
    tabs[2].get_by_role("button", name="Add note").click()
    expect(card(tabs[2], "Notes")).to_contain_text("In the same moment", timeout=20_000)
    _still_live(crm, tabs, "And afterwards")


def test_a_redis_that_was_away_is_got_over(crm: Crm, gate: Gate, tabs: list[Page]) -> None:
    late = tabs[0].context.new_page()
    gate.shut()
    name = crm.act("join")[0].split(" joined ")[0]
    tabs[1].get_by_role("link", name="Dashboard").first.click()
    late.goto(crm.members())
    sleep(AWAY)
    gate.open()
    for page in tabs[:2]:
        expect(page.get_by_role("list", name="Recent activity")).to_contain_text(name, timeout=30_000)
    ready(late)
    _still_live(crm, tabs, "Written after the outage")
    late.close()
