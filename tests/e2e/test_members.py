"""The member list: sort, filter, search and page, and all of it in the address."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, ids, main, ready, rows, sketch
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e

_COUNT = "SELECT count(*) FROM members m JOIN companies c ON c.id = m.company_id WHERE c.whop_id = %s AND m.counted"


def _wanted(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def _table(page: Page) -> Callable[[], bool]:
    return lambda: page.get_by_role("table", name="Members").get_attribute("aria-busy") == "false"


def _others_than(page: Page, seen: list[str]) -> Callable[[], bool]:
    return lambda: ids(page)[0] not in seen


def _cells(page: Page, head: str) -> list[str]:
    """The cells of a column, times as they are in the data."""
    return page.evaluate(
        """(head) => {
          const table = document.querySelector("table[aria-label=Members]");
          const at = [...table.querySelectorAll("th")].findIndex((th) => th.innerText.trim() === head);
          return [...table.tBodies[0].rows].map((row) => {
            const time = row.cells[at].querySelector("time");
            return time ? time.dateTime : row.cells[at].innerText.trim();
          });
        }""",
        head,
    )


def _amount(text: str) -> float:
    sign = -1 if text[0] in "-−" else 1
    return sign * float(re.sub(r"[^\d.]", "", text) or 0)


def _sorted_both_ways(page: Page, head: str, *directions: str) -> Iterator[str]:
    """Sorts by a column, once and again; yields each direction when the table stands so."""
    column = page.get_by_role("columnheader", name=head)
    for direction in directions:
        column.get_by_role("button").click()
        expect(column).to_have_attribute("aria-sort", direction)
        eventually(_table(page))
        yield direction


def test_every_column_sorts_both_ways(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    for head in ("Net revenue", "MRR"):
        for direction in _sorted_both_ways(page, head, "descending", "ascending"):
            amounts = [_amount(text) for text in _cells(page, head)]
            assert amounts == sorted(amounts, reverse=direction == "descending")
    for head in ("Name", "Email", "Status", "Plan"):
        found = {_wanted(page)["dir"]: ids(page) for _ in _sorted_both_ways(page, head, "ascending", "descending")}
        assert list(found) == ["asc", "desc"]
        assert found["asc"] != found["desc"]


def test_moments_sort_both_ways_and_what_is_missing_stands_last(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members("sort=name&dir=asc"))
    for head in ("Joined", "Last active"):
        for direction in _sorted_both_ways(page, head, "descending", "ascending"):
            times = [text for text in _cells(page, head) if "T" in text]
            assert times == sorted(times, reverse=direction == "descending")
            assert [text for text in _cells(page, head)[: len(times)] if "T" not in text] == []


def test_the_status_filter_counts_and_narrows(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    chip = page.get_by_role("group", name="Status").get_by_role("button", name=re.compile("^Canceled"))
    count = int(re.sub(r"\D", "", chip.inner_text()))
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").filter(has_text=" of ")).to_have_text(re.compile(rf" of {count}$"))
    assert set(_cells(page, "Status")) == {"Canceled"}
    assert _wanted(page)["status"] == "canceled"
    other = page.get_by_role("group", name="Status").get_by_role("button", name=re.compile("^Active"))
    other.click()
    expect(other).to_have_attribute("aria-pressed", "true")
    eventually(lambda: set(_cells(page, "Status")) == {"Canceled", "Active"})
    page.get_by_role("group", name="Status").get_by_role("button", name=re.compile("^All")).click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert "status" not in _wanted(page)


def test_search_as_you_type_finds_by_part(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    field = page.get_by_role("searchbox", name="Search in this list")
    for part in ("name", "email", "username"):
        whop_id = crm.member(f"length(m.{part}) > 8")
        text = str(crm.value(f"SELECT {part} FROM members WHERE whop_id = %s", whop_id))
        field.clear()
        expect(rows(page)).to_have_count(50)
        field.press_sequentially(text[1:8].upper(), delay=20)
        expect(main(page).locator(f"a[href$='{whop_id}']")).to_be_visible()
        eventually(lambda: len(ids(page)) < 50)
        expect(field).to_be_focused()
        expect(field).to_have_value(text[1:8].upper())
        expect(page).to_have_url(re.compile(rf"[?&]q={re.escape(quote_plus(text[1:8].upper()))}(&|$)"))
        page.reload()
        expect(main(page).locator(f"a[href$='{whop_id}']")).to_be_visible()
        expect(field).to_have_value(text[1:8].upper())


def test_a_search_without_a_match_offers_the_way_back(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    page.get_by_role("searchbox", name="Search in this list").fill("nobody is called this")
    expect(main(page)).to_contain_text("No member matches")
    page.get_by_role("button", name="Show everybody").click()
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_role("searchbox", name="Search in this list")).to_have_value("")


def test_pages_hold_everybody_once(crm: Crm, team: Team) -> None:
    crm.settle()
    page = team.open(OWNER, crm.members())
    seen = ids(page)
    total = crm.value(_COUNT, crm.company)
    pages = page.get_by_role("navigation", name="Pages of members")
    for number in range(2, -(-total // 50) + 1):
        pages.get_by_role("link", name=f"Page {number}", exact=True).click()
        expect(pages.get_by_role("link", name=f"Page {number}", exact=True)).to_have_attribute("aria-current", "page")
        eventually(_others_than(page, seen))
        seen += ids(page)
    assert len(set(seen)) == len(seen) == total
    expect(pages.get_by_role("link", name="Next page")).to_have_attribute("aria-disabled", "true")


def test_back_reload_and_a_shared_link_show_the_same(crm: Crm, team: Team) -> None:
    crm.settle()
    page = team.open(OWNER, crm.members())
    first = sketch(page)
    page.get_by_role("columnheader", name="Net revenue").get_by_role("button").click()
    expect(page.get_by_role("columnheader", name="Net revenue")).to_have_attribute("aria-sort", "descending")
    eventually(_table(page))
    sorted_first = sketch(page)
    page.get_by_role("link", name="Page 2", exact=True).click()
    expect(page.get_by_role("link", name="Page 2", exact=True)).to_have_attribute("aria-current", "page")
    eventually(_table(page))
    shown = sketch(page)
    assert len({first, sorted_first, shown}) == 3
    page.reload()
    assert sketch(ready(page)) == shown
    assert sketch(team.open(OWNER, page.url)) == shown
    page.go_back()
    eventually(lambda: sketch(page) == sorted_first)
    page.go_back()
    eventually(lambda: sketch(page) == first)
    page.go_forward()
    eventually(lambda: sketch(page) == sorted_first)


def test_an_address_full_of_nonsense_shows_the_first_page(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members("page=-3&sort=drop&dir=x&status=%00&tag=99999999999999999999"))
    expect(rows(page)).to_have_count(50)
    last = team.open(OWNER, crm.members("page=9999"))
    expect(last.get_by_role("link", name="Next page")).to_have_attribute("aria-disabled", "true")
    assert ids(last)


def test_a_click_anywhere_in_a_row_opens_the_profile(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    row = rows(page).nth(2)
    name = row.locator(".person__name").inner_text()
    box = row.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 60, box["y"] + box["height"] / 2)
    expect(main(page).get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    expect(rows(page)).to_have_count(50)


def test_a_tag_in_the_address_that_is_not_there_finds_nobody(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members("tag=123456"))
    expect(main(page)).to_contain_text(re.compile("No member matches|There is no such"))


def test_the_table_stays_in_its_card(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members())
    beyond = "([table, frame]) => table.offsetWidth - frame.offsetWidth"
    parts = [page.locator(one).first.element_handle() for one in (".rows table", ".rows .table-frame")]
    for width in (1440, 1280, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(beyond, parts) <= 0, f"at {width} px"
