"""Segments in a browser: from a template, by the builder, live, and nobody's typing disturbed."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, VIEWER, barriers, card, figure, main, overflow, ready, rows
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e


def _segments(crm: Crm, path: str = "") -> str:
    return f"{crm.dashboard()}/segments{path}"


def _members(page: Page) -> int:
    return int(figure(page, "Members").replace(",", ""))


def _count(page: Page) -> int:
    said = card(page, "Conditions").get_by_role("status")
    expect(said).to_have_attribute("aria-busy", "false")
    return int(said.inner_text().split()[0].replace(",", ""))


def _new(crm: Crm) -> int:
    return int(crm.value(
        "SELECT count(*) FROM members m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s AND m.counted"
        " AND m.joined_at >= date_trunc('day', now() AT TIME ZONE c.timezone - interval '30 days')"
        " AT TIME ZONE c.timezone", crm.company))  # fmt: skip


def test_a_template_becomes_a_segment_that_is_live(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, _segments(crm))
    page.get_by_role("button", name="Create New", exact=True).click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("New")
    assert _members(page) == _new(crm)
    before = _members(page)
    crm.act("join")
    eventually(lambda: _members(page) == before + 1)
    expect(card(page, "Entered and left").get_by_role("listitem").first).to_contain_text("entered", timeout=20_000)
    assert overflow(page) <= 0
    assert barriers(page) == []


def test_its_page_is_the_list_of_its_members(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, _segments(crm))
    page.get_by_role("button", name="Create Active", exact=True).click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Active")
    address = page.url
    assert rows(page).count() == min(_members(page), 50)
    page.get_by_role("button", name="Joined", exact=True).click()
    expect(page).to_have_url(re.compile(rf"{address}\?sort=joined&dir=.*"))
    page.get_by_role("checkbox", name="Select everybody on this page").check()
    expect(page.get_by_role("region", name="Selection")).to_contain_text(f"{rows(page).count()} selected")
    page.get_by_role("searchbox", name="Search in this list").fill("nobody is called this")
    expect(main(page)).to_contain_text("No member matches")
    page.get_by_role("button", name="Show everybody").click()
    expect(rows(page)).to_have_count(min(_members(page), 50))
    assert page.url.startswith(address)
    page.get_by_role("link", name="Members", exact=True).click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Members")
    expect(page.get_by_role("region", name="Selection")).to_have_count(0)


def test_the_dashboard_card_and_its_segment_say_the_same(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    shown = figure(page, "New members (30 d)")
    page.goto(_segments(crm, "/new/edit?template=new"))
    ready(page)
    eventually(lambda: f"{_count(page):,}" == shown)


def test_the_builder_counts_what_it_says_and_keeps_what_is_typed(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, _segments(crm, "/new/edit"))
    page.get_by_role("combobox", name="Condition 1, field").select_option("net_revenue")
    value = page.get_by_role("textbox", name="Condition 1, value")
    value.fill("1")
    rich = "SELECT count(*) FROM members m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s AND counted"
    eventually(lambda: _count(page) == crm.value(f"{rich} AND net_revenue_minor >= 100", crm.company))
    page.get_by_role("button", name="Add condition").click()
    page.get_by_role("combobox", name="Condition 2, field").select_option("name")
    name = page.get_by_role("textbox", name="Condition 2, value")
    name.press_sequentially("a")
    crm.act("join")
    crm.settle()
    expect(name).to_be_focused()
    name.press_sequentially("n")
    expect(name).to_have_value("an")
    both = f"{rich} AND net_revenue_minor >= 100 AND sort_name LIKE '%%an%%'"
    eventually(lambda: _count(page) == crm.value(both, crm.company))
    expect(page.get_by_text("meet it · without it").first).to_be_visible()
    page.get_by_role("button", name="Remove condition 2").click()
    page.get_by_label("Name", exact=True).fill("Worth a dollar")
    page.get_by_role("button", name="Save segment").click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Worth a dollar")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete segment").click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Segments")
    expect(main(page).get_by_text("Worth a dollar")).to_have_count(0)


def test_a_group_a_choice_and_an_unfinished_line(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, _segments(crm, "/new/edit"))
    page.get_by_role("button", name="Condition 1, value: nothing chosen").click()
    page.get_by_role("option", name="Active", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Add group").click()
    expect(page.get_by_text("Choose at least one.")).to_be_visible()
    page.get_by_role("combobox", name="Condition 2.1, field").select_option("did.lesson")
    active = (
        "SELECT count(*) FROM members m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s AND counted"
        " AND status = 'active' AND NOT canceling AND EXISTS (SELECT FROM member_days d WHERE d.company_id ="
        " m.company_id AND d.member_id = m.id AND d.kind = 'lesson'"
        " AND d.day >= (now() AT TIME ZONE c.timezone)::date - 30)"
    )
    eventually(lambda: _count(page) == crm.value(active, crm.company))
    page.get_by_role("button", name="Save segment").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0
        assert barriers(page) == []


def test_a_list_is_made_named_and_deleted(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, _segments(crm))
    page.get_by_role("button", name="New list").click()
    page.get_by_label("Name", exact=True).fill("Webinar guests")
    page.get_by_role("button", name="Save list").click()
    lists = card(page, "Lists")
    expect(lists.get_by_role("link", name="Webinar guests")).to_be_visible()
    lists.get_by_role("button", name="Edit Webinar guests").click()
    page.get_by_label("Name", exact=True).fill("Guests")
    page.get_by_role("button", name="Save list").click()
    lists.get_by_role("button", name="Delete Guests").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete list").click()
    expect(lists.get_by_role("link", name="Guests", exact=True)).to_have_count(0)
    told = page.locator("[data-sonner-toast]").filter(has_text="List deleted")
    told.get_by_role("button", name="Undo").click()
    expect(lists.get_by_role("link", name="Guests", exact=True)).to_be_visible()


def test_who_only_reads_makes_none(crm: Crm, team: Team) -> None:
    page = team.open(VIEWER, _segments(crm))
    expect(page.get_by_role("link", name="New segment")).to_have_count(0)
    page.goto(_segments(crm, "/new/edit"))
    expect(main(page).get_by_role("heading")).to_have_text("You cannot see this")
    for nobodys in ("/999999", "/nonsense"):
        page.goto(_segments(crm, nobodys))
        expect(main(page).get_by_role("heading")).to_contain_text("no such")
