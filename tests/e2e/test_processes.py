"""A deployment as a person sees it: one process after the other is replaced, and the open page comes back by itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import WORLD
from tests.support.browser_page import OWNER, ready, sign_in
from tests.support.crm import Crm, eventually
from tests.support.fleet import Fleet, fleet

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with fleet(tmp_path_factory.mktemp("fleet"), WORLD, WHOP_REQUESTS_PER_MINUTE="100000") as found:
        yield found


def test_a_rolling_restart_leaves_every_tab_live(running: Fleet, browser: Browser) -> None:
    crm = Crm(running.first)
    context = browser.new_context(base_url=running.url)
    page = context.new_page()
    sign_in(page, OWNER)
    eventually(crm.synced, 60)
    tabs = [page, context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(crm.dashboard())
        ready(tab)
    for one in running.processes:
        one.restart()
        name = crm.act("join")[0].split(" joined ")[0]
        for tab in tabs:
            expect(tab.get_by_role("list", name="Recent activity")).to_contain_text(name, timeout=20_000)
            expect(tab.locator(".connection")).to_have_text("", timeout=15_000)
    context.close()
