"""What a person does in a browser: signing in, looking, and reading a page whole."""

import re
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

_SKETCH = (Path(__file__).parent / "sketch.js").read_text(encoding="utf-8")
_NOT_OURS = ("net::ERR_CONNECTION_REFUSED", "net::ERR_INTERNET_DISCONNECTED", "WebSocket connection to")
"""Said by the browser itself while the server is away on purpose."""


@dataclass(frozen=True)
class Person:
    """A button of Whop's sign-in page: what somebody is, in which company."""

    role: str
    company: str = "Harbourline Trading"


OWNER = Person("Owner")
ADMIN = Person("Admin")
MANAGER = Person("Manager")
"""The one who is on the team of both companies."""
SUPPORT = Person("Support")
VIEWER = Person("Advertiser")
CUSTOMER = Person("Member")
STRANGER = Person("Stranger", "Of no company")
OTHER_OWNER = Person("Owner", "Stillwater Fitness")


def sign_in(page: Page, person: Person) -> None:
    """Signs in through Whop's own page, from wherever `page` is. Returns on the page that this ends at."""
    if page.get_by_role("link", name="Sign in with Whop").count() or page.url == "about:blank":
        page.goto("/")
        page.get_by_role("link", name="Sign in with Whop").click()
    choose(page, person)
    page.wait_for_url(lambda url: "/oauth/" not in url and "/auth/" not in url)


def choose(page: Page, person: Person) -> None:
    """Presses a person's button on Whop's sign-in page."""
    group = page.get_by_role("region", name=person.company)
    group.get_by_role("button", name=re.compile(rf"\b{person.role}$")).first.click()


def main(page: Page) -> Locator:
    return page.get_by_role("main")


def ready(page: Page) -> Page:
    """Waits until a page shows what it has, and no skeleton."""
    expect(main(page).get_by_role("heading", level=1).first).to_be_visible()
    expect(main(page).get_by_text("Loading", exact=True)).to_have_count(0)
    return page


def sketch(page: Page) -> str:
    """The main landmark as text, a line an element: what it says, where it leads, in which state. Times as they are
    in the data, not as they are worded; drafts being typed and what only this tab has opened left out.
    """
    return str(page.evaluate(_SKETCH))


def card(page: Page, title: str) -> Locator:
    """The box under a heading: a section of a page, a figure of the dashboard."""
    heading = page.get_by_role("heading", name=title, exact=True, level=2)
    return page.locator(".card", has=heading)


def figure(page: Page, label: str) -> str:
    """What a figure of the dashboard says."""
    return card(page, label).locator(".metric__value").inner_text()


def rows(page: Page) -> Locator:
    """The rows of the member list, without its head."""
    return page.get_by_role("table", name="Members").locator("tbody").get_by_role("row")


def ids(page: Page) -> list[str]:
    """The Whop ids of the members on this page of the list, from top to bottom."""
    links = page.locator("table[aria-label=Members] tbody a.person__name")
    return [str(href).rpartition("/")[2] for href in links.evaluate_all("(all) => all.map((a) => a.pathname)")]


def listen(page: Page) -> list[str]:
    """Everything that goes wrong in this tab from now on, as the browser words it."""
    wrong: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in _NOT_OURS):
            wrong.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", said)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return wrong


_SETTLED = """() => Promise.allSettled(
  document.getAnimations().filter((one) => one.effect.getComputedTiming().iterations < 9).map((one) => one.finished)
)"""
"""What fades in or out has done so: half-way, no text has its contrast."""


def barriers(page: Page) -> list[str]:
    """What axe finds serious or critical: rule, and the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.evaluate(_SETTLED)
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((found) => found.violations)")
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


LOOKS = ((1440, False), (768, True), (375, True))
"""Widths, and whether it is dark."""


def demand_fit(page: Page, *looks: tuple[int, bool]) -> None:
    """Asserts at each width and theme that nothing runs over the edge and axe finds nothing serious."""
    page.add_style_tag(content="*, *::before, *::after { animation: none !important; transition: none !important }")
    for width, dark in looks or LOOKS:
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        where = f"{page.url} at {width} px, {'dark' if dark else 'light'}"
        assert overflow(page) <= 0, f"{where}: {overflow(page)} px too wide"
        assert not (found := barriers(page)), f"{where}: {found}"


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
