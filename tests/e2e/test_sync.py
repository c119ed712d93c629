"""The Sync page: how it stands, what ran, what differed, and the log of webhooks, live and for the right people."""

import re

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support import database
from tests.support.browser_page import OWNER, SUPPORT, barriers, card, demand_fit, main, sketch
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e


def address(crm: Crm, query: str = "") -> str:
    return f"{crm.dashboard()}/sync{query and '?' + query}"


def spoil(crm: Crm, statement: str, *values: object) -> None:
    """Writes past the app, as its database's administrator."""
    with psycopg.connect(database.admin_of(crm.server.database), autocommit=True) as connection:
        assert connection.execute(statement.encode(), values).rowcount


def log(page: Page):
    return page.get_by_role("table", name="Webhooks").locator("tbody").get_by_role("row")


def quiet(crm: Crm) -> None:
    """Returns once no run is under way."""
    eventually(lambda: not crm.rows("SELECT 1 FROM sync_runs WHERE status = 'running'"), 60)


def test_the_navigation_leads_there_and_it_says_how_it_stands(crm: Crm, team: Team) -> None:
    crm.act("join")
    crm.settle()
    page = team.open(OWNER, crm.dashboard())
    page.get_by_role("link", name="Sync", exact=True).click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Sync")
    now = card(page, "Right now")
    expect(now).to_contain_text(re.compile(r"Last event.*(now|s ago|min ago)", re.DOTALL))
    expect(now).to_contain_text(re.compile(r"Lag\s*\d+(\.\d)? s", re.DOTALL))
    expect(now).to_contain_text(re.compile(r"Waiting\s*0", re.DOTALL))
    expect(card(page, "Runs").get_by_role("listitem").last).to_contain_text("First sync")


def test_a_difference_is_found_repaired_and_told(crm: Crm, team: Team) -> None:
    quiet(crm)
    member = crm.member("m.name IS NOT NULL AND m.status = 'active'")
    spoil(crm, "UPDATE members SET name = 'Somebody Else' WHERE whop_id = %s", member)
    page = team.open(OWNER, address(crm))
    page.get_by_role("button", name="Reconcile now").click()
    expect(card(page, "Last reconciliation")).to_contain_text(
        re.compile(r"[1-9]\d* differences? in [\d,]+ members"), timeout=60_000
    )
    told = page.get_by_role("list", name="Differences").get_by_role("listitem").filter(has_text=member)
    expect(told).to_contain_text("Name: Somebody Else here")
    expect(told).to_contain_text("Repaired")
    assert crm.value("SELECT name FROM members WHERE whop_id = %s", member) != "Somebody Else"

    page.get_by_role("button", name="Reconcile now").click()
    expect(card(page, "Last reconciliation")).to_contain_text(re.compile("0 differences in"), timeout=60_000)
    expect(card(page, "Last reconciliation")).to_contain_text("In step")


def test_a_catch_up_says_what_it_read(crm: Crm, team: Team) -> None:
    quiet(crm)
    page = team.open(OWNER, address(crm))
    page.get_by_role("button", name="Sync now").click()
    newest = card(page, "Runs").get_by_role("listitem").first
    expect(newest).to_contain_text("Catch-up", timeout=30_000)
    expect(newest).to_contain_text("read back", timeout=60_000)
    expect(newest).to_contain_text("asked for it")


def test_the_log_is_live_and_equals_a_fresh_tab(crm: Crm, team: Team) -> None:
    quiet(crm)
    page = team.open(OWNER, address(crm))
    before = sketch(page)
    crm.act("join")
    crm.settle()
    eventually(lambda: sketch(page) != before)
    expect(log(page).first).to_contain_text(re.compile(r"(member|membership|payment)\."))
    fresh = team.open(OWNER, address(crm))
    eventually(lambda: sketch(page) == sketch(fresh), 5, every=0.1)


def test_the_log_is_searched_filtered_and_paged(crm: Crm, team: Team) -> None:
    for _ in range(8):
        crm.act("join")
    crm.settle()
    page = team.open(OWNER, address(crm))
    expect(page.get_by_role("navigation", name="Pages of webhooks")).to_be_visible()
    expect(log(page)).to_have_count(25)
    page.get_by_label("Search in the webhooks").fill("payment.succ")
    expect(page).to_have_url(re.compile("q=payment"))
    expect(log(page).filter(has_not_text="payment.succeeded")).to_have_count(0)
    expect(log(page)).not_to_have_count(0)
    member = str(crm.value("SELECT whop_member_id FROM webhook_events WHERE event_type = 'member.created' LIMIT 1"))
    page.goto(address(crm, f"q={member}"))
    count = crm.value("SELECT count(*) FROM webhook_events WHERE whop_member_id = %s", member)
    expect(log(page)).to_have_count(count)
    page.goto(address(crm, f"q={crm.name_of(member)}"))
    expect(log(page).first).to_contain_text(crm.name_of(member))
    page.get_by_label("Search in the webhooks").fill("nobody at all")
    expect(main(page)).to_contain_text("No webhook matches")
    page.get_by_role("button", name="Show all").click()
    expect(log(page)).to_have_count(25)


def test_a_payload_is_shown_without_secrets(crm: Crm, team: Team) -> None:
    crm.act("join")
    crm.settle()
    page = team.open(OWNER, address(crm, "q=membership.activated"))
    log(page).first.get_by_role("button", name="Show payload").click()
    dialog = page.get_by_role("dialog", name="membership.activated")
    payload = dialog.get_by_label("Payload")
    expect(payload).to_contain_text('"plan_id"')
    for line in payload.inner_text().splitlines():
        if re.search("secret|token|license_key|manage_url", line):
            assert "(hidden)" in line or "null" in line, line
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_failed_webhook_says_why_and_is_replayed(crm: Crm, team: Team) -> None:
    crm.act("join")
    crm.settle()
    spoil(crm, "UPDATE webhook_events SET status = 'failed', attempts = 3, reason = 'It could not be written.'"
          " WHERE id IN (SELECT max(e.id) FROM webhook_events e JOIN companies c ON c.id = e.company_id"
          " WHERE c.whop_id = %s UNION SELECT max(e.id) - 1 FROM webhook_events e)", crm.company)  # fmt: skip
    page = team.open(OWNER, address(crm, "status=failed"))
    expect(log(page).first).to_contain_text("It could not be written.")
    log(page).first.get_by_role("button", name="Replay", exact=True).click()
    eventually(lambda: not page.get_by_text("It could not be written.").count() or log(page).count() == 1)
    if log(page).count():
        page.get_by_role("button", name="Replay all failed").click()
        page.get_by_role("button", name="Replay all", exact=True).click()
    expect(main(page)).to_contain_text("No webhook matches")
    assert not crm.rows("SELECT 1 FROM webhook_events WHERE status = 'failed'")


def test_support_may_look_and_not_run(crm: Crm, team: Team) -> None:
    page = team.open(SUPPORT, address(crm))
    expect(card(page, "Right now")).to_be_visible()
    for name in ("Sync now", "Reconcile now", "Replay", "Replay all failed"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Show payload").first).to_be_visible()


def test_a_company_of_others_stays_closed(crm: Crm, team: Team) -> None:
    page = team.browser_of(SUPPORT).new_page()
    page.goto(f"{crm.dashboard(crm.other)}/sync")
    expect(page.get_by_text(re.compile("may not|no access|not open|does not use", re.IGNORECASE)).first).to_be_visible()


def test_it_fits_and_is_accessible(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, address(crm))
    demand_fit(page, (1440, False), (1440, True), (768, True), (375, False))
