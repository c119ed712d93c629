"""Without a mouse: from the list to a note on a member, and every menu closed again."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, card, main, ready
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e


def _tab_to(page: Page, name: str, limit: int = 60) -> None:
    """Presses Tab until the focused element is called so. Each stop on the way can be seen."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const one = document.activeElement, css = getComputedStyle(one), after = getComputedStyle(one, "::after");
              const ring = [css, after].some((s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0)
                || s.boxShadow !== "none");
              const label = one.labels?.[0]?.innerText;
              return {name: (one.ariaLabel || label || one.innerText || "").trim(), ring, tag: one.localName};
            }"""
        )
        if stop["tag"] != "body":
            assert stop["ring"], f"the focus on “{stop['name']}” ({stop['tag']}) cannot be seen"
        if stop["name"].startswith(name):
            return
    raise AssertionError(f"Tab never came to “{name}”")


def test_a_note_and_a_tag_by_keyboard_alone(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    _tab_to(page, "Members")
    page.keyboard.press("Enter")
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Members")
    ready(page)
    _tab_to(page, "Search in this list")
    page.keyboard.type("an")
    expect(page).to_have_url(crm.members("q=an"))
    _tab_to(page, "Name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    name = page.locator(".person__name").first.inner_text()
    _tab_to(page, name)
    page.keyboard.press("Enter")
    expect(main(page).get_by_role("heading", level=1)).to_have_text(name)
    _tab_to(page, "Add tag")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Tags")).to_be_focused()
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    expect(main(page).get_by_role("link", name="By hand")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add tag")).to_be_focused()
    _tab_to(page, "New note")
    page.keyboard.type("No mouse was used.")
    _tab_to(page, "Add note")
    page.keyboard.press("Enter")
    expect(card(page, "Notes").get_by_role("article").first).to_contain_text("No mouse was used.")


def test_a_menu_moves_by_arrows_and_closes_by_escape(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    _tab_to(page, "You and your settings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitemradio", name="Light")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("menuitem", name="Sign out everywhere")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu", name="You")).to_be_hidden()
    expect(page.get_by_role("button", name="You and your settings")).to_be_focused()


def test_a_question_keeps_the_focus_inside(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.status = 'active'")))
    page.get_by_label("New note").fill("To be kept")
    page.get_by_role("button", name="Add note").click()
    expect(card(page, "Notes").get_by_role("article").first).to_contain_text("To be kept")
    opener = page.get_by_role("button", name="Delete note").first
    opener.focus()
    page.keyboard.press("Enter")
    question = page.get_by_role("alertdialog")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    for _ in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    expect(opener).to_be_focused()
    expect(card(page, "Notes")).to_contain_text("To be kept")
