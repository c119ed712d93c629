"""PostgreSQL goes away and comes back under open pages: they say so, and heal by themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import WORLD
from tests.support import database
from tests.support.browser_page import OWNER, card, main, ready, sign_in, sketch
from tests.support.crm import Crm, eventually
from tests.support.own_postgres import OwnPostgres
from tests.support.server import server

pytestmark = [pytest.mark.e2e, pytest.mark.long]


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnPostgres]:
    found = OwnPostgres.begun(tmp_path / "own")
    monkeypatch.setenv(database.ADMIN_VARIABLE, found.cluster.admin_url)
    yield found
    found.stop()


@pytest.mark.parametrize("sudden", [False, True], ids=["restarted", "killed"])
def test_open_pages_heal_when_the_database_is_back(
    postgres: OwnPostgres, tmp_path: Path, browser: Browser, sudden: bool
) -> None:
    with server(tmp_path, WORLD, WHOP_REQUESTS_PER_MINUTE="100000") as app:
        crm = Crm(app)
        context = browser.new_context(base_url=app.url)
        dashboard, profile, late = context.new_page(), context.new_page(), context.new_page()
        sign_in(dashboard, OWNER)
        eventually(crm.synced, 60)
        profile.goto(crm.profile(crm.member("m.status = 'active'")))
        for page in (dashboard, profile):
            ready(page)
        profile.get_by_label("New note").fill("Not lost")
        (postgres.die if sudden else postgres.stop)()
        name = crm.act("join")[0].split(" joined ")[0]
        profile.get_by_role("button", name="Add note").click()
        expect(profile.get_by_text("Our database cannot be reached.", exact=False).first).to_be_visible(timeout=30_000)
        dashboard.get_by_role("link", name="Members").first.click()
        postgres.come_back()
        ready(dashboard)
        expect(profile.get_by_label("New note")).to_have_value("Not lost")
        profile.get_by_role("button", name="Add note").click()
        expect(card(profile, "Notes")).to_contain_text("Not lost", timeout=20_000)
        late.goto(crm.dashboard())
        expect(ready(late).get_by_role("list", name="Recent activity")).to_contain_text(name, timeout=30_000)
        crm.settle()
        for page in (dashboard, profile):
            late.goto(page.url)
            ready(late)
            eventually(lambda: sketch(page) == sketch(late), 30, every=0.5)  # noqa: B023 - used at once
        expect(main(dashboard).get_by_role("heading", level=1)).to_have_text("Members")
        context.close()
