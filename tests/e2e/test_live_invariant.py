"""The live invariant, for every action: what an open tab shows equals what a fresh tab at the same address shows."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.e2e.test_tags_and_notes import carried, create_tag, picker
from tests.support.browser_page import OWNER, card, main, ready, sketch
from tests.support.crm import Crm, eventually
from whop_crm.sandbox.transitions import update_user

pytestmark = pytest.mark.e2e


@dataclass
class Watch:
    """Tabs that stay open over all actions, one a page, and a tab that is loaded anew each time to compare with."""

    crm: Crm
    member: str
    tabs: dict[str, Page]
    fresh: Page
    hand: Page
    """Where the team's own actions are done."""

    def after(self, action: Callable[["Watch"], object]) -> None:
        """Does it, and asserts that it reached the open tabs and that they show what a fresh one shows."""
        before = {name: sketch(page) for name, page in self.tabs.items()}
        action(self)
        eventually(lambda: any(sketch(page) != before[name] for name, page in self.tabs.items()))
        self.crm.settle()
        for page in self.tabs.values():
            self.fresh.goto(page.url)
            self._equal(page)

    def _equal(self, page: Page) -> None:
        ready(self.fresh)
        try:
            eventually(lambda: sketch(page) == sketch(self.fresh), 5, every=0.1)
        except AssertionError:
            assert sketch(page).splitlines() == sketch(self.fresh).splitlines()


@pytest.fixture(scope="module")
def watch(crm: Crm, team_of_module: Team) -> Watch:
    user = "m.whop_user_id IS NOT NULL AND m.posts > 0 AND m.lessons > 0 AND m.chats > 0"
    renewing = (
        "m.status = 'active' AND NOT m.canceling AND (SELECT count(*) FROM memberships s WHERE s.company_id ="
        " m.company_id AND s.member_id = m.id AND s.status = 'active' AND s.billing_period_days IS NOT NULL"
        " AND s.renewal_price_minor > 0 AND NOT s.paused) = 1"
    )
    member = crm.member(f"{user} AND {renewing} AND m.payments > 1")
    context = team_of_module.browser_of(OWNER)
    addresses = {"dashboard": crm.dashboard(), "members": crm.members(), "profile": crm.profile(member),
                 "page 2": crm.members("sort=last_active&dir=desc")}  # fmt: skip
    tabs = {name: team_of_module.visit(context, address) for name, address in addresses.items()}
    fresh = team_of_module.visit(team_of_module.browser_of(OWNER), crm.dashboard())
    return Watch(crm, member, tabs, fresh, team_of_module.visit(context, crm.profile(member)))


def _at_whop(command: str, anybody: bool = False) -> Callable[[Watch], object]:
    return lambda watch: watch.crm.act(command, **({} if anybody else {"member": watch.member}))


def _renamed(watch: Watch) -> None:
    user_id = str(watch.crm.value("SELECT whop_user_id FROM members WHERE whop_id = %s", watch.member))
    watch.crm.happen(lambda change: update_user(change, user_id, name="Aurelia Renamed", email="aurelia@example.com"))


def _create_tag(watch: Watch) -> None:
    create_tag(watch.hand, "Seen by all")


def _remove_tag(watch: Watch) -> None:
    main(watch.hand).get_by_role("button", name="Remove Seen by all").click()


def _add_tag(watch: Watch) -> None:
    picker(watch.hand).fill("Seen by all")
    watch.hand.get_by_role("option", name="Seen by all").click()
    expect(carried(watch.hand, "Seen by all")).to_be_visible()
    watch.hand.keyboard.press("Escape")


def _add_note(watch: Watch) -> None:
    watch.hand.get_by_label("New note").fill("Everybody **reads** this.")
    watch.hand.get_by_role("button", name="Add note").click()


def _edit_note(watch: Watch) -> None:
    card(watch.hand, "Notes").get_by_role("button", name="Edit note").first.click()
    watch.hand.get_by_role("dialog", name="Edit note").get_by_label("Note", exact=True).fill("Or ~~that~~ this.")
    watch.hand.get_by_role("button", name="Save note").click()


def _delete_note(watch: Watch) -> None:
    card(watch.hand, "Notes").get_by_role("button", name="Delete note").first.click()
    watch.hand.get_by_role("alertdialog").get_by_role("button", name="Delete note").click()


ACTIONS: dict[str, Callable[[Watch], object]] = {
    "create_tag": _create_tag,
    "remove_tag": _remove_tag,
    "add_tag": _add_tag,
    "add_note": _add_note,
    "edit_note": _edit_note,
    "delete_note": _delete_note,
    "join": _at_whop("join", anybody=True),
    "post": _at_whop("post"),
    "comment": _at_whop("comment"),
    "chat": _at_whop("chat"),
    "lesson": _at_whop("lesson", anybody=True),
    "visit": _at_whop("visit"),
    "profile_change": _renamed,
    "renew": _at_whop("renew"),
    "pause": _at_whop("pause"),
    "resume": _at_whop("resume"),
    "cancel": _at_whop("cancel"),
    "uncancel": _at_whop("uncancel"),
    "fail_payment": _at_whop("fail-payment"),
    "recover_payment": _at_whop("recover-payment"),
    "upgrade": _at_whop("upgrade"),
    "refund": _at_whop("refund"),
    "dispute": _at_whop("dispute"),
    "one_more_membership": _at_whop("join"),
    "cancel_now": _at_whop("cancel-now"),
    "leave": _at_whop("leave"),
}
"""In an order in which each is possible."""


@pytest.mark.parametrize("action", ACTIONS)
def test_an_open_tab_equals_a_fresh_one_after(watch: Watch, action: str) -> None:
    watch.after(ACTIONS[action])
