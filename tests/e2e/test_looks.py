"""Every page in every state: it fits a phone, reads well in both themes, and axe finds nothing serious."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, STRANGER, VIEWER, Person, demand_fit, main
from tests.support.crm import Crm, eventually
from whop_crm.sandbox.change import Change
from whop_crm.sandbox.moves.base import changed_member

pytestmark = pytest.mark.e2e

Shown = tuple[Person | None, Callable[[Crm], str], Callable[[Page], None]]


def _nothing(page: Page) -> None:
    pass


def _palette(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("an")
    expect(page.get_by_role("option").first).to_be_visible()


def _user_menu(page: Page) -> None:
    page.get_by_role("button", name="You and your settings").click()
    expect(page.get_by_role("menu", name="You")).to_be_visible()


def _navigation(page: Page) -> None:
    if page.get_by_role("button", name="Menu").is_visible():
        page.get_by_role("button", name="Menu").click()


def _tags(page: Page) -> None:
    page.get_by_role("button", name="Add tag").click()
    page.get_by_role("combobox", name="Tags").fill("something new")
    expect(page.get_by_role("option").first).to_be_visible()


def _note(page: Page) -> None:
    page.get_by_label("New note").fill("# A note\n\nwith `code`, a [link](https://example.com) and\n\n> a quote")
    page.get_by_role("button", name="Add note").click()
    page.get_by_role("button", name="Delete note").first.click()
    expect(page.get_by_role("alertdialog")).to_be_visible()


def _profile(crm: Crm) -> str:
    return crm.profile(crm.member("m.disputes > 0 AND m.payments > 2"))


def _somebody(condition: str) -> Callable[[Crm], str]:
    return lambda crm: crm.profile(crm.member(condition))


def _named(name: str) -> Callable[[Crm], str]:
    """Somebody who is called this from now on."""

    def address(crm: Crm) -> str:
        whop_id = crm.member("m.status = 'canceled' AND m.payments > 1 AND length(m.name) BETWEEN 3 AND 30")

        def rename(change: Change) -> None:
            doc = change.get("member", whop_id)
            doc["display_name"] = doc["user"]["name"] = name
            changed_member(change, doc)

        crm.happen(rename)
        eventually(lambda: crm.value("SELECT name FROM members WHERE whop_id = %s", whop_id) == name)
        return crm.profile(whop_id)

    return address


_LONGEST = "Maximiliana Konstantina Papadopoulou-Vandenberghe von und zu Hohenstein-Lichtenfels-" + "x" * 60


SHOWN: dict[str, Shown] = {
    "start": (None, lambda crm: crm.url, _nothing),
    "start_with_a_problem": (None, lambda crm: f"{crm.url}/?reason=denied", _nothing),
    "no_company": (STRANGER, lambda crm: f"{crm.url}/no-access", _nothing),
    "not_my_company": (STRANGER, lambda crm: crm.dashboard(), _nothing),
    "dashboard": (OWNER, lambda crm: crm.dashboard(), _nothing),
    "navigation": (OWNER, lambda crm: crm.dashboard(), _navigation),
    "search": (OWNER, lambda crm: crm.dashboard(), _palette),
    "user_menu": (OWNER, lambda crm: crm.dashboard(), _user_menu),
    "members": (OWNER, lambda crm: crm.members(), _nothing),
    "members_filtered": (OWNER, lambda crm: crm.members("status=active,canceled&sort=name&dir=asc"), _nothing),
    "no_member_matches": (OWNER, lambda crm: crm.members("q=nobodyatall"), _nothing),
    "profile": (OWNER, _profile, _nothing),
    "profile_read_only": (VIEWER, _profile, _nothing),
    "tag_picker": (OWNER, _profile, _tags),
    "note_and_question": (OWNER, _profile, _note),
    "profile_longest_name": (OWNER, _named(_LONGEST), _nothing),
    "profile_right_to_left": (OWNER, _somebody("m.name ~ '[\u0590-\u06ff]'"), _nothing),
    "profile_emoji": (OWNER, _named("👩‍🚀 Nova 🇧🇷 " + "🚀" * 12), _nothing),
    "profile_without_email": (OWNER, _somebody("m.email IS NULL"), _nothing),
    "profile_without_name": (OWNER, _somebody("coalesce(m.name, '') = ''"), _nothing),
    "recent_actions": (OWNER, lambda crm: f"{crm.dashboard()}/actions", _nothing),
    "segments": (OWNER, lambda crm: f"{crm.dashboard()}/segments", _nothing),
    "no_such_member": (OWNER, lambda crm: crm.profile("mber_nobody1"), _nothing),
}


@pytest.mark.parametrize("shown", SHOWN)
def test_it_fits_and_is_accessible(crm: Crm, team: Team, shown: str) -> None:
    person, address, prepare = SHOWN[shown]
    page = team.open(person, address(crm))
    prepare(page)
    demand_fit(page)


def test_an_address_that_is_no_page_says_so(crm: Crm, team: Team) -> None:
    page = team.browser_of(OWNER).new_page()
    page.goto(f"{crm.dashboard()}/nothing/here")
    expect(main(page).get_by_role("heading", level=1)).to_have_text("There is no such page")
    demand_fit(page)
    page.get_by_role("link", name="Back to the start").click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Dashboard")


def test_the_theme_is_chosen_and_kept(crm: Crm, team: Team) -> None:
    page = team.visit(team.browser_of(OWNER), crm.dashboard())
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="You and your settings").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_class(re.compile(r"\bdark\b"))
    page.reload()
    expect(main(page).get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_everything_has_a_name_for_who_does_not_see_it(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.dashboard())
    for address in (crm.dashboard(), crm.members(), _profile(crm)):
        page.goto(address)
        expect(main(page).get_by_role("heading", level=1)).to_have_count(1)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, a[href], input, textarea, select")]
              .filter((one) => !one.matches("[type=hidden]") && one.checkVisibility())
              .filter((one) => !(one.ariaLabel || one.title || one.innerText.trim() || one.labels?.length))
              .map((one) => one.outerHTML.slice(0, 200))"""
        )
        assert nameless == []
        assert page.title().endswith("Whop CRM")
