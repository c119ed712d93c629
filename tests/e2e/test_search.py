"""The search that is always there: by `/`, by Ctrl-K, by a click; arrows and Enter."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, main, ready
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e


def _palette(page: Page) -> None:
    expect(page.get_by_role("dialog", name="Search members")).to_be_visible()
    expect(page.get_by_role("combobox", name="Search members")).to_be_focused()


def test_it_opens_by_a_key_from_any_page(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    for address in (crm.dashboard(), crm.members(), crm.profile(crm.member())):
        page.goto(address)
        ready(page)
        for keys in ("/", "Control+k", "Meta+k"):
            page.keyboard.press(keys)
            _palette(page)
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog", name="Search members")).to_be_hidden()


def test_a_slash_in_a_field_is_a_slash(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member()))
    page.get_by_label("New note").press_sequentially("and/or")
    expect(page.get_by_label("New note")).to_have_value("and/or")
    expect(page.get_by_role("dialog", name="Search members")).to_be_hidden()


def test_results_while_typing_arrows_and_enter(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    page.keyboard.press("/")
    _palette(page)
    page.keyboard.insert_text("an")
    options = page.get_by_role("listbox", name="Members").get_by_role("option")
    expect(options.nth(1)).to_be_visible()
    expect(options.first).to_have_attribute("data-active", "")
    second = options.nth(1).locator(".person__name").inner_text()
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("data-active", "")
    page.keyboard.press("Enter")
    expect(main(page).get_by_role("heading", level=1)).to_have_text(second)
    expect(page.get_by_role("dialog", name="Search members")).to_be_hidden()


def test_a_result_shows_who_it_is_and_what_they_are_worth(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.status = 'active' AND NOT m.canceling AND m.net_revenue_minor > 0 AND m.email IS NOT NULL")
    email, plan = crm.rows("SELECT email, plan_name FROM members WHERE whop_id = %s", whop_id)[0]
    page = team.open(OWNER, crm.members())
    page.get_by_role("button", name="Search members").click()
    _palette(page)
    page.keyboard.type(email)
    option = page.get_by_role("option").filter(has_text=email)
    expect(option).to_be_visible()
    expect(option).to_contain_text(crm.name_of(whop_id))
    expect(option).to_contain_text(plan)
    expect(option).to_contain_text("$")
    expect(option).to_contain_text("Active")
    expect(option.locator(".avatar")).to_be_visible()
    option.click()
    page.wait_for_url(crm.profile(whop_id))


def test_enter_before_the_answer_waits_for_it(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.email IS NOT NULL")
    email = crm.value("SELECT email FROM members WHERE whop_id = %s", whop_id)
    page = team.open(OWNER, crm.dashboard())
    page.keyboard.press("/")
    _palette(page)
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    page.wait_for_url(crm.profile(whop_id))


def test_nothing_found_says_so_and_the_next_opening_is_empty(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    page.keyboard.press("/")
    _palette(page)
    page.keyboard.type("zzzzqqqq")
    expect(page.get_by_role("dialog", name="Search members")).to_contain_text("No member matches.")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    _palette(page)
    expect(page.get_by_role("combobox", name="Search members")).to_have_value("")
    expect(page.get_by_role("dialog", name="Search members")).not_to_contain_text("No member matches.")
