"""The app as it is used inside Whop: in a frame of another site, behind Whop's proxy, in a real browser."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.e2e.conftest import Team
from tests.support.browser_page import OWNER, listen, sign_in
from tests.support.crm import Crm, eventually
from whop_crm.sandbox.frame import LIFETIME, Frame

pytestmark = [pytest.mark.e2e, pytest.mark.long]

COOKIE = "__Host-whop_crm_frame"


@dataclass
class Inside:
    """A browser with Whop open in it, and the app in Whop's frame."""

    crm: Crm
    context: BrowserContext
    page: Page
    wrong: list[str]

    @property
    def whop(self) -> Frame:
        return self.crm.server.sandbox.frame

    @property
    def app(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def main(self):
        return self.app.get_by_role("main")

    def person(self, role: str) -> str:
        people = self.crm.server.sandbox.store.get_meta("people")
        return next(one["user_id"] for one in people if one["role"] == role and one["account_id"] == self.crm.company)

    def customer(self) -> str:
        store = self.crm.server.sandbox.store
        return store.select("member", limit=1, account_id=self.crm.company, access_level="customer")[0]["user"]["id"]

    def open(self, person: str, to: str | None = None) -> None:
        self.page.goto(self.whop.address(person, to or f"/dashboard/{self.crm.company}"))

    def title(self, words: str) -> None:
        expect(self.main.get_by_role("heading", level=1)).to_have_text(words)

    def cookies(self) -> list[str]:
        return [str(cookie.get("value")) for cookie in self.context.cookies() if cookie.get("name") == COOKIE]

    def at(self) -> str:
        """The address of the frame, without its origin."""
        (app,) = [frame for frame in self.page.frames if frame != self.page.main_frame]
        return app.url.removeprefix(self.whop.framed_origin)


@pytest.fixture
def inside(crm: Crm, browser: Browser) -> Iterator[Inside]:
    """At its end the browser may have nothing to complain of, nor the server."""
    crm.complaints()
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(10_000)
    page = context.new_page()
    opened = Inside(crm, context, page, listen(page))
    yield opened
    context.close()
    whop = opened.whop
    whop.lifetime, whop.websockets, whop.token = LIFETIME, True, whop.user_token
    assert opened.wrong == []
    assert crm.complaints() == []


def test_the_app_opens_and_works_inside_whop(inside: Inside) -> None:
    inside.open(inside.person("owner"))
    inside.title("Dashboard")
    inside.app.get_by_role("link", name="Members", exact=True).first.click()
    inside.title("Members")
    inside.app.locator("table[aria-label=Members] tbody a.person__name").first.click()
    expect(inside.main.get_by_role("heading", level=1)).not_to_have_text("Members")
    assert re.fullmatch(rf"/dashboard/{inside.crm.company}/members/mber_\w+", inside.at())


def test_what_happens_at_whop_shows_inside_the_frame_at_once(inside: Inside) -> None:
    inside.open(inside.person("owner"))
    inside.title("Dashboard")
    value = inside.main.locator(".card", has_text="Total members").locator(".metric__value")
    before = int(value.inner_text())
    inside.crm.act("join")
    expect(value).to_have_text(str(before + 1))


def test_tagging_works_inside_the_frame(inside: Inside) -> None:
    member = inside.crm.member("m.status = 'active'")
    inside.open(inside.person("owner"), f"/dashboard/{inside.crm.company}/members/{member}")
    inside.app.get_by_role("button", name="Add tag").click()
    inside.app.get_by_role("combobox").fill("Framed")
    inside.app.get_by_role("combobox").press("Enter")
    expect(inside.main.get_by_role("link", name="Framed")).to_be_visible()
    eventually(lambda: inside.crm.value("SELECT 1 FROM tags WHERE name = 'Framed'"))


def test_the_session_is_the_frames_own(inside: Inside, team: Team) -> None:
    inside.open(inside.person("owner"))
    inside.title("Dashboard")
    (cookie,) = [one for one in inside.context.cookies() if one.get("name") == COOKIE]
    assert (cookie.get("httpOnly"), cookie.get("secure"), cookie.get("sameSite")) == (True, True, "None")
    assert cookie.get("partitionKey") == "http://whop.localhost"
    outside = inside.context.new_page()
    outside.goto(inside.crm.dashboard())
    expect(outside.get_by_role("heading", name="continue as")).to_be_visible()


def test_neither_whops_word_nor_the_cookie_reaches_the_browsers_state(inside: Inside) -> None:
    frames: list[str] = []
    inside.page.on("websocket", lambda wire: wire.on("framereceived", lambda frame: frames.append(str(frame))))
    inside.open(inside.person("owner"))
    inside.title("Dashboard")
    (app,) = [frame for frame in inside.page.frames if frame != inside.page.main_frame]
    kept = app.evaluate("JSON.stringify({...sessionStorage, ...localStorage}) + document.cookie")
    everything = "".join(frames) + kept + inside.crm.server.log.read_text()
    assert len(frames) > 2
    for secret in ("whop-user-token", *inside.cookies()):
        assert secret not in everything


def test_signing_out_inside_the_frame_ends_in_a_calm_page(inside: Inside, team: Team) -> None:
    outside = team.open(OWNER, inside.crm.dashboard())
    inside.open(inside.person("owner"))
    inside.title("Dashboard")
    other = inside.context.new_page()
    other.goto(inside.whop.address(inside.person("owner"), f"/dashboard/{inside.crm.company}/members"))
    expect(other.frame_locator("iframe").get_by_role("heading", level=1)).to_have_text("Members")
    inside.app.get_by_role("button", name="You and your settings").click()
    inside.app.get_by_role("menuitem", name="Sign out", exact=True).click()
    inside.title("You are signed out")
    assert inside.cookies() == []
    there = other.frame_locator("iframe").get_by_role("main")
    expect(there.get_by_role("heading", level=1)).to_have_text("You are signed out")
    expect(there.get_by_role("link", name="Sign in with Whop")).to_have_count(0)
    expect(outside.get_by_role("heading", level=1)).to_have_text("Dashboard")
    there.get_by_role("link", name="Open Whop CRM").click()
    expect(there.get_by_role("heading", level=1)).to_have_text("Members")
    inside.main.get_by_role("link", name="Open Whop CRM").click()
    inside.title("Dashboard")


def test_whops_new_signing_key_is_taken_up(inside: Inside) -> None:
    inside.open(inside.person("owner"))
    inside.title("Dashboard")
    inside.crm.control("POST", "/keys/rotate")
    inside.open(inside.person("owner"), f"/dashboard/{inside.crm.company}/members")
    inside.title("Members")


def test_whops_word_that_has_run_out_is_said_and_renewed(inside: Inside) -> None:
    inside.whop.lifetime = -600
    inside.open(inside.person("owner"))
    inside.title("This page was open for too long")
    inside.whop.lifetime = LIFETIME
    inside.main.get_by_role("link", name="Open Whop CRM").click()
    inside.title("Dashboard")
    inside.wrong[:] = [said for said in inside.wrong if "401" not in said]


@pytest.mark.parametrize(
    ("token", "title"),
    [(lambda _: None, "Whop did not say who you are"), (lambda _: "no.such.word", "cannot be trusted")],
    ids=["none", "forged"],
)
def test_without_whops_word_nothing_is_shown(inside: Inside, token: Callable, title: str) -> None:
    inside.whop.token = token
    inside.open(inside.person("owner"))
    expect(inside.main.get_by_role("heading", level=1)).to_contain_text(title)
    assert inside.cookies() == []
    inside.wrong[:] = [said for said in inside.wrong if "401" not in said]


def test_another_person_at_the_same_browser_sees_their_own(inside: Inside) -> None:
    inside.open(inside.person("owner"))
    inside.title("Dashboard")
    (before,) = inside.cookies()
    inside.open(inside.person("support"))
    inside.title("Dashboard")
    inside.app.get_by_role("button", name="You and your settings").click()
    expect(inside.app.get_by_role("menu", name="You")).to_contain_text("Support")
    assert inside.cookies() != [before]
    inside.open(inside.customer())
    inside.title("This is for the company's team")
    assert inside.cookies() == []
    inside.wrong[:] = [said for said in inside.wrong if "403" not in said]


def test_an_experience_leads_to_the_companys_dashboard(inside: Inside) -> None:
    store = inside.crm.server.sandbox.store
    experience = store.select("forum", limit=1, account_id=inside.crm.company)[0]["experience"]["id"]
    inside.open(inside.person("owner"), f"/experiences/{experience}")
    inside.title("Dashboard")
    assert inside.at() == f"/dashboard/{inside.crm.company}"


def test_without_a_live_connection_a_tab_of_its_own_is_offered(inside: Inside) -> None:
    inside.whop.websockets = False
    inside.open(inside.person("owner"))
    expect(inside.main.get_by_role("heading", level=1)).to_have_text("This page cannot be live here", timeout=20_000)
    with inside.context.expect_page() as opened:
        inside.main.get_by_role("link", name="Open in a new tab").click()
    opened.value.wait_for_url(re.compile("^http"))
    sign_in(opened.value, OWNER)
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Dashboard")
    assert opened.value.url == inside.crm.dashboard()
    inside.wrong.clear()


def test_nobody_else_may_frame_the_app(inside: Inside) -> None:
    for source in (inside.whop.framed_origin + f"/dashboard/{inside.crm.company}", inside.crm.url + "/"):
        inside.page.route("http://evil.localhost/", lambda route, url=source: route.fulfill(
            content_type="text/html", body=f"<iframe src='{url}'></iframe>"))  # fmt: skip
        inside.page.goto("http://evil.localhost/")
        assert [one.url for one in inside.page.frames][1:] == ["chrome-error://chromewebdata/"]
        inside.page.unroute("http://evil.localhost/")
    inside.wrong.clear()
