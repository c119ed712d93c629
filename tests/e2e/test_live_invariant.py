"""The live invariant, for every action: what an open tab shows equals what a fresh tab at the same address shows."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.e2e.test_tags_and_notes import carried, create_tag, picker
from tests.support.browser_page import OWNER, card, main, ready, rows, sketch
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
                 "page 2": crm.members("sort=last_active&dir=desc"),
                 "actions": f"{crm.dashboard()}/actions"}  # fmt: skip
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


def _tag_many(watch: Watch) -> None:
    watch.hand.goto(watch.crm.members())
    boxes = rows(watch.hand).get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(3).click(modifiers=["Shift"])
    bar = watch.hand.get_by_role("region", name="Selection")
    bar.get_by_role("button", name="Add tag", exact=True).click()
    watch.hand.get_by_role("combobox", name="Add tag").fill("Many")
    watch.hand.get_by_role("option", name="Create “Many”").click()
    expect(watch.hand.locator("[data-sonner-toast]").filter(has_text="to 4 members")).to_be_visible()


def _undo_many(watch: Watch) -> None:
    told = watch.hand.locator("[data-sonner-toast]").filter(has_text="to 4 members")
    told.get_by_role("button", name="Undo").click()


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
    "tag_many": _tag_many,
    "undo_many": _undo_many,
}
"""In an order in which each is possible."""


@pytest.mark.parametrize("action", ACTIONS)
def test_an_open_tab_equals_a_fresh_one_after(watch: Watch, action: str) -> None:
    watch.after(ACTIONS[action])


# what a company sets


@pytest.fixture(scope="module")
def settings_watch(watch: Watch, team_of_module: Team) -> Watch:
    """The tabs that show what is set, and what follows from it."""
    settings = f"{watch.crm.dashboard()}/settings"
    context = watch.hand.context
    tabs = {name: watch.tabs[name] for name in ("dashboard", "profile")}
    tabs["settings"] = team_of_module.visit(context, settings)
    tabs["tags"] = team_of_module.visit(context, f"{settings}/tags")
    return Watch(watch.crm, watch.member, tabs, watch.fresh, team_of_module.visit(context, settings))


def _set(currency: str, week: str, posts: str) -> Callable[[Watch], object]:
    def act(watch: Watch) -> None:
        watch.hand.goto(f"{watch.crm.dashboard()}/settings")
        ready(watch.hand).get_by_label("Currency").select_option(currency)
        watch.hand.get_by_label("Week starts on").select_option(week)
        watch.hand.get_by_label("Posts", exact=True).fill(posts)
        watch.hand.get_by_role("button", name="Save changes").click()
        expect(watch.hand.get_by_text("Saved", exact=False).first).to_be_visible()
        eventually(lambda: not watch.crm.rows("SELECT 1 FROM recounts WHERE finished_at IS NULL"), 60)

    return act


def _on_tags(act: Callable[[Page], object]) -> Callable[[Watch], object]:
    def on_tags(watch: Watch) -> None:
        watch.hand.goto(f"{watch.crm.dashboard()}/settings/tags")
        act(ready(watch.hand))

    return on_tags


def _save_tag(page: Page, button: str, name: str, color: str) -> None:
    page.get_by_role("button", name=button).click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_title(color).click()
    page.get_by_role("button", name="Save tag").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def _merge_tag(page: Page) -> None:
    page.get_by_role("button", name="Merge Seen by everybody").click()
    page.get_by_role("dialog").get_by_label("Merge into").select_option("Kept")
    page.get_by_role("button", name="Merge tags").click()


def _delete_tag(page: Page) -> None:
    page.get_by_role("button", name="Delete Kept").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete tag").click()


SETTINGS: dict[str, Callable[[Watch], object]] = {
    "change_settings": _set("eur", "Sunday", "7"),
    "change_settings_back": _set("usd", "Monday", "3"),
    "create_tag": _on_tags(lambda page: _save_tag(page, "New tag", "Kept", "Pink")),
    "rename_and_recolor_tag": _on_tags(lambda page: _save_tag(page, "Edit Seen by all", "Seen by everybody", "Pink")),
    "merge_tags": _on_tags(_merge_tag),
    "delete_tag": _on_tags(_delete_tag),
}


@pytest.mark.parametrize("action", SETTINGS)
def test_an_open_tab_equals_a_fresh_one_after_settings(settings_watch: Watch, action: str) -> None:
    settings_watch.after(SETTINGS[action])
