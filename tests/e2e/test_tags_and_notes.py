"""What the team adds: tags and notes."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, card, ids, main
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e


def picker(page: Page) -> Locator:
    """The tag picker, opened."""
    page.get_by_role("button", name="Add tag").click()
    box = page.get_by_role("combobox", name="Tags")
    expect(box).to_be_focused()
    return box


def create_tag(page: Page, name: str) -> None:
    picker(page).fill(name)
    page.get_by_role("option", name=f"Create “{name}”").click()
    expect(carried(page, name)).to_be_visible()
    page.keyboard.press("Escape")


def carried(page: Page, name: str) -> Locator:
    return main(page).locator(".tags").get_by_role("link", name=name, exact=True)


def test_a_tag_is_created_put_on_another_and_taken_off(crm: Crm, team: Team) -> None:
    first, second = crm.rows(
        "SELECT array_agg(m.whop_id ORDER BY m.whop_id DESC) FROM members m JOIN companies c ON c.id = m.company_id"
        " WHERE c.whop_id = %s AND m.counted",
        crm.company,
    )[0][0][:2]
    page = team.open(OWNER, crm.profile(first))
    create_tag(page, "Founding member")
    page.goto(crm.profile(second))
    box = picker(page)
    box.press_sequentially("found")
    option = page.get_by_role("option", name="Founding member")
    expect(option).to_have_attribute("aria-selected", "false")
    box.press("Enter")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(carried(page, "Founding member")).to_be_visible()
    page.keyboard.press("Escape")
    carried(page, "Founding member").click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Members")
    eventually(lambda: sorted(ids(page)) == sorted([first, second]))
    page.go_back()
    main(page).get_by_role("button", name="Remove Founding member").click()
    expect(carried(page, "Founding member")).to_have_count(0)
    timeline = page.get_by_role("list", name="Timeline")
    expect(timeline).to_contain_text("Founding member")
    page.goto(crm.members("sort=name&dir=asc"))
    expect(main(page).get_by_text("Founding member")).to_have_count(0)


def test_a_tag_of_the_same_name_is_the_same_tag(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.status = 'canceled'")))
    create_tag(page, "Win back")
    picker(page).fill("win BACK")
    expect(page.get_by_role("option", name="Win back")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("option", name=re.compile("^Create"))).to_have_count(0)


def test_several_tags_are_chosen_in_a_row_by_keyboard(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.status = 'completed'")))
    box = picker(page)
    for name in ("Alpha tester", "Beta tester"):
        box.fill(name)
        box.press("Enter")
        expect(carried(page, name)).to_be_visible()
        expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add tag")).to_be_focused()


def test_a_note_is_written_edited_and_deleted(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.status = 'past_due'")))
    page.get_by_label("New note").fill("Wants **yearly** billing.\n\n- asked twice")
    page.get_by_role("button", name="Add note").click()
    note = card(page, "Notes").get_by_role("article").first
    expect(note.get_by_role("strong")).to_have_text("yearly")
    expect(note).to_contain_text("Marlow Ashdown")
    expect(note.locator("time")).to_have_text("just now")
    expect(page.get_by_label("New note")).to_have_value("")
    timeline = page.get_by_role("list", name="Timeline")
    expect(timeline.get_by_role("listitem").first).to_contain_text("yearly")
    note.get_by_role("button", name="Edit note").click()
    field = page.get_by_role("dialog", name="Edit note").get_by_label("Note", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_value(re.compile("Wants"))
    field.fill("Wants quarterly billing.")
    page.get_by_role("button", name="Save note").click()
    expect(note).to_contain_text("Wants quarterly billing.")
    expect(note).to_contain_text("edited")
    expect(timeline.get_by_role("listitem").first).to_contain_text("quarterly")
    note.get_by_role("button", name="Delete note").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete note").click()
    expect(card(page, "Notes")).not_to_contain_text("quarterly")
    expect(timeline).not_to_contain_text("quarterly")


def test_an_empty_note_is_refused_in_words(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.status = 'expired'")))
    page.get_by_label("New note").fill("   ")
    page.get_by_role("button", name="Add note").click()
    expect(card(page, "Notes").get_by_role("alert")).to_have_text(re.compile(r"\w+"))


def test_what_a_note_says_is_shown_and_never_run(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.status = 'canceled'")))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("New note").fill(
        "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>\n\n"
        "![a picture](https://pictures.invalid/spy.png) [click](javascript:window.hacked=3) "
        "<iframe srcdoc='<script>parent.hacked=4</script>'></iframe> [fine](https://example.com/)"
    )
    page.get_by_role("button", name="Add note").click()
    note = card(page, "Notes").get_by_role("article").first
    expect(note.get_by_role("link", name="fine")).to_have_attribute("rel", re.compile("noopener"))
    expect(note.locator("script, img, iframe, [onerror]")).to_have_count(0)
    expect(note.get_by_role("link", name="click")).to_have_count(0)
    expect(note).to_contain_text("a picture")
    assert page.evaluate("window.hacked") is None
    page.reload()
    expect(note).to_contain_text("a picture")
    assert page.evaluate("window.hacked") is None
    assert [url for url in asked if "pictures.invalid" in url] == []
