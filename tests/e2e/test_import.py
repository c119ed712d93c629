"""A spreadsheet brought in, step by step, and taken back."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, SUPPORT, barriers, main, overflow
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e


def test_cells_are_pasted_looked_at_brought_in_and_undone(crm: Crm, team: Team) -> None:
    first = crm.member("m.email IS NOT NULL AND m.status = 'active'")
    email = crm.value("SELECT email FROM members WHERE whop_id = %s", first)
    page = team.open(OWNER, crm.members())
    page.get_by_role("link", name="Import").click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Import")
    assert (overflow(page), barriers(page)) == (0, [])
    page.get_by_label("Or paste cells").fill(f"Mail\tLabels\n{email}\tFrom the fair\nnobody@nowhere.example\tx")
    page.get_by_role("button", name="Go on").click()
    kinds = page.get_by_role("combobox")
    expect(kinds.nth(0)).to_have_value("email")
    expect(kinds.nth(1)).to_have_value("tags")
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("table", name="Changes").get_by_role("row").nth(1)).to_contain_text("Tag From the fair")
    expect(page.get_by_role("table", name="Lines left out")).to_contain_text("Nobody has the email")
    page.add_style_tag(content="*, *::before, *::after { animation: none !important; transition: none !important }")
    for width, dark in ((1440, True), (375, False)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0
        assert barriers(page) == []
    profile = team.open(OWNER, crm.profile(first))
    page.get_by_role("button", name="Bring in").click()
    expect(main(page)).to_contain_text("1 change to 1 member")
    tag = main(profile).locator(".tags").get_by_role("link", name="From the fair")
    expect(tag).to_be_visible()
    page.get_by_role("button", name=re.compile("^Undo the import")).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Undo import").click()
    expect(main(page)).to_contain_text("1 change undone by")
    expect(tag).to_have_count(0)


def test_it_is_for_admins(crm: Crm, team: Team) -> None:
    page = team.open(SUPPORT, f"{crm.dashboard()}/import")
    expect(page.get_by_label("Or paste cells")).to_have_count(0)
    assert barriers(page) == []
