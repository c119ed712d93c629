"""`python -m tests.support.screenshots`: the pictures of docs/screenshots, taken of the live app with 2,500 members.

With names of pictures only those are taken anew.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.browser_page import OWNER, main, ready, sign_in
from tests.support.crm import Crm, eventually
from tests.support.database import server as database_server
from tests.support.sandbox import QUIET
from tests.support.server import server
from whop_crm.runtime.browser import ARGUMENTS, ensure_browser
from whop_crm.runtime.paths import ROOT

FOLDER = ROOT / "docs" / "screenshots"
MEMBERS = 2500
WIDE, PHONE = (1440, 900), (375, 812)
_WORLD = replace(QUIET, members=MEMBERS, deliver=True, rate_limit=None)
_STILL = "*, *::before, *::after { animation: none !important; transition: none !important; caret-color: transparent }"


@dataclass(frozen=True)
class Picture:
    """One file: which page, how large, in which theme."""

    name: str
    address: Callable[[Crm], str]
    size: tuple[int, int] = WIDE
    dark: bool = False
    prepare: Callable[[Page], object] = lambda page: None


def _profile(crm: Crm) -> str:
    """Somebody with a story: more than one membership, a failed charge and a course."""
    return crm.profile(
        crm.member(
            "m.status = 'active' AND m.failed_payments > 0 AND m.lessons > 3 AND m.posts > 1"
            " AND (SELECT count(*) FROM memberships s WHERE s.company_id = m.company_id AND s.member_id = m.id) > 1"
        )
    )


def _search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("mar")
    expect(page.get_by_role("option").nth(3)).to_be_visible()


def _built(page: Page) -> None:
    expect(page.get_by_text("meet it · without it").first).to_be_visible()


PICTURES = (
    Picture("dashboard", Crm.dashboard),
    Picture("dashboard-dark", Crm.dashboard, dark=True),
    Picture("dashboard-phone", Crm.dashboard, PHONE),
    Picture("dashboard-phone-dark", Crm.dashboard, PHONE, dark=True),
    Picture("members", Crm.members),
    Picture("members-phone", Crm.members, PHONE),
    Picture("profile", _profile, (1440, 1200)),
    Picture("profile-dark", _profile, (1440, 1200), dark=True),
    Picture("search", Crm.dashboard, prepare=_search),
    Picture("segments", lambda crm: f"{crm.dashboard()}/segments"),
    Picture("builder", lambda crm: f"{crm.dashboard()}/segments/new/edit?template=at_risk", prepare=_built),
    Picture(
        "builder-phone-dark",
        lambda crm: f"{crm.dashboard()}/segments/new/edit?template=at_risk",
        PHONE,
        dark=True,
        prepare=_built,
    ),
    Picture("sync", lambda crm: f"{crm.dashboard()}/sync"),
    Picture("sync-phone", lambda crm: f"{crm.dashboard()}/sync", PHONE),
    Picture("settings", lambda crm: f"{crm.dashboard()}/settings"),
    Picture("tags-dark", lambda crm: f"{crm.dashboard()}/settings/tags", dark=True),
    Picture("connection", lambda crm: f"{crm.dashboard()}/connection"),
    Picture("connection-phone", lambda crm: f"{crm.dashboard()}/connection", PHONE),
)


def take(wanted: list[str]) -> None:
    """Takes the pictures of these names, all of them without any."""
    with (
        tempfile.TemporaryDirectory(prefix="screenshots-") as folder,
        database_server(),
        server(Path(folder), _WORLD, WHOP_REQUESTS_PER_MINUTE="100000") as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=ensure_browser(), args=ARGUMENTS)
        crm = Crm(running)
        state = _prepared(browser, crm)
        for picture in PICTURES:
            if not wanted or picture.name in wanted:
                _take(browser, crm, state, picture)
        browser.close()


def _prepared(browser: Browser, crm: Crm) -> dict[str, object]:
    """Signs the owner in, waits for the first sync, and lets something happen that the feed shows."""
    context = browser.new_context(base_url=crm.url)
    page = context.new_page()
    sign_in(page, OWNER)
    eventually(crm.synced, 600, every=0.5)
    for command in ("join", "chat", "renew", "fail-payment", "recover-payment", "comment", "cancel", "join"):
        crm.act(command)
    crm.settle()
    _annotate(page, crm)
    state = context.storage_state()
    context.close()
    return dict(state)


def _annotate(page: Page, crm: Crm) -> None:
    """A few tags and a note, so that the profile looks as it does in a team's daily work."""
    page.goto(_profile(crm))
    ready(page)
    for tag in ("VIP", "Beta tester"):
        page.get_by_role("button", name="Add tag").click()
        page.get_by_role("combobox", name="Tags").fill(tag)
        page.get_by_role("combobox", name="Tags").press("Enter")
        expect(main(page).get_by_role("link", name=tag)).to_be_visible()
        page.keyboard.press("Escape")
    page.get_by_label("New note").fill("Prefers **yearly** billing. Ask again after the course is done.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_label("New note")).to_have_value("")


def _take(browser: Browser, crm: Crm, state: dict[str, object], picture: Picture) -> None:
    width, height = picture.size
    context = browser.new_context(
        base_url=crm.url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.dark else "light",
        device_scale_factor=2 if picture.size == PHONE else 1,
        storage_state=state,  # type: ignore[arg-type]  # as Playwright gave it
    )
    page = context.new_page()
    page.goto(picture.address(crm))
    ready(page)
    picture.prepare(page)
    page.add_style_tag(content=_STILL)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / f"{picture.name}.png")
    context.close()


if __name__ == "__main__":
    take(sys.argv[1:])
