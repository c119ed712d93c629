"""From a commit to the eye: how soon a tag put on in one Chromium is on the page that is open in another."""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.measure import Row, Section, p95
from tests.support import database
from tests.support.browser_page import OWNER, SUPPORT, main, ready, sign_in
from tests.support.crm import Crm, eventually
from tests.support.sandbox import QUIET
from tests.support.server import server
from whop_crm.runtime.browser import ARGUMENTS, ensure_browser

VISIBLE_P95 = 300.0
LEAST = 41
_TAG = "Measured"
_WATCH = """
(name) => {
  window.changes = [];
  const there = () => [...document.querySelectorAll("main .tag__label")].some((tag) => tag.textContent === name);
  let was = there();
  new MutationObserver(() => {
    const is = there();
    if (is === was) return;
    was = is;
    requestAnimationFrame(() => window.changes.push(performance.timeOrigin + performance.now()));
  }).observe(document.querySelector("main"), {subtree: true, childList: true, characterData: true});
}
"""


def measure(rounds: int) -> Section:
    """Starts an app of its own and two browsers; `rounds` tag changes, at least 40. Not inside an event loop."""
    with (
        tempfile.TemporaryDirectory(prefix="live-") as folder,
        server(Path(folder), replace(QUIET, deliver=True, rate_limit=None)) as running,
        sync_playwright() as playwright,
    ):
        crm = Crm(running)
        launch = playwright.chromium.launch
        first, second = (launch(executable_path=ensure_browser(), args=ARGUMENTS) for _ in range(2))
        mine, theirs = first.new_page(base_url=crm.url), second.new_page(base_url=crm.url)
        sign_in(mine, OWNER)
        eventually(crm.synced, 120)
        sign_in(theirs, SUPPORT)
        with commits(crm) as seen:
            member = crm.member("m.status = 'active'")
            rows = _rows(change(crm, mine, theirs, seen, max(rounds, LEAST), member))
        first.close()
        second.close()
    words = (
        "A tag put on and taken off in one Chromium, until another Chromium on the same machine has drawn it. The "
        "commit is when PostgreSQL tells its listeners; the click is in the first browser."
    )
    return Section("live", "Live", words, rows)


def _rows(seen: list[tuple[float, float, float]]) -> list[Row]:
    from_commit = [shown - committed for _, committed, shown in seen]
    from_click = [shown - clicked for clicked, _, shown in seen]
    return [
        Row(
            "Commit → visible in a second Chromium", statistics.median(from_commit), p95(from_commit), None, VISIBLE_P95
        ),
        Row("Click → visible in a second Chromium", statistics.median(from_click), p95(from_click)),
    ]


def change(
    crm: Crm, mine: Page, theirs: Page, committed: list[float], rounds: int, member: str
) -> list[tuple[float, float, float]]:
    """Takes a tag off a member and puts it on, in turn: click, commit and sight of each, in milliseconds since 1970.

    An odd number of rounds leaves the member without it.
    """
    address = crm.profile(member)
    for page in (mine, theirs):
        page.goto(address)
        ready(page)
    mine.evaluate(
        "addEventListener('click', () => { window.clicked = performance.timeOrigin + performance.now() }, true)"
    )
    mine.get_by_role("button", name="Add tag").click()
    mine.get_by_role("combobox", name="Tags").fill(_TAG)
    mine.get_by_role("option", name=_TAG).or_(mine.get_by_role("option", name=f"Create “{_TAG}”")).first.click()
    pill = main(theirs).locator(".tag__label", has_text=_TAG)
    expect(pill).to_be_visible()
    theirs.evaluate(_WATCH, _TAG)
    option = mine.get_by_role("option", name=_TAG)
    seen: list[tuple[float, float, float]] = []
    for number in range(rounds):
        committed.clear()
        option.click()
        expect(pill).to_have_count(number % 2)
        theirs.wait_for_function("(n) => window.changes.length > n", arg=number)
        seen.append((mine.evaluate("window.clicked"), committed[0], theirs.evaluate("window.changes")[number]))
        mine.wait_for_timeout(300)
    return seen


@contextmanager
def commits(crm: Crm) -> Iterator[list[float]]:
    """When PostgreSQL tells of changed tags, in milliseconds since 1970; filled while the block lasts."""
    heard: list[float] = []
    stop = threading.Event()
    with psycopg.connect(database.admin_of(crm.server.database), autocommit=True) as connection:
        connection.execute("LISTEN whop_crm")

        def listen() -> None:
            while not stop.is_set():
                notices = connection.notifies(timeout=0.2)
                heard.extend(time.time() * 1000 for notice in notices if "member_tags" in notice.payload)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield heard
        finally:
            stop.set()
            thread.join()
