"""A company with three members, and one with none: every page has its look, at every width, in both themes."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import WORLD
from tests.support import database
from tests.support.browser_page import OWNER, demand_fit, listen, main, ready, rows, sign_in
from tests.support.crm import Crm, eventually
from tests.support.server import server

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """An app of its own: these tests take its members away."""
    with server(tmp_path_factory.mktemp("small"), WORLD, WHOP_REQUESTS_PER_MINUTE="100000") as running:
        yield Crm(running)


@pytest.fixture(scope="module")
def page(small: Crm, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(base_url=small.url)
    opened = context.new_page()
    wrong = listen(opened)
    sign_in(opened, OWNER)
    eventually(small.synced, 180)
    yield opened
    context.close()
    assert wrong == []


@pytest.mark.parametrize("members", [3, 0])
def test_every_page_with_few_members(small: Crm, page: Page, members: int) -> None:
    _keep(small, members)
    for address in (small.dashboard(), small.members()):
        page.goto(address)
        ready(page)
        demand_fit(page, (1440, False), (768, True), (375, False), (375, True))
    if members:
        expect(rows(page)).to_have_count(members)
    else:
        expect(main(page)).to_contain_text("No members yet")


def _keep(crm: Crm, members: int) -> None:
    with psycopg.connect(database.admin_of(crm.server.database), autocommit=True) as connection:
        connection.execute(
            "DELETE FROM members WHERE id NOT IN (SELECT m.id FROM members m JOIN companies c ON c.id = m.company_id"
            " WHERE c.whop_id = %s AND m.counted ORDER BY m.id LIMIT %s)",
            (crm.company, members),
        )
