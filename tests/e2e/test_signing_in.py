"""Who may come in, what they see, and that a sign-out is over at once everywhere."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import FirstSync, Team
from tests.support.browser_page import (
    ADMIN,
    CUSTOMER,
    MANAGER,
    OWNER,
    STRANGER,
    SUPPORT,
    VIEWER,
    Person,
    card,
    choose,
    figure,
    main,
    ready,
    sign_in,
)
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e


def test_the_first_sync_shows_how_far_it_is(first_sync: FirstSync) -> None:
    assert first_sync.percent, "no progress was seen"
    assert first_sync.percent == sorted(first_sync.percent), "progress went backwards"
    assert len(set(first_sync.percent)) >= 3
    assert first_sync.percent[0] < 50 < 100 >= first_sync.percent[-1]
    assert any(re.search(r"Reading [a-z ]+ \([\d,]+ so far\)", told) for told in first_sync.told)
    assert any("Next: " in told for told in first_sync.told)


def test_numbers_that_are_still_partial_say_so(first_sync: FirstSync) -> None:
    assert first_sync.notes


def test_the_owner_lands_on_the_dashboard(crm: Crm, page: Page) -> None:
    sign_in(page, OWNER)
    assert page.url == crm.dashboard()
    ready(page)
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Dashboard")
    assert figure(page, "Total members")


def test_the_session_cookie_is_out_of_reach_of_scripts(crm: Crm, page: Page) -> None:
    sign_in(page, OWNER)
    cookies = [cookie for cookie in page.context.cookies(crm.url) if "signin" not in cookie.get("name", "")]
    assert len(cookies) == 1
    (cookie,) = cookies
    assert cookie.get("httpOnly") is True
    assert cookie.get("sameSite") == "Lax"
    until = datetime.fromtimestamp(cookie.get("expires") or 0, UTC) - datetime.now(UTC)
    assert timedelta(days=29) < until <= timedelta(days=30, minutes=1)
    assert str(cookie.get("value")) not in page.evaluate("document.cookie + JSON.stringify({...localStorage})")


def test_a_deep_link_leads_through_the_sign_in_and_back(crm: Crm, page: Page) -> None:
    wanted = crm.members("status=active&sort=name&dir=asc")
    page.goto(wanted)
    choose(page, OWNER)
    page.wait_for_url(wanted)
    ready(page)
    assert page.get_by_role("button", name=re.compile("^Active")).get_attribute("aria-pressed") == "true"


def test_saying_no_at_whop_comes_back_with_a_sentence(crm: Crm, page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Sign in with Whop").click()
    page.get_by_role("button", name="Cancel and go back").click()
    expect(main(page)).to_contain_text("You did not let Whop sign you in.")
    assert page.context.cookies(crm.url) == []


@pytest.mark.parametrize("person", [CUSTOMER, STRANGER], ids=["customer", "stranger"])
def test_who_is_not_on_the_team_sees_a_clear_page_and_no_data(crm: Crm, team: Team, person: Person) -> None:
    context = team.browser_of(person)
    page = context.new_page()
    page.goto("/dashboard")
    expect(main(page).get_by_role("heading", level=1)).to_have_text("No company to open")
    for address in (crm.dashboard(), crm.members(), crm.profile(crm.member())):
        page.goto(address)
        expect(main(page).get_by_role("heading", level=1)).to_have_text("You cannot see this")
        assert "@" not in main(page).inner_text()
        expect(page.get_by_role("link", name="Members")).to_have_count(0)


def test_signing_out_ends_every_open_tab_at_once(crm: Crm, page: Page) -> None:
    sign_in(page, MANAGER)
    other, away = page.context.new_page(), page.context.new_page()
    other.goto(crm.members())
    ready(other)
    away.goto(crm.profile(crm.member()))
    ready(away)
    page.get_by_role("button", name="You and your settings").click()
    page.get_by_role("menuitem", name="Sign out", exact=True).click()
    expect(main(page)).to_contain_text("You are signed out")
    for tab in (other, away):
        expect(main(tab).get_by_role("heading", level=1)).to_have_text("You are signed out")
        expect(main(tab).get_by_role("table")).to_have_count(0)
    assert page.context.cookies(crm.url) == []


def test_signing_out_everywhere_ends_other_browsers_too(crm: Crm, team: Team, page: Page) -> None:
    elsewhere = team.browser_of(None).new_page()
    sign_in(elsewhere, ADMIN)
    ready(elsewhere)
    sign_in(page, ADMIN)
    page.get_by_role("button", name="You and your settings").click()
    page.get_by_role("menuitem", name="Sign out everywhere").click()
    expect(main(elsewhere).get_by_role("heading", level=1)).to_have_text("You are signed out")
    main(elsewhere).get_by_role("link", name="Sign in with Whop").click()
    choose(elsewhere, ADMIN)
    elsewhere.wait_for_url(crm.dashboard())


def test_support_may_note_but_not_tag(crm: Crm, team: Team) -> None:
    page = team.open(SUPPORT, crm.profile(crm.member("m.status = 'active'")))
    expect(page.get_by_role("button", name="Add tag")).to_have_count(0)
    page.get_by_label("New note").fill("Asked for an invoice.")
    page.get_by_role("button", name="Add note").click()
    expect(card(page, "Notes").get_by_role("article").first).to_contain_text("Asked for an invoice.")


def test_who_only_reads_can_change_nothing(crm: Crm, team: Team) -> None:
    page = team.open(VIEWER, crm.profile(crm.member("m.status = 'active'")))
    expect(page.get_by_role("button", name="Add tag")).to_have_count(0)
    expect(page.get_by_label("New note")).to_have_count(0)
    expect(page.get_by_role("button", name="Edit note")).to_have_count(0)
    page.get_by_role("button", name="You and your settings").click()
    expect(page.get_by_role("menu", name="You")).to_contain_text("Read only")
