"""What a company sets, who is on its team, what its tags are, and where one is signed in."""

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Team
from tests.e2e.test_tags_and_notes import create_tag
from tests.support.browser_page import OWNER, SUPPORT, VIEWER, card, demand_fit, listen, main, ready, sign_in, sketch
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e

SECTIONS = ("", "/team", "/tags", "/fields", "/sessions")


def settings(crm: Crm, section: str = "") -> str:
    return f"{crm.dashboard()}/settings{section}"


def tag_row(page: Page, name: str) -> Locator:
    table = page.get_by_role("table", name="Tags")
    return table.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def save(page: Page) -> None:
    page.get_by_role("button", name="Save changes").click()


@pytest.mark.parametrize("person", [OWNER, VIEWER], ids=["admin", "read_only"])
@pytest.mark.parametrize("section", SECTIONS, ids=["company", "team", "tags", "fields", "sessions"])
def test_it_fits_and_is_accessible(crm: Crm, team: Team, section: str, person: object) -> None:
    page = team.open(person, settings(crm, section))  # pyright: ignore[reportArgumentType] # one of two people
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Settings")
    demand_fit(page, (1440, False), (768, True), (375, False))


def test_the_time_zone_is_changed_and_everybody_sees_it(crm: Crm, team: Team) -> None:
    page, other = team.open(OWNER, settings(crm)), team.open(VIEWER, settings(crm))
    dashboard = team.open(OWNER, crm.dashboard())
    before = page.get_by_label("Time zone").input_value()
    page.get_by_label("Time zone").select_option("Pacific/Kiritimati")
    page.get_by_label("Currency").select_option("eur")
    save(page)
    expect(other.get_by_role("definition").filter(has_text="Pacific/Kiritimati")).to_be_visible()
    expect(other.get_by_role("definition").filter(has_text="EUR")).to_be_visible()
    expect(dashboard.locator(".metric__value").filter(has_text="€")).to_have_count(1)
    done = "SELECT finished_at IS NOT NULL FROM recounts r JOIN companies c ON c.id = r.company_id WHERE c.whop_id = %s"
    eventually(lambda: crm.value(done, crm.company), 60)
    for one in (page, other, dashboard):
        expect(one.get_by_text("Working out the numbers anew")).to_have_count(0)
    page.get_by_label("Time zone").select_option(before)
    page.get_by_label("Currency").select_option("usd")
    save(page)
    expect(dashboard.locator(".metric__value").filter(has_text="$")).to_have_count(1)
    eventually(lambda: crm.value(done, crm.company), 60)
    fresh = team.open(OWNER, crm.dashboard())
    eventually(lambda: sketch(dashboard) == sketch(fresh))


def test_what_is_being_filled_in_stays_while_another_admin_saves(crm: Crm, team: Team) -> None:
    page, other = team.open(OWNER, settings(crm)), team.open(OWNER, settings(crm))
    posts, week = page.get_by_label("Posts", exact=True), page.get_by_label("Week starts on")
    posts.fill("9")
    other.get_by_label("Week starts on").select_option("Saturday")
    other.get_by_label("Posts", exact=True).fill("4")
    save(other)
    expect(week).to_have_value("6")
    expect(posts).to_have_value("9")
    expect(posts).to_be_focused()
    save(page)
    expect(other.get_by_label("Posts", exact=True)).to_have_value("9")
    other.get_by_label("Posts", exact=True).fill("3")
    other.get_by_label("Week starts on").select_option("Monday")
    save(other)
    expect(posts).to_have_value("3")
    expect(week).to_have_value("1")


def test_weights_that_cannot_be_are_refused_in_words(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, settings(crm))
    for label in ("Posts", "Comments and chat", "Lessons", "Last seen"):
        page.get_by_label(label, exact=True).fill("0")
    save(page)
    expect(page.locator("#error-weights")).to_have_text("At least one weight has to be above 0.")
    page.get_by_label("Last seen", exact=True).fill("4")
    save(page)
    expect(page.locator("#error-weights")).to_have_text("")
    page.reload()
    expect(page.get_by_label("Last seen", exact=True)).to_have_value("4")
    for label, weight in (("Posts", "3"), ("Comments and chat", "2"), ("Lessons", "2"), ("Last seen", "2")):
        page.get_by_label(label, exact=True).fill(weight)
    save(page)
    expect(page.get_by_text("Saved", exact=False).first).to_be_visible()


def test_the_first_admin_brings_the_zone(crm: Crm, team: Team) -> None:
    """The owner has looked at the dashboard already, in a browser that is in UTC."""
    team.open(OWNER, crm.dashboard())
    eventually(lambda: crm.value("SELECT zone_chosen FROM companies WHERE whop_id = %s", crm.company))


@pytest.mark.parametrize("person", [SUPPORT, VIEWER], ids=["support", "read_only"])
def test_only_an_admin_changes_anything(crm: Crm, team: Team, person: object) -> None:
    page = team.open(person, settings(crm))  # pyright: ignore[reportArgumentType] # one of two people
    expect(main(page)).to_contain_text("An admin of this company can change these.")
    expect(page.get_by_role("button", name="Save changes")).to_have_count(0)
    page.goto(settings(crm, "/tags"))
    ready(page)
    expect(page.get_by_role("button", name="New tag")).to_have_count(0)


def test_the_team_is_whops_and_says_what_a_role_means(crm: Crm, team: Team) -> None:
    page = team.open(VIEWER, settings(crm, "/team"))
    rows = page.get_by_role("table", name="Team").locator("tbody").get_by_role("row")
    owner = rows.filter(has_text="Marlow Ashdown")
    expect(owner).to_contain_text("Owner")
    expect(owner).to_contain_text("Admin")
    expect(rows.filter(has_text="Advertiser").first).to_contain_text("Read only")
    expect(card(page, "What each role may do")).to_contain_text("Change the company's settings")


def test_tags_are_made_renamed_recoloured_merged_and_deleted_live(crm: Crm, team: Team) -> None:
    profile = team.open(OWNER, crm.profile(crm.member("m.status = 'active'")))
    create_tag(profile, "Early bird")
    page, other = team.open(OWNER, settings(crm, "/tags")), team.open(VIEWER, settings(crm, "/tags"))
    expect(tag_row(other, "Early bird").get_by_role("cell").nth(1)).to_have_text("1")
    page.get_by_role("button", name="New tag").click()
    dialog = page.get_by_role("dialog", name="New tag")
    expect(dialog.get_by_label("Name")).to_be_focused()
    dialog.get_by_label("Name").fill("early BIRD")
    dialog.get_by_role("button", name="Save tag").click()
    expect(dialog.get_by_role("alert")).to_have_text(re.compile("already"))
    dialog.get_by_label("Name").fill("Patron")
    dialog.get_by_label("Pink").check(force=True)
    dialog.get_by_role("button", name="Save tag").click()
    expect(dialog).to_have_count(0)
    expect(tag_row(other, "Patron").locator(".tag")).to_have_attribute("data-color", "pink")
    page.get_by_role("button", name="Edit Patron").click()
    page.get_by_role("dialog", name="Edit tag").get_by_label("Name").fill("Patrons")
    page.keyboard.press("Enter")
    expect(tag_row(other, "Patrons")).to_be_visible()
    page.get_by_role("button", name="Merge Early bird").click()
    page.get_by_role("dialog").get_by_label("Merge into").select_option("Patrons")
    page.get_by_role("button", name="Merge tags").click()
    expect(tag_row(other, "Early bird")).to_have_count(0)
    expect(tag_row(other, "Patrons").get_by_role("cell").nth(1)).to_have_text("1")
    expect(main(profile).locator(".tags").get_by_role("link", name="Patrons")).to_be_visible()
    page.get_by_role("button", name="Delete Patrons").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("1 member carries it")
    question.get_by_role("button", name="Delete tag").click()
    expect(tag_row(other, "Patrons")).to_have_count(0)
    expect(main(profile).locator(".tags").get_by_role("link", name="Patrons")).to_have_count(0)
    expect(profile.get_by_role("list", name="Timeline")).to_contain_text("The tag was deleted.")
    fresh = team.open(VIEWER, settings(crm, "/tags"))
    eventually(lambda: sketch(other) == sketch(fresh))


def test_a_tag_is_changed_by_keyboard_alone(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, settings(crm, "/tags"))
    page.get_by_role("button", name="New tag").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New tag")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(tag_row(page, "By keyboard")).to_be_visible()
    page.get_by_role("button", name="Delete By keyboard").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog").get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(tag_row(page, "By keyboard")).to_have_count(0)


def test_an_api_key_is_shown_once_works_and_is_revoked(crm: Crm, team: Team) -> None:
    page, other = team.open(OWNER, settings(crm, "/api-keys")), team.open(OWNER, settings(crm, "/api-keys"))
    demand_fit(page, (1440, False), (768, True), (375, False))
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="New API key").click()
    dialog = page.get_by_role("dialog", name="New API key")
    dialog.get_by_label("Name").fill("Weekly report")
    dialog.get_by_label("Read members").uncheck()
    dialog.get_by_role("button", name="Make key").click()
    expect(dialog.get_by_role("alert").filter(has_text="Choose what the key may do")).to_be_visible()
    dialog.get_by_label("Read members").check()
    dialog.get_by_role("button", name="Make key").click()
    shown = page.get_by_role("dialog", name="Your new API key")
    expect(shown).to_contain_text("wcrm_")
    found = re.search(r"wcrm_[\w-]{43}", shown.inner_text())
    assert found
    demand_fit(page, (375, True), (1440, False))
    headers = {"authorization": f"Bearer {found[0]}"}
    assert httpx.get(f"{crm.url}/api/v1/members", headers=headers).json()["data"]
    shown.get_by_role("button", name="Done").click()
    row = other.get_by_role("row").filter(has_text="Weekly report")
    expect(row).to_contain_text(found[0][:11])
    expect(row).not_to_contain_text(found[0])
    other.get_by_role("button", name="Revoke Weekly report").click()
    other.get_by_role("alertdialog").get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("row").filter(has_text="Weekly report")).to_contain_text("Revoked")
    assert httpx.get(f"{crm.url}/api/v1/members", headers=headers).status_code == 401


def test_keys_are_for_admins_alone(crm: Crm, team: Team) -> None:
    page = team.open(VIEWER, settings(crm, "/api-keys"))
    expect(main(page)).to_contain_text("You cannot see this")
    expect(page.get_by_role("link", name="API keys")).to_have_count(0)
    demand_fit(page, (1440, False), (375, True))


def test_the_documentation_of_the_api_is_a_plain_page(crm: Crm, team: Team) -> None:
    page = team.browser_of(None).new_page()
    complaints = listen(page)
    page.goto("/api/v1/docs")
    expect(page.get_by_role("heading", level=1)).to_have_text("Whop CRM API")
    page.get_by_text("Save a filter with a name").click()
    expect(page.locator("details[open]")).to_contain_text('"name": "Big spenders"')
    demand_fit(page, (1440, False), (375, True))
    assert complaints == []


def test_ending_a_session_closes_its_tabs_at_once(crm: Crm, team: Team) -> None:
    away = team.browser_of(None)
    far = away.new_page()
    sign_in(far, SUPPORT)
    here = team.open(SUPPORT, settings(crm, "/sessions"))
    rows = here.get_by_role("table", name="My sessions").locator("tbody").get_by_role("row")
    expect(rows.first).to_contain_text("This session")
    expect(rows.first).to_contain_text("Chrome on Linux")
    before = rows.count()
    far.goto(settings(crm, "/sessions"))
    ready(far)
    rows.nth(1).get_by_role("button", name="End the session").click()
    here.get_by_role("alertdialog").get_by_role("button", name="End session").click()
    expect(main(far).get_by_role("heading", level=1)).to_have_text("You are signed out")
    expect(rows).to_have_count(before - 1)


def test_the_switcher_names_the_company_with_its_logo(crm: Crm, team: Team) -> None:
    crm.rows("UPDATE companies SET logo_url = '/logo-mark.svg' WHERE whop_id = %s RETURNING id", crm.company)
    page = team.open(OWNER, crm.dashboard())
    expect(page.locator(".company-button img")).to_have_attribute("src", re.compile("logo-mark"))
