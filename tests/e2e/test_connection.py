"""The connection with Whop on screen: what is granted, and a webhook that one button puts right."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, SUPPORT, card, demand_fit, main
from tests.support.crm import Crm, eventually
from whop_crm.sandbox.hooks import Hook

pytestmark = pytest.mark.e2e


@pytest.fixture
def hook(crm: Crm) -> Iterator[Hook]:
    """The app's webhook at Whop, as it was before and is again afterwards."""
    hooks = crm.server.sandbox.hooks
    (found,) = [one for one in hooks.list() if one.url.startswith(crm.url)]
    yield found
    for one in hooks.list():
        if one.id != found.id:
            hooks.delete(one.id)
    hooks.save(found)


def _open(crm: Crm, team: Team, person=OWNER) -> Page:
    page = team.open(person, f"{crm.dashboard()}/connection")
    expect(main(page).get_by_role("button", name="Check again")).not_to_have_attribute("aria-busy", "true")
    return page


def _again(page: Page) -> None:
    main(page).get_by_role("button", name="Check again").click()


def test_it_says_as_whom_and_what_is_granted(crm: Crm, team: Team) -> None:
    page = _open(crm, team)
    expect(card(page, "Connected as")).to_contain_text("Harbourline Trading")
    expect(card(page, "Connected as")).to_contain_text(crm.company)
    expect(card(page, "Permissions")).to_contain_text("25 of 25 granted")
    expect(card(page, "Permissions")).to_contain_text("Know who is on the team, and so who may do what here.")
    expect(card(page, "Sync")).to_contain_text("Everything read")


def test_a_missing_permission_is_told_here_and_on_the_dashboard(crm: Crm, team: Team) -> None:
    store = crm.server.sandbox.store
    granted = store.app_permissions
    page = _open(crm, team)
    store.set_app_permissions(granted - {"forum:read"})
    try:
        _again(page)
        expect(card(page, "Missing permissions").get_by_role("listitem")).to_contain_text("forum:read")
        dashboard = team.open(OWNER, crm.dashboard())
        expect(main(dashboard)).to_contain_text("1 permission not granted")
    finally:
        store.set_app_permissions(granted)
    _again(page)
    expect(card(page, "Missing permissions")).to_have_count(0)
    expect(main(dashboard)).not_to_contain_text("not granted")


def test_a_lost_webhook_is_made_again_and_brings_news(crm: Crm, team: Team, hook: Hook) -> None:
    crm.server.sandbox.hooks.delete(hook.id)
    page = _open(crm, team)
    _again(page)
    expect(card(page, "Webhook")).to_contain_text("Missing")
    other = _open(crm, team, SUPPORT)
    expect(card(other, "Webhook")).to_contain_text("Missing")
    expect(card(other, "Webhook").get_by_role("button", name="Create the webhook")).to_have_count(0)
    card(page, "Webhook").get_by_role("button", name="Create the webhook").click()
    expect(card(page, "Webhook")).to_contain_text("Working")
    expect(card(other, "Webhook")).to_contain_text("Working")
    before = crm.value("SELECT count(*) FROM webhook_events")
    crm.act("join")
    eventually(lambda: crm.value("SELECT count(*) FROM webhook_events") > before)


def test_a_webhook_that_was_switched_off_is_switched_on(crm: Crm, team: Team, hook: Hook) -> None:
    crm.server.sandbox.hooks.save(replace(hook, enabled=False, events=("payment.succeeded",)))
    page = _open(crm, team)
    _again(page)
    expect(card(page, "Webhook")).to_contain_text("Switched off")
    card(page, "Webhook").get_by_role("button", name="Switch it on").click()
    expect(card(page, "Webhook")).to_contain_text("Working")
    found = crm.server.sandbox.hooks.find(hook.id)
    assert found
    assert found.enabled
    assert set(hook.events) >= set(found.events)
    assert len(found.events) > 30


def test_it_fits_and_is_accessible(crm: Crm, team: Team) -> None:
    demand_fit(_open(crm, team))
