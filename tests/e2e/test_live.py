"""What one person does, or Whop tells, is on everybody's open page: soon, and without getting in anybody's way."""

import re
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.e2e.conftest import Team
from tests.e2e.test_tags_and_notes import carried, create_tag, picker
from tests.support.browser_page import MANAGER, OTHER_OWNER, OWNER, SUPPORT, card, figure, main, ready, rows, sketch
from tests.support.crm import Crm, eventually
from whop_crm.sandbox.transitions import update_user

pytestmark = pytest.mark.e2e

_STAMP = """
([selector, text]) => new Promise((done) => {
  const look = () => [...document.querySelectorAll(selector)].some((one) => one.innerText.trim() === text);
  const observer = new MutationObserver(() => { if (look()) { observer.disconnect(); done(Date.now()); } });
  observer.observe(document.body, {subtree: true, childList: true, characterData: true});
})
"""


def _stamp(page: Page, selector: str, text: str) -> Callable[[], float]:
    """The moment at which a text appears, measured within the page, in milliseconds."""
    page.evaluate(f"(wanted) => {{ window.stamp = ({_STAMP.strip()})(wanted) }}", [selector, text])
    return lambda: float(page.evaluate("window.stamp"))


def _clicked(page: Page) -> Callable[[], float]:
    page.evaluate("() => addEventListener('click', () => { window.clicked = Date.now() }, true)")
    return lambda: float(page.evaluate("window.clicked"))


def test_a_tag_is_in_the_other_browser_before_the_hand_leaves_the_mouse(
    crm: Crm, team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    whop_id = crm.member("m.status = 'active'")
    mine, theirs = team.open(OWNER, crm.profile(whop_id)), team.open(SUPPORT, crm.profile(whop_id))
    seen = _stamp(theirs, ".tag__label", "Quick")
    picker(mine).fill("Quick")
    clicked = _clicked(mine)
    mine.get_by_role("option", name="Create “Quick”").click()
    expect(carried(theirs, "Quick")).to_be_visible()
    took = seen() - clicked()
    with capsys.disabled():
        sys.stdout.write(f"\na tag: click → visible in the other browser after {took:.0f} ms\n")
    assert took < 2000
    mine.keyboard.press("Escape")
    main(mine).get_by_role("button", name="Remove Quick").click()
    expect(carried(theirs, "Quick")).to_have_count(0)


def test_notes_are_written_edited_and_deleted_for_everybody(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.status = 'completed'")
    mine, theirs = team.open(SUPPORT, crm.profile(whop_id)), team.open(OWNER, crm.profile(whop_id))
    notes = card(theirs, "Notes").get_by_role("article")
    mine.get_by_label("New note").fill("Called about the *course*.")
    mine.get_by_role("button", name="Add note").click()
    expect(notes.first).to_contain_text("Called about the course.")
    expect(theirs.get_by_role("list", name="Timeline")).to_contain_text("Called about the course.")
    note = card(mine, "Notes").get_by_role("article").filter(has_text="Called ").first
    note.get_by_role("button", name="Edit note").click()
    mine.get_by_role("dialog", name="Edit note").get_by_label("Note", exact=True).fill("Called twice.")
    mine.get_by_role("button", name="Save note").click()
    expect(notes.first).to_contain_text("Called twice.")
    expect(notes.first).to_contain_text("edited")
    note.get_by_role("button", name="Delete note").click()
    mine.get_by_role("alertdialog").get_by_role("button", name="Delete note").click()
    expect(card(theirs, "Notes")).not_to_contain_text("Called twice.")


def test_somebody_who_joins_is_on_every_open_page(crm: Crm, team: Team) -> None:
    crm.settle()
    dashboard, members = team.open(OWNER, crm.dashboard()), team.open(SUPPORT, crm.members())
    before = int(figure(dashboard, "Total members").replace(",", ""))
    line = crm.act("join", plan="month")[0]
    name = line.split(" joined ")[0]
    expect(dashboard.get_by_role("list", name="Recent activity")).to_contain_text(name)
    eventually(lambda: int(figure(dashboard, "Total members").replace(",", "")) == before + 1)
    expect(rows(members).first).to_contain_text(name)
    expect(members.get_by_role("status").filter(has_text=" of ")).to_have_text(re.compile(rf"of {before + 1:,}$"))


def test_a_cancellation_is_on_feed_list_and_profile(crm: Crm, team: Team) -> None:
    whop_id = _renewing(crm)
    name = crm.name_of(whop_id)
    dashboard = team.open(OWNER, crm.dashboard())
    profile = team.open(SUPPORT, crm.profile(whop_id))
    members = team.open(MANAGER, crm.members(f"q={name.split()[0]}"))
    row = rows(members).filter(has=members.locator(f"a[href$='{whop_id}']"))
    expect(row).to_contain_text("Active")
    crm.act("cancel", member=whop_id, text="Too little time at the moment")
    expect(row).to_contain_text("Canceling")
    expect(main(profile).locator("h1 + .badge, h1 ~ .badge").first).to_have_text("Canceling")
    expect(card(profile, "Memberships")).to_contain_text("Too little time at the moment")
    expect(card(profile, "Memberships")).to_contain_text(re.compile(r"Ends \d+ \w+ 20\d\d"))
    expect(_feed(dashboard).filter(has_text=name).filter(has_text=re.compile("cancel", re.I)).first).to_be_visible()


def test_a_payment_that_fails_and_recovers_is_told_as_it_happens(crm: Crm, team: Team) -> None:
    whop_id = _renewing(crm)
    dashboard, profile = team.open(OWNER, crm.dashboard()), team.open(OWNER, crm.profile(whop_id))
    crm.act("fail-payment", member=whop_id)
    failed = card(profile, "Payments").locator("tbody").get_by_role("row").first
    expect(failed).to_contain_text("Failed")
    expect(main(profile).locator("h1 ~ .badge").first).to_have_text("Past due")
    told = _feed(dashboard).filter(has_text=crm.name_of(whop_id))
    expect(told.filter(has_text=re.compile("fail", re.I)).first).to_be_visible()
    crm.act("recover-payment", member=whop_id)
    expect(failed).to_contain_text("Paid")
    expect(main(profile).locator("h1 ~ .badge").first).to_have_text("Active")


def test_a_refund_lowers_the_revenue_everywhere(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.net_revenue_minor > 5000 AND m.refunds = 0 AND m.disputes = 0 AND m.status = 'active'")
    profile = team.open(OWNER, crm.profile(whop_id))
    members = team.open(SUPPORT, crm.members(f"q={crm.value('SELECT email FROM members WHERE whop_id = %s', whop_id)}"))
    before = rows(members).first.inner_text()
    crm.act("refund", member=whop_id)
    expect(card(profile, "Payments")).to_contain_text("refund succeeded")
    eventually(lambda: rows(members).first.inner_text() != before)
    expect(card(profile, "Stats")).to_contain_text(re.compile(r"Refunds\s*1"))


def test_a_chat_message_is_on_the_profile_and_counted(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.chats > 0 AND m.status = 'active'")
    chats = int(crm.value("SELECT chats FROM members WHERE whop_id = %s", whop_id))
    profile = team.open(OWNER, crm.profile(whop_id))
    crm.act("chat", member=whop_id, text="Good morning from the pier")
    expect(profile.get_by_role("list", name="Timeline")).to_contain_text("Good morning from the pier")
    expect(card(profile, "Stats")).to_contain_text(re.compile(rf"Chat messages\s*{chats + 1}"))


def test_a_note_being_typed_is_left_alone(crm: Crm, team: Team) -> None:
    whop_id = _renewing(crm)
    page, other = team.open(OWNER, crm.profile(whop_id)), team.open(OWNER, crm.profile(whop_id))
    field = page.get_by_label("New note")
    field.press_sequentially("Half a ")
    field.scroll_into_view_if_needed()
    at = page.evaluate("scrollY")
    crm.act("renew", member=whop_id)
    create_tag(other, "Interruption")
    expect(carried(page, "Interruption")).to_be_attached()
    expect(field).to_be_focused()
    field.press_sequentially("thought")
    expect(field).to_have_value("Half a thought")
    assert page.evaluate("scrollY") == at
    other.get_by_label("New note").fill("Another note")
    other.get_by_role("button", name="Add note").click()
    expect(card(page, "Notes").get_by_role("article").first).to_contain_text("Another note")
    expect(field).to_have_value("Half a thought")
    expect(field).to_be_focused()


def test_a_note_being_edited_is_left_alone(crm: Crm, team: Team) -> None:
    whop_id = _renewing(crm)
    page = team.open(OWNER, crm.profile(whop_id))
    page.get_by_label("New note").fill("First words")
    page.get_by_role("button", name="Add note").click()
    note = card(page, "Notes").get_by_role("article").filter(has_text="First words")
    note.get_by_role("button", name="Edit note").click()
    field = page.get_by_role("dialog", name="Edit note").get_by_label("Note", exact=True)
    field.fill("Other words")
    create_tag(team.open(OWNER, crm.profile(whop_id)), "Meanwhile")
    expect(page.get_by_role("link", name="Meanwhile", include_hidden=True)).to_be_attached()
    expect(field).to_have_value("Other words")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Save note").click()
    expect(card(page, "Notes").get_by_role("article").first).to_contain_text("Other words")


def test_page_scroll_and_search_stay_where_they_are(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.members("sort=name&dir=asc&page=2"))
    whop_id = str(rows(page).nth(30).locator("a").first.get_attribute("href")).rpartition("/")[2]
    rows(page).nth(30).scroll_into_view_if_needed()
    at = page.evaluate("scrollY")
    assert at > 0
    user_id = str(crm.value("SELECT whop_user_id FROM members WHERE whop_id = %s", whop_id))
    crm.happen(lambda change: update_user(change, user_id, email="moved@example.com"))
    expect(page.get_by_text("moved@example.com")).to_be_attached()
    assert page.evaluate("scrollY") == at
    assert page.url.endswith("page=2")
    expect(page.get_by_role("link", name="Page 2", exact=True)).to_have_attribute("aria-current", "page")
    field = page.get_by_role("searchbox", name="Search in this list")
    field.press_sequentially("zz")
    crm.act("join")
    crm.settle()
    expect(main(page)).to_contain_text("No member matches")
    expect(field).to_have_value("zz")
    expect(field).to_be_focused()


def test_more_of_the_timeline_stays_open(crm: Crm, team: Team) -> None:
    whop_id = crm.member(
        "m.status = 'active' AND (SELECT count(*) FROM activities a"
        " WHERE a.company_id = m.company_id AND a.member_id = m.id) > 45"
    )
    page = team.open(OWNER, crm.profile(whop_id))
    items = page.get_by_role("list", name="Timeline").get_by_role("listitem")
    items.last.scroll_into_view_if_needed()
    eventually(lambda: items.count() == 40)
    create_tag(team.open(OWNER, crm.profile(whop_id)), "Long story")
    expect(items.first).to_contain_text("Long story")
    assert items.count() == 40


def test_another_company_hears_nothing(crm: Crm, team: Team) -> None:
    context = team.browser_of(OTHER_OWNER)
    page = context.new_page()
    heard: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: heard.append(str(frame)))

    page.on("websocket", listen)
    page.goto(crm.dashboard(crm.other))
    before = sketch(ready(page))
    crm.settle()
    eventually(lambda: page.evaluate("true") and any(_LOADED in frame for frame in heard))
    heard.clear()
    dashboard = team.open(OWNER, crm.dashboard())
    name = crm.act("join")[0].split(" joined ")[0]
    expect(_feed(dashboard).filter(has_text=name).first).to_be_visible()
    crm.settle()
    assert [frame for frame in heard if not re.fullmatch(r"[23]", frame)] == []
    assert sketch(page) == before


_LOADED = '"is_hydrated_rx_state_":true'
"""In the last frame that the opening of a page causes."""


def _feed(page: Page) -> Locator:
    return page.get_by_role("list", name="Recent activity").get_by_role("listitem")


_used: set[str] = set()


def _renewing(crm: Crm) -> str:
    """A member with one running membership that renews, whom no test has changed yet."""
    found = crm.member(
        "m.status = 'active' AND NOT m.canceling AND m.name <> '' AND m.whop_id <> ALL(%s)"
        " AND (SELECT count(*) FROM memberships s WHERE s.company_id = m.company_id AND s.member_id = m.id) = 1"
        " AND EXISTS (SELECT 1 FROM memberships s WHERE s.company_id = m.company_id AND s.member_id = m.id"
        " AND s.status = 'active' AND s.renewal_price_minor > 0 AND NOT s.paused AND NOT s.cancel_at_period_end"
        " AND s.billing_period_days IS NOT NULL)",
        list(_used),
    )
    _used.add(found)
    return found
