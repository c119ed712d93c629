"""When the connection is lost: the page says so, heals by itself, and shows what happened meanwhile."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, ready, sketch
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e


def _banner(page: Page, text: str) -> None:
    expect(page.locator(".connection")).to_contain_text(text)


def _is_fresh(crm: Crm, team: Team, page: Page) -> bool:
    return sketch(page) == sketch(team.open(OWNER, page.url))


def test_a_restart_of_the_server_heals_by_itself(crm: Crm, team: Team) -> None:
    member = crm.member("m.status = 'active'")
    dashboard = team.open(OWNER, crm.dashboard())
    profile = team.visit(dashboard.context, crm.profile(member))
    profile.get_by_label("New note").fill("Not lost")
    crm.server.child.stop()
    for page in (dashboard, profile):
        _banner(page, "Connection lost. Reconnecting…")
    name = crm.act("join")[0].split(" joined ")[0]
    crm.server.start()
    expect(dashboard.get_by_role("list", name="Recent activity")).to_contain_text(name, timeout=20_000)
    for page in (dashboard, profile):
        expect(page.locator(".connection")).to_have_text("", timeout=15_000)
    expect(profile.get_by_label("New note")).to_have_value("Not lost")
    crm.settle()
    for page in (dashboard, profile):
        eventually(lambda: _is_fresh(crm, team, page), every=0.5)  # noqa: B023 - used at once


def test_a_cut_listen_connection_heals_by_itself(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    cut = crm.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'",
        crm.server.database,
    )
    assert cut
    name = crm.act("join")[0].split(" joined ")[0]
    expect(page.get_by_role("list", name="Recent activity")).to_contain_text(name)
    crm.settle()
    eventually(lambda: _is_fresh(crm, team, page), every=0.5)


def test_a_device_without_a_network_says_so_and_catches_up(crm: Crm, team: Team) -> None:
    page = team.visit(team.browser_of(OWNER), crm.dashboard())
    page.context.set_offline(True)
    _banner(page, "You are offline.")
    name = crm.act("join")[0].split(" joined ")[0]
    crm.settle()
    page.context.set_offline(False)
    expect(page.get_by_role("list", name="Recent activity")).to_contain_text(name, timeout=20_000)
    expect(page.locator(".connection")).to_have_text("", timeout=15_000)


def test_a_lost_connection_is_told_only_when_it_lasts(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    ready(page)
    expect(page.locator(".connection")).to_have_text("")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
