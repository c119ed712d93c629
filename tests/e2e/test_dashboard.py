"""The dashboard: its figures are the database's, its feed is what happened."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, card, figure, main, ready, sketch
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e

_COUNT = """SELECT count(*) FROM members m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s AND m.counted"""


def test_the_figures_are_those_of_the_database_and_of_whop_in_every_tab(crm: Crm, team: Team) -> None:
    crm.settle()
    page = team.open(OWNER, crm.dashboard())
    assert figure(page, "Total members") == f"{crm.value(_COUNT, crm.company):,}" == _holders(crm, "1")
    assert figure(page, "Active members") == _holders(
        crm, "status IN ('trialing', 'active', 'past_due', 'completed') AND NOT paused"
    )
    mrr = crm.value(
        "SELECT sum(m.mrr_minor) FROM memberships m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s",
        crm.company,
    )
    assert figure(page, "MRR") == f"${mrr / 100:,.0f}"
    assert sketch(page) == sketch(team.open(OWNER, crm.dashboard()))


def _holders(crm: Crm, condition: str) -> str:
    """Of how many people Whop keeps such a membership."""
    found = crm.server.sandbox.store.query_one(
        f"SELECT count(DISTINCT member_id) AS n FROM membership WHERE account_id = ? AND {condition}", (crm.company,)
    )
    assert found is not None
    return f"{found['n']:,}"


def test_every_figure_has_its_change_and_explains_itself(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    for label in ("Total members", "Active members", "New members (30 d)", "MRR"):
        foot = card(page, label).locator(".metric__foot")
        expect(foot).to_contain_text(re.compile(r"(%|–).*(vs|no history)", re.DOTALL))
        about = card(page, label).get_by_role("button", name=f"About {label}")
        about.hover()
        expect(page.get_by_role("tooltip").filter(visible=True)).to_have_text(re.compile(r"\w+ .*"))
        page.mouse.move(5, 500)
        expect(page.get_by_role("tooltip").filter(visible=True)).to_have_count(0)


def test_the_feed_leads_to_the_member(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    rows = page.get_by_role("list", name="Recent activity").get_by_role("listitem")
    expect(rows.nth(4)).to_be_visible()
    link = rows.get_by_role("link").first
    name = link.inner_text()
    link.click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_a_company_that_is_not_there_shows_no_data(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard("biz_doesnotexist1"))
    expect(main(page).get_by_role("heading", level=1)).to_have_text("You cannot see this")
    page.get_by_role("link", name="My companies").click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Dashboard")
    ready(page)
