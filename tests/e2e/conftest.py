"""One app, one Chromium and one build for all tests that look at the screen; a browser window a person."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from xdist.scheduler import LoadScopeScheduling

from tests.support.browser_page import OTHER_OWNER, OWNER, Person, listen, ready, sign_in
from tests.support.crm import Crm, eventually
from tests.support.server import Server, server
from whop_crm.runtime.browser import ARGUMENTS, ensure_browser
from whop_crm.runtime.paths import ROOT
from whop_crm.sandbox.server import Options

WORLD = Options(members=150, pace=0, due=False, rate_limit=None, retry_schedule=(0.2, 0.5, 1.0, *[2.0] * 20))
"""A small Whop where nothing happens but what a test does, and of that the app hears at once, or when it is back."""
PICTURES = ROOT / ".data" / "failures"
ONE_PROCESS_A_SITE = "--process-per-site"
"""The tabs of a browser share a process, which has read our scripts already: a third less to open one."""

IN_ONE_GO = ("test_live_invariant.py", "test_start.py", "test_sandbox_sign_in.py")

expect.set_options(timeout=8000)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The whole app. Tests share it: each changes members of its own."""
    with server(tmp_path_factory.mktemp("app"), WORLD, hasty=True, WHOP_REQUESTS_PER_MINUTE="100000") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path: Path = ensure_browser()
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, ONE_PROCESS_A_SITE])
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser, app: Server) -> Iterator[BrowserContext]:
    """A browser that nobody has signed in with; paths are relative to the app."""
    made = browser.new_context(base_url=app.url, viewport={"width": 1440, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


class OneByOne(LoadScopeScheduling):
    """Hands out test by test, and whole only the modules whose tests go on where the last one stopped."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module.endswith(IN_ONE_GO) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """No worker is idle while the other has a long module left."""
    return OneByOne(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Building and the first sync take their time; a test as such gets two minutes."""
    item.add_marker(pytest.mark.timeout(120, func_only=True))


@dataclass
class FirstSync:
    """What the owner saw of the first sync: each new text of its bar, and each percentage."""

    crm: Crm
    told: list[str] = field(default_factory=list)
    percent: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


_WATCH_SYNC = """
window.seen = [];
new MutationObserver(() => {
  const bar = document.querySelector("main [role=progressbar]");
  const notes = [...document.querySelectorAll(".metric__note")].map((note) => note.innerText);
  if (bar) window.seen.push([bar.parentElement.innerText, Number(bar.ariaValueNow), notes]);
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""


@pytest.fixture(scope="session")
def first_sync(app: Server, browser: Browser) -> FirstSync:
    """The owner signs in for the first time and watches the dashboard until everything has been read."""
    made = browser.new_context(base_url=app.url)
    page = made.new_page()
    page.add_init_script(_WATCH_SYNC)
    sign_in(page, OWNER)
    found = FirstSync(Crm(app))
    eventually(found.crm.synced, 180)
    expect(page.get_by_role("main").get_by_role("progressbar")).to_have_count(0)
    for told, percent, notes in page.evaluate("window.seen"):
        found.told.append(told)
        found.percent.append(percent)
        found.notes += notes
    made.close()
    return found


@pytest.fixture(scope="session")
def crm(first_sync: FirstSync, browser: Browser) -> Crm:
    """The app once it knows both companies."""
    made = browser.new_context(base_url=first_sync.crm.url)
    sign_in(made.new_page(), OTHER_OWNER)
    eventually(first_sync.crm.synced, 180)
    made.close()
    return first_sync.crm


@dataclass
class Team:
    """People at their browsers. Each signs in once a session, through Whop's own page."""

    browser: Browser
    crm: Crm
    states: dict[Person, Any]
    shared: dict[tuple[Person | None, int, bool], BrowserContext]
    """Browsers that are kept for later tests: their cache is warm."""
    contexts: list[BrowserContext] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    heard: list[list[str]] = field(default_factory=list)

    def browser_of(self, person: Person | None, *, width: int = 1440, dark: bool = False) -> BrowserContext:
        """A browser of its own where this person is signed in; None: nobody is."""
        made = self.browser.new_context(
            base_url=self.crm.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            storage_state=self._state(person) if person else None,
        )
        made.set_default_timeout(10_000)
        self.contexts.append(made)
        return made

    def _shared(self, person: Person | None, width: int, dark: bool) -> BrowserContext:
        wanted = (person, width, dark)
        if wanted not in self.shared:
            self.shared[wanted] = self.browser_of(person, width=width, dark=dark)
            self.contexts.remove(self.shared[wanted])
            self.shared[wanted].new_page().goto("/favicon.svg")  # stays open, and the browser's process with it
        return self.shared[wanted]

    def open(self, person: Person | None, address: str, *, width: int = 1440, dark: bool = False) -> Page:
        """A new tab in this person's browser, once it shows what it has."""
        return self.visit(self._shared(person, width, dark), address)

    def visit(self, context: BrowserContext, address: str) -> Page:
        """A new tab in a browser."""
        page = context.new_page()
        self.pages.append(page)
        self.heard.append(listen(page))
        page.goto(address)
        return ready(page)

    @property
    def wrong(self) -> list[str]:
        """What the browsers have complained of."""
        return [said for heard in self.heard for said in heard]

    def _state(self, person: Person) -> Any:
        if person not in self.states:
            made = self.browser.new_context(base_url=self.crm.url)
            sign_in(made.new_page(), person)
            self.states[person] = made.storage_state()
            made.close()
        return self.states[person]


Kept = tuple[dict[Person, Any], dict[tuple[Person | None, int, bool], BrowserContext]]


@pytest.fixture(scope="session")
def _kept() -> Kept:
    """Sign-ins and browsers that several tests use."""
    return {}, {}


@contextmanager
def _team(browser: Browser, crm: Crm, shared: Kept, request: pytest.FixtureRequest) -> Generator[Team]:
    """At its end neither browsers nor server may have anything to complain of."""
    crm.complaints()
    found = Team(browser, crm, *shared)
    yield found
    if request.session.stash.get(_FAILED, "").startswith(request.node.nodeid):
        _photograph(found, request.node.name)
    for opened in (*found.pages, *found.contexts):
        opened.close()
    assert found.wrong == []
    assert crm.complaints() == []


@pytest.fixture
def team(browser: Browser, crm: Crm, _kept: Kept, request: pytest.FixtureRequest) -> Iterator[Team]:
    """People with browsers, for one test."""
    with _team(browser, crm, _kept, request) as found:
        yield found


@pytest.fixture(scope="module")
def team_of_module(browser: Browser, crm: Crm, _kept: Kept, request: pytest.FixtureRequest) -> Iterator[Team]:
    """People whose browsers stay open over the tests of a module."""
    with _team(browser, crm, _kept, request) as found:
        yield found


_FAILED = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.session.stash[_FAILED] = item.nodeid
    return report


def _photograph(team: Team, name: str) -> None:
    """Keeps what the browsers of a failed test showed."""
    others = [page for made in team.contexts for page in made.pages if page not in team.pages]
    for number, page in enumerate([*team.pages, *others]):
        page.screenshot(path=PICTURES / f"{name}-{number}.png")
