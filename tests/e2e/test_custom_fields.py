"""Custom fields made, ordered, filled in and archived, as everybody sees it; members taken out as a file."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, SUPPORT, VIEWER, barriers, card, overflow
from tests.support.crm import Crm

pytestmark = pytest.mark.e2e


def make_field(page: Page, name: str, kind: str = "Text", choices: str = "") -> None:
    page.get_by_role("button", name="New field").click()
    dialog = page.get_by_role("dialog", name="New field")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Type").select_option(kind)
    if choices:
        dialog.get_by_label("Choices").fill(choices)
    dialog.get_by_role("button", name="Save field").click()
    expect(dialog).to_have_count(0)


def names(page: Page, table: str = "Fields") -> Locator:
    return page.get_by_role("table", name=table).locator("tbody tr td:first-child > div > div:first-child")


def fact(page: Page, name: str) -> Locator:
    """A line of the card on the profile."""
    return card(page, "Fields").locator(".fact").filter(has=page.locator("dt", has_text=re.compile(f"^{name}$")))


def edit(page: Page, name: str) -> Locator:
    fact(page, name).get_by_role("button", name=f"Edit {name}").click()
    field = fact(page, name).get_by_label(name, exact=True)
    expect(field).to_be_focused()
    return field


def test_fields_are_made_filled_in_and_archived_live(crm: Crm, team: Team) -> None:
    settings = f"{crm.dashboard()}/settings/fields"
    member = crm.profile(crm.member("m.status = 'active'"))
    page, other = team.open(OWNER, settings), team.open(VIEWER, member)
    make_field(page, "Level", "Choice", "Gold\nSilver")
    make_field(page, "Seats", "Number")
    make_field(page, "Since", "Date")
    expect(names(page)).to_have_text(["Level", "Seats", "Since"])
    page.get_by_role("button", name="Move up Since").click()
    expect(names(page)).to_have_text(["Level", "Since", "Seats"])
    expect(card(other, "Fields").locator("dt")).to_have_text(["Level", "Since", "Seats"])
    expect(card(other, "Fields").get_by_role("button")).to_have_count(0)

    support = team.open(SUPPORT, member)
    edit(support, "Level").select_option("Gold")
    fact(support, "Level").get_by_role("button", name="Save").click()
    expect(fact(other, "Level").locator("dd")).to_have_text("Gold")
    edit(support, "Seats").fill("twelve")
    assert overflow(support) <= 0
    assert barriers(support) == []
    support.keyboard.press("Enter")
    expect(fact(support, "Seats").get_by_role("alert")).to_contain_text("“twelve” is no number")
    fact(support, "Seats").get_by_label("Seats", exact=True).fill("1,234")

    page.get_by_role("button", name="Edit Level").click()  # while somebody types elsewhere
    page.get_by_label("Choices").fill("Platinum\nSilver")
    page.get_by_role("button", name="Save field").click()
    expect(fact(support, "Level").locator("dd")).to_have_text("Platinum")
    expect(fact(support, "Seats").get_by_label("Seats", exact=True)).to_have_value("1,234")
    support.keyboard.press("Enter")
    expect(fact(other, "Seats").locator("dd")).to_have_text("1,234")
    expect(other.get_by_role("list", name="Timeline").get_by_role("listitem").first).to_contain_text("Filled in Seats")

    page.get_by_role("button", name="Archive Seats").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Archive field").click()
    expect(names(page, "Archived fields")).to_have_text(["Seats"])
    expect(fact(other, "Seats")).to_have_count(0)
    page.get_by_role("button", name="Bring back Seats").click()
    expect(fact(other, "Seats").locator("dd")).to_have_text("1,234")


def test_the_list_is_taken_out_as_a_file(crm: Crm, team: Team, tmp_path: Path) -> None:
    page = team.open(OWNER, crm.members("status=canceled&sort=name&dir=asc"))
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export as CSV")
    expect(dialog.get_by_label("Email", exact=True)).to_be_checked()
    assert barriers(page) == []
    dialog.get_by_label("Email", exact=True).uncheck()
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").click()
    assert re.fullmatch(r"members-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
    download.value.save_as(tmp_path / "members.csv")
    lines = (tmp_path / "members.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == '"Name","Username","Status","Net revenue (USD)","Joined","Tags"'
    canceled = (
        "SELECT count(*) FROM members m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s AND m.counted"
    )
    assert len(lines) - 1 == crm.value(f"{canceled} AND status = 'canceled' AND NOT canceling", crm.company)
    expect(dialog).to_have_count(0)
    expect(page).to_have_url(re.compile("status=canceled"))
    reading = team.open(VIEWER, crm.members())
    expect(reading.get_by_role("button", name="Export")).to_have_count(0)
