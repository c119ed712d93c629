"""Questions as they are asked of a running app: the builder until it is painted, and the REST API page by page."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psycopg
from playwright.sync_api import Page, sync_playwright

from benchmarks import world
from benchmarks.measure import Figure, Row, Section, p95
from tests.support import database
from tests.support.browser_page import ready
from tests.support.server import Server, server
from whop_crm.runtime.browser import ARGUMENTS, ensure_browser

COUNT_P95, REST_P95, DEPTH = 150.0, 300.0, 10.0
PAGE, MEASURED = 50, 40
_WATCH = """
() => {
  const now = () => performance.timeOrigin + performance.now();
  window.told = [];
  window.painted = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (String(data).includes("set_value")) window.told.push(now());
    return send.call(this, data);
  };
  const note = (kind, text) => requestAnimationFrame(() => window.painted.push([kind, text, now()]));
  let count = "", money = "";
  new MutationObserver(() => {
    const status = document.querySelector("main [role=status][aria-busy]");
    const found = document.querySelector(".builder__findings");
    if (status.ariaBusy === "false" && status.innerText !== count) note("count", (count = status.innerText));
    if (found.innerText !== money) note("rest", (money = found.innerText));
  }).observe(document.querySelector("main"), {subtree: true, childList: true, characterData: true, attributes: true});
}
"""


def measure(rounds: int) -> Section:
    """Starts an app over the members of `world`. Not inside an event loop."""
    with tempfile.TemporaryDirectory(prefix="asking-") as folder, _app(Path(folder)) as running:
        print(f"Writing {world.MEMBERS:,} members …", file=sys.stderr)
        with psycopg.connect(database.admin_of(running.database), autocommit=True) as connection:
            world.build(connection, world.Size())
        cookie, key = asyncio.run(_let_in(running))
        rows = _builder(running, cookie, max(rounds, 20))
        first, last = _walk(running, key)
    depth = statistics.median(last) - statistics.median(first)
    rows += [_row("API, a page of 50 at the beginning", first), _row("API, a page of 50 at the end", last)]
    words = (
        "50,000 members of one company among 200,000. The builder: from the moment the browser sends what was typed "
        "to the frame that shows the number, in Chromium on the same machine; three conditions, the third being typed. "
        "The API: every page of `GET /api/v1/members` in a row; the first and last "
        f"{MEASURED} of {world.MEMBERS // 4 // PAGE:,} pages."
    )
    added = Figure("API, what depth adds to a page", depth, "ms", at_most=DEPTH)
    return Section("asking", "Asking", words, rows, [added])


def _app(folder: Path):
    return server(folder, API_REQUESTS_PER_MINUTE="1000000")


def _row(name: str, times: list[float], bar: float | None = None) -> Row:
    return Row(name, statistics.median(times), p95(times), None, bar)


async def _let_in(running: Server) -> tuple[str, str]:
    """A session's cookie and an API key for the largest company."""
    os.environ.update(running.environment)
    from tests.support import factories
    from whop_crm.config import settings
    from whop_crm.db import dispose, platform_session
    from whop_crm.models import Company
    from whop_crm.services.companies import company_ref

    settings.cache_clear()
    try:
        async with platform_session() as db:
            company = company_ref(await db.get_one(Company, world.LARGEST))
        return await factories.sign_in(company), await factories.api_key(company)
    finally:
        await dispose()


def _builder(running: Server, cookie: str, rounds: int) -> list[Row]:
    from whop_crm.services.companies import cookie_name

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_browser(), args=ARGUMENTS)
        context = browser.new_context(base_url=running.url)
        context.add_cookies([{"name": cookie_name(), "value": cookie, "url": running.url}])
        page = context.new_page()
        page.goto(f"/dashboard/biz_bench{world.LARGEST:04}/segments/new/edit")
        _three_conditions(ready(page))
        counts, rests = _typed(page, rounds)
        browser.close()
    return [
        _row("Builder, typed → the count painted", counts, COUNT_P95),
        _row("Builder, typed → costs, rows and money painted", rests, REST_P95),
    ]


def _three_conditions(page: Page) -> None:
    page.get_by_role("combobox", name="Condition 1, field").select_option("joined")
    page.get_by_role("button", name="Add condition").click()
    page.get_by_role("combobox", name="Condition 2, field").select_option("last_active")
    page.get_by_role("button", name="Add condition").click()
    page.get_by_role("combobox", name="Condition 3, field").select_option("net_revenue")


def _typed(page: Page, rounds: int) -> tuple[list[float], list[float]]:
    """Types another amount each time; milliseconds to the count, and to all that follows from it."""
    value = page.get_by_role("textbox", name="Condition 3, value")
    value.fill("1")
    page.wait_for_timeout(3_000)
    page.evaluate(_WATCH)
    counts: list[float] = []
    rests: list[float] = []
    for number in range(rounds + 2):
        page.evaluate("() => { window.told = []; window.painted = [] }")
        value.fill(str(10 + number * 37))
        page.wait_for_function("['count', 'rest'].every((kind) => window.painted.some((one) => one[0] === kind))")
        page.wait_for_timeout(600)
        told, painted = page.evaluate("[window.told, window.painted]")
        if number > 1:
            counts.append(max(at for kind, _, at in painted if kind == "count") - told[-1])
            rests.append(max(at for kind, _, at in painted if kind == "rest") - told[-1])
    return counts, rests


def _walk(running: Server, key: str) -> tuple[list[float], list[float]]:
    """Milliseconds of the first and of the last pages of all members."""
    times: list[float] = []
    after: str | None = None
    with httpx.Client(base_url=running.url, headers={"authorization": f"Bearer {key}"}, timeout=30) as http:
        while True:
            began = time.perf_counter()
            answer = http.get("/api/v1/members", params={"first": PAGE, **({"after": after} if after else {})})
            times.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            after = answer.json()["page_info"]["end_cursor"]
            if not answer.json()["page_info"]["has_next_page"]:
                return times[:MEASURED], times[-MEASURED - 1 : -1]
