"""The first sync of a large company, end to end over HTTP, and what a click costs while it runs."""

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import Figure, Section, p95
from tests.support.browser_page import OWNER, sign_in
from tests.support.crm import Crm
from tests.support.sandbox import QUIET
from tests.support.server import server
from whop_crm.runtime.browser import ARGUMENTS, ensure_browser

PATIENCE = 900.0
_MONEY = ("members", "memberships", "paused_memberships", "payments", "refunds", "disputes")
_PAINTED = """
() => new Promise((done) => {
  const head = [...document.querySelectorAll("main thead button")].find((one) => one.textContent.includes("Joined"));
  const began = performance.now();
  new MutationObserver((_, watch) => {
    watch.disconnect();
    requestAnimationFrame(() => done(performance.now() - began));
  }).observe(document.querySelector("main"), {subtree: true, childList: true, attributes: true, characterData: true});
  head.click();
})
"""


def measure(members: int) -> Section:
    """Reads a company of so many members from a sandbox without a rate limit, members and money first."""
    print(f"Making a company of {members:,} members …", file=sys.stderr)
    options = replace(QUIET, members=members, rate_limit=None)
    with (
        tempfile.TemporaryDirectory(prefix="sync-") as folder,
        server(Path(folder), options, WHOP_REQUESTS_PER_MINUTE="1000000") as running,
        sync_playwright() as playwright,
    ):
        crm = Crm(running)
        browser = playwright.chromium.launch(executable_path=ensure_browser(), args=ARGUMENTS)
        page = browser.new_page(base_url=crm.url)
        sign_in(page, OWNER)
        page.goto(crm.members())
        clicks = _click_until_read(crm, page)
        seconds, rows = _so_far(crm)
        browser.close()
    words = (
        f"{members:,} members with their memberships, payments, refunds and disputes, from a sandbox on the same "
        "machine with the rate limit lifted on both sides (Whop's own allows 1,000 rows a second of each list). The "
        "clicks sort the member list in a Chromium meanwhile, from the click until it is painted."
    )
    figures = [
        Figure("Rows read and written, end to end", rows / seconds, "/s", at_least=2000),
        Figure("Rows in all", rows, "rows"),
        Figure("Click → painted meanwhile, p95", p95(clicks), "ms", at_most=100),
    ]
    return Section("sync", "First sync", words, figures=figures)


def _click_until_read(crm: Crm, page: Page) -> list[float]:
    """Milliseconds of a click each half second, until members and money have been read."""
    page.locator("main thead button").first.wait_for()
    took: list[float] = []
    deadline = time.monotonic() + PATIENCE
    while not _is_read(crm):
        assert time.monotonic() < deadline, "the sync did not end in time"
        took.append(float(page.evaluate(_PAINTED)))
        page.wait_for_timeout(500)
    return took


def _is_read(crm: Crm) -> bool:
    return not crm.rows(
        "SELECT 1 FROM sync_steps s JOIN companies c ON c.id = s.company_id"
        " WHERE c.whop_id = %s AND NOT s.done AND s.resource = ANY (%s)",
        crm.company,
        list(_MONEY),
    )


def _so_far(crm: Crm) -> tuple[float, int]:
    """Seconds since the run began, and the rows it has written."""
    seconds, rows = crm.rows(
        "SELECT extract(epoch FROM now() - min(r.started_at))::float8, sum(s.rows)::bigint FROM sync_runs r"
        " JOIN sync_steps s ON s.run_id = r.id AND s.company_id = r.company_id"
        " JOIN companies c ON c.id = r.company_id WHERE c.whop_id = %s",
        crm.company,
    )[0]
    return float(seconds), int(rows)
