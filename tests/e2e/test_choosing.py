"""The member list at full strength: choosing, doing something to many and taking it back, keys, columns, views."""

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, SUPPORT, barriers, ids, main, overflow, rows
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e

_CARRIED = (
    "SELECT count(*) FROM member_tags mt JOIN tags t ON t.company_id = mt.company_id AND t.id = mt.tag_id"
    " WHERE t.name = %s"
)


def selection(page: Page) -> Locator:
    return page.get_by_role("region", name="Selection")


def choose(page: Page, deed: str, name: str, *, new: bool = False) -> None:
    """Does something to the selection with a tag or list of this name."""
    selection(page).get_by_role("button", name=deed, exact=True).click()
    page.get_by_role("combobox", name=deed).fill(name)
    page.get_by_role("option", name=f"Create “{name}”" if new else name, exact=not new).click()


def toast(page: Page, words: str) -> Locator:
    return page.locator("[data-sonner-toast]").filter(has_text=words)


def boxes(page: Page) -> Locator:
    return rows(page).get_by_role("checkbox")


def test_some_are_tagged_and_it_is_taken_back(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members("sort=name&dir=asc"))
    boxes(page).nth(1).check()
    boxes(page).nth(4).click(modifiers=["Shift"])
    expect(selection(page)).to_contain_text("4 selected")
    choose(page, "Add tag", "Chosen few", new=True)
    done = toast(page, "Added the tag Chosen few to 4 members")
    expect(done).to_be_visible()
    assert crm.value(_CARRIED, "Chosen few") == 4
    page.get_by_role("link", name="Page 2", exact=True).click()
    expect(page.get_by_role("link", name="Page 2", exact=True)).to_have_attribute("aria-current", "page")
    expect(selection(page)).to_contain_text("4 selected")
    done.get_by_role("button", name="Undo").click()
    expect(toast(page, "4 undone")).to_be_visible()
    assert crm.value(_CARRIED, "Chosen few") == 0
    page.keyboard.press("Escape")
    expect(selection(page)).to_have_count(0)


def test_all_that_match_are_put_on_a_list_by_the_clock_and_taken_back(crm: Crm, team: Team) -> None:
    crm.settle()
    page = team.open(OWNER, crm.members())
    page.get_by_role("checkbox", name="Select everybody on this page").check()
    expect(selection(page)).to_contain_text("50 selected")
    more = page.get_by_role("button", name=re.compile(r"Select all [\d,]+ that match"))
    total = int(re.sub(r"\D", "", more.inner_text()))
    assert total > 100
    more.click()
    expect(selection(page)).to_contain_text(f"All {total} selected")
    choose(page, "Add to list", "Everybody", new=True)
    done = toast(page, f"Added to the list Everybody: {total} members")
    expect(done).to_be_visible()
    assert crm.value("SELECT count(*) FROM list_members") == total
    asked = json.dumps({"version": 1, "where": {"field": "list", "op": "is_none_of", "value": ["Everybody"]}})
    for query in (f"list={crm.value('SELECT max(id) FROM lists')}&status=active", f"f={quote(asked)}"):
        narrowed = team.open(OWNER, crm.members(query))
        found = main(narrowed).get_by_text(re.compile("Everybody"))
        expect(found.first).to_be_visible()
    expect(main(narrowed)).to_contain_text("No member matches")
    done.get_by_role("button", name="Undo").click()
    eventually(lambda: crm.value("SELECT count(*) FROM list_members") == 0)
    page.get_by_role("searchbox", name="Search in this list").fill("a")
    expect(selection(page)).to_have_count(0)
    recent = team.open(OWNER, f"/dashboard/{crm.company}/actions")
    deed = recent.get_by_role("listitem").filter(has_text="Added to the list Everybody").first
    expect(deed).to_contain_text(re.compile(rf"{total} undone by"))
    assert barriers(recent) == []


def test_keys_move_choose_and_look_into_rows_and_a_refresh_disturbs_none_of_it(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members("sort=name&dir=asc"))
    for key in "jjj":
        page.keyboard.press(key)
    page.keyboard.press("k")
    cursor = page.locator("tr[data-cursor]")
    second = ids(page)[1]
    expect(cursor).to_have_attribute("data-id", second)
    page.keyboard.press("x")
    expect(cursor.get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("o")
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview).to_contain_text(cursor.locator(".person__name").inner_text())
    crm.write("UPDATE members SET name = 'Aaaa First', sort_name = 'aaaa first' WHERE whop_id = %s", second)
    crm.act("visit", member=ids(page)[5])
    eventually(lambda: ids(page)[0] == second)
    expect(cursor).to_have_attribute("data-id", second)
    expect(cursor.get_by_role("checkbox")).to_be_checked()
    expect(cursor).to_be_focused()
    expect(preview).to_contain_text("Aaaa First")
    page.keyboard.press("j")
    expect(preview).to_contain_text(cursor.locator(".person__name").inner_text())
    expect(preview).not_to_contain_text("Aaaa First")
    preview.get_by_role("button", name="Add tag in the preview").click()
    page.get_by_role("combobox", name="Tags").fill("Looked at")
    page.keyboard.press("Enter")
    expect(preview.locator(".tag").get_by_text("Looked at")).to_be_visible()
    page.keyboard.press("Escape")
    assert barriers(page) == []
    cursor.focus()
    page.keyboard.press(" ")
    expect(preview).to_have_count(0)
    name = cursor.locator(".person__name").inner_text()
    page.keyboard.press("Enter")
    expect(main(page).get_by_role("heading", level=1)).to_have_text(name)


def test_columns_are_chosen_ordered_sized_and_kept_in_a_view(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    page.get_by_role("button", name="Columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    dialog.get_by_role("checkbox", name="Email").click()
    dialog.get_by_role("checkbox", name="Tags").click()
    dialog.get_by_role("checkbox", name="Payments", exact=True).click()
    heads = page.get_by_role("table", name="Members").get_by_role("columnheader")
    expect(heads.filter(has_text="Payments")).to_have_count(1)
    dialog.get_by_role("button", name="Earlier: Payments").click()
    dialog.get_by_role("button", name="Wider: Plan").click()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    expect(heads.last).to_have_text("Tags")
    edge = page.get_by_role("columnheader", name="MRR").locator(".edge")
    box = edge.bounding_box()
    assert box
    page.mouse.move(box["x"] + 3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 83, box["y"] + 10, steps=4)
    page.mouse.up()
    eventually(lambda: crm.value("SELECT columns::text FROM list_layouts") and _width(crm, "mrr") > 100)
    page.reload()
    expect(heads.last).to_have_text("Tags")
    expect(page.get_by_role("columnheader", name="Email")).to_have_count(0)
    page.get_by_role("columnheader", name="Net revenue").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Net revenue")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save as a new view…").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("Best first")
    page.get_by_role("dialog").get_by_role("button", name="Save view").click()
    expect(page.get_by_role("button", name="Best first")).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    dialog.get_by_role("button", name="Usual columns").click()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("columnheader", name="Email")).to_have_count(1)
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("button", name="Save view")).to_have_count(0)
    page.get_by_role("button", name="Best first").click()
    page.get_by_role("menuitemradio", name="All members").click()
    expect(heads.last).to_have_text("Tags")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitemradio", name="Best first").click()
    expect(page.get_by_role("columnheader", name="Email")).to_have_count(1)
    expect(page.get_by_role("columnheader", name="Net revenue")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Best first").click()
    page.get_by_role("menuitem", name="Delete this view").click()
    expect(page.get_by_role("button", name="Views")).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    dialog.get_by_role("button", name="Usual columns").click()


def _width(crm: Crm, key: str) -> int:
    return int(
        crm.value(
            "SELECT (SELECT c ->> 1 FROM jsonb_array_elements(columns) c WHERE c ->> 0 = %s) FROM list_layouts", key
        )
    )


@pytest.mark.parametrize("width", [1440, 375])
def test_chosen_and_looked_into_it_fits_and_has_no_barriers(crm: Crm, team: Team, width: int) -> None:
    page = team.open(OWNER, crm.members(), width=width)
    boxes(page).nth(0).check()
    page.get_by_role("checkbox", name=re.compile("^Select ")).nth(1).check()
    expect(selection(page)).to_be_visible()
    assert overflow(page) <= 0
    assert barriers(page) == []
    rows(page).nth(0).focus()
    page.keyboard.press("o")
    expect(page.get_by_role("complementary", name="Preview")).to_be_visible()
    assert overflow(page) <= 0
    assert barriers(page) == []
    page.get_by_role("button", name="Close the preview").click()
    rows(page).nth(1).hover()
    rows(page).nth(1).get_by_role("button", name=re.compile("^Preview ")).click()
    expect(page.get_by_role("complementary", name="Preview")).to_be_visible()


def test_who_may_do_nothing_with_a_selection_is_not_offered_one(crm: Crm, team: Team) -> None:
    page = team.open(SUPPORT, crm.members())
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(selection(page)).to_have_count(0)


def test_a_tag_on_the_profile_is_taken_back_from_the_toast(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.counted")))
    page.get_by_role("button", name="Add tag").click()
    page.get_by_role("combobox", name="Tags").fill("Too soon")
    page.get_by_role("option", name="Create “Too soon”").click()
    expect(main(page).get_by_role("link", name="Too soon", exact=True)).to_be_visible()
    toast(page, "Tag added").get_by_role("button", name="Undo").click()
    expect(main(page).get_by_role("link", name="Too soon", exact=True)).to_have_count(0)
