"""One member's page: what they hold and pay, what went wrong with it, and everything that happened."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import MANAGER, OWNER, card, main, ready, sketch
from tests.support.crm import Crm, eventually

pytestmark = pytest.mark.e2e

_WITH = "EXISTS (SELECT 1 FROM {} t WHERE t.company_id = m.company_id AND t.member_id = m.id AND ({}))"
_COUNT = (
    "SELECT count(*) FROM {} t JOIN members m ON m.company_id = t.company_id AND m.id = t.member_id"
    " WHERE m.whop_id = %s"
)


def _payments(page: Page) -> Locator:
    """The rows of all payments: the first few are shown at once."""
    more = page.get_by_role("button", name="Show more payments")
    if more.is_visible():
        more.click()
        expect(more).to_have_count(0)
    return card(page, "Payments").locator("tbody").get_by_role("row")


def test_the_head_says_who_it_is(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.email IS NOT NULL AND m.username IS NOT NULL AND m.status = 'active' AND NOT m.canceling")
    email, username = crm.rows("SELECT email, username FROM members WHERE whop_id = %s", whop_id)[0]
    page = team.open(OWNER, crm.profile(whop_id))
    expect(main(page).get_by_role("heading", level=1)).to_have_text(crm.name_of(whop_id))
    expect(main(page)).to_contain_text(f"@{username}")
    expect(main(page).get_by_text("Active", exact=True).first).to_be_visible()
    link = page.get_by_role("link", name="View on Whop")
    expect(link).to_have_attribute("href", f"https://whop.com/@{username}")
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name=re.compile("Copy email")).click()
    expect(main(page).get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == email


def test_a_member_whose_photo_does_not_load_has_initials(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.name ~ '^[A-Z][a-z]+ [A-Z][a-z]+$'")
    first, last = crm.name_of(whop_id).split()
    context = team.browser_of(OWNER)
    context.route("**/avatars/**", lambda route: route.fulfill(status=200, body="no picture"))
    page = team.visit(context, crm.profile(whop_id))
    photo = main(page).locator(".avatar[data-size=xl]")
    expect(photo).to_have_text(first[0] + last[0])
    expect(photo.locator("img")).to_have_count(0)


def test_every_membership_is_there_with_its_own_status(crm: Crm, team: Team) -> None:
    whop_id = crm.member(
        "(SELECT count(*) FROM memberships s WHERE s.company_id = m.company_id AND s.member_id = m.id) > 1"
    )
    page = team.open(OWNER, crm.profile(whop_id))
    held = card(page, "Memberships").get_by_role("article")
    expect(held).to_have_count(crm.value(_COUNT.format("memberships"), whop_id))
    for one in held.all():
        expect(one.locator(".badge")).to_have_count(1)


def test_a_membership_says_when_the_next_charge_comes_or_why_none_does(crm: Crm, team: Team) -> None:
    charged = crm.member(_WITH.format("memberships", "t.status = 'active' AND NOT cancel_at_period_end AND NOT paused"
                                      " AND renewal_price_minor > 0 AND period_end IS NOT NULL"))  # fmt: skip
    page = team.open(OWNER, crm.profile(charged))
    expect(card(page, "Memberships")).to_contain_text(re.compile(r"Next charge .*\d on \d+ \w+ 20\d\d"))
    left = crm.member(_WITH.format("memberships", "t.cancel_option IS NOT NULL AND t.ended_at IS NOT NULL"))
    page.goto(crm.profile(left))
    expect(card(page, "Memberships")).to_contain_text(re.compile(r"Ended \d+ \w+ 20\d\d"))
    expect(card(page, "Memberships")).to_contain_text("Reason: ")


def test_eight_payments_are_shown_and_the_others_on_demand(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.payments BETWEEN 10 AND 40")
    page = team.open(OWNER, crm.profile(whop_id))
    expect(card(page, "Payments").locator("tbody").get_by_role("row")).to_have_count(8)
    expect(_payments(page)).to_have_count(crm.value(_COUNT.format("payments"), whop_id))


def test_a_failed_payment_says_why(crm: Crm, team: Team) -> None:
    whop_id = crm.member(_WITH.format("payments", "t.failure_message IS NOT NULL AND t.status <> 'paid'"))
    message = crm.value(
        "SELECT t.failure_message FROM payments t JOIN members m ON m.id = t.member_id AND m.company_id = t.company_id"
        " WHERE m.whop_id = %s AND t.failure_message IS NOT NULL AND t.status <> 'paid' LIMIT 1",
        whop_id,
    )
    page = team.open(OWNER, crm.profile(whop_id))
    failed = _payments(page).filter(has_text="Failed")
    expect(failed.filter(has_text=message).first).to_be_visible()


def test_a_refunded_payment_says_how_much_and_why(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.refunds > 0")))
    row = _payments(page).filter(has_text="efunded").first
    expect(row).to_contain_text(re.compile(r"[$€][\d.,]+ refund succeeded"))


def test_a_disputed_payment_says_where_it_stands(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.disputes > 0")))
    row = _payments(page).filter(has_text="Dispute").first
    expect(row).to_contain_text(re.compile(r"Dispute (needs response|under review|won|lost|warning|prevented).*: \w+"))


def test_the_timeline_shows_twenty_and_more_on_scroll(crm: Crm, team: Team) -> None:
    whop_id = crm.member(
        "(SELECT count(*) FROM activities a WHERE a.company_id = m.company_id AND a.member_id = m.id) > 45"
    )
    page = team.open(OWNER, crm.profile(whop_id))
    items = page.get_by_role("list", name="Timeline").get_by_role("listitem")
    expect(items).to_have_count(20)
    items.last.scroll_into_view_if_needed()
    eventually(lambda: items.count() == 40)
    above = page.evaluate("scrollY")
    assert above > 0
    items.last.scroll_into_view_if_needed()
    eventually(lambda: items.count() > 40)
    times = items.locator(".event__time time").evaluate_all("(all) => all.map((time) => time.dateTime)")
    assert times == sorted(times, reverse=True)


def test_the_timeline_is_filtered_by_kind(crm: Crm, team: Team) -> None:
    whop_id = crm.member("m.posts > 0 AND m.lessons > 0 AND m.payments > 0")
    page = team.open(OWNER, crm.profile(whop_id))
    items = page.get_by_role("list", name="Timeline").get_by_role("listitem")
    everything = items.count()
    for label, words in (("Payments", "paid|Payment|charge|refund|isput|nvoice"), ("Courses", "^Completed"),
                         ("Community", "ost|omment|aid|hat|wrote|message")):  # fmt: skip
        chip = page.get_by_role("group", name="Show").get_by_role("button", name=label)
        chip.click()
        expect(chip).to_have_attribute("aria-pressed", "true")
        eventually(lambda: all(re.search(words, text, re.IGNORECASE) for text in items.all_inner_texts()))  # noqa: B023 - used at once
        assert 0 < items.count() <= everything
    page.get_by_role("group", name="Show").get_by_role("button", name="Everything").click()
    eventually(lambda: items.count() >= everything)


def test_times_are_relative_and_exact_on_hover(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile(crm.member("m.status = 'active' AND m.joined_at < now() - interval '60 days'")))
    time = page.get_by_role("list", name="Timeline").locator("time").first
    expect(time).to_have_text(re.compile(r"just now|ago$|^in |^\d+ \w+"))
    expect(time).to_have_attribute("title", re.compile(r"^\d+ \w+ 20\d\d,? (at )?\d\d:\d\d \S+"))


def test_an_unknown_member_is_not_found(crm: Crm, team: Team) -> None:
    page = team.open(OWNER, crm.profile("mber_doesnotexist1"))
    expect(main(page).get_by_role("heading", level=1)).to_have_text("There is no such member")
    page.get_by_role("link", name="All members").click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text("Members")


def test_the_page_of_one_member_follows_the_page_of_another(crm: Crm, team: Team) -> None:
    first, second = crm.member("m.payments > 3"), crm.member("m.payments = 1")
    page = team.open(OWNER, crm.profile(first))
    page.get_by_role("group", name="Show").get_by_role("button", name="Payments").click()
    page.keyboard.press("/")
    page.keyboard.type(str(crm.value("SELECT email FROM members WHERE whop_id = %s", second)))
    page.keyboard.press("Enter")
    page.wait_for_url(crm.profile(second))
    expect(main(page).get_by_role("heading", level=1)).to_have_text(crm.name_of(second))
    assert sketch(ready(page)) == sketch(team.open(OWNER, crm.profile(second)))


def test_two_companies_are_two_worlds(crm: Crm, team: Team) -> None:
    here, there = crm.member(), crm.member(company=crm.other)
    page = team.open(MANAGER, crm.dashboard())
    page.get_by_role("button", name="Harbourline Trading").click()
    page.get_by_role("menu", name="Companies").get_by_role("menuitemradio", name="Stillwater Fitness").click()
    page.wait_for_url(crm.dashboard(crm.other))
    expect(main(page)).to_contain_text("Stillwater Fitness")
    page.goto(crm.profile(there, crm.other))
    expect(main(page).get_by_role("heading", level=1)).to_have_text(crm.name_of(there))
    for address in (crm.profile(there), crm.profile(here, crm.other)):
        page.goto(address)
        expect(main(page).get_by_role("heading", level=1)).to_have_text("There is no such member")
    both = team.visit(page.context, crm.members())
    assert crm.other not in sketch(both)


def test_the_owner_of_one_company_sees_nothing_of_the_other(crm: Crm, team: Team) -> None:
    there = crm.member(company=crm.other)
    page = team.open(OWNER, crm.dashboard())
    expect(page.get_by_role("menuitemradio", name="Stillwater Fitness")).to_have_count(0)
    for address in (crm.dashboard(crm.other), crm.members(company=crm.other), crm.profile(there, crm.other)):
        page.goto(address)
        expect(main(page).get_by_role("heading", level=1)).to_have_text("You cannot see this")
        assert crm.name_of(there) not in page.content()
