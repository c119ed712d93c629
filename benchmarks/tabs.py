"""Many tabs at once: how soon a change is in a second Chromium among 200, and what a thousand cost one process."""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.live import change, commits
from benchmarks.measure import Figure, Section, p95
from tests.support.browser_page import OWNER, SUPPORT, sign_in
from tests.support.crm import Crm, eventually
from tests.support.sandbox import QUIET
from tests.support.server import Server, server
from whop_crm.runtime.browser import ARGUMENTS, ensure_browser

CHANGES = 41
MANY = 1_000
CLICKS = 120


class Crowd:
    """The process that holds the tabs; see `rawtabs`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.rawtabs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what: str, **wish: Any) -> dict[str, Any]:
        assert self._process.stdin is not None, "it is a pipe"
        assert self._process.stdout is not None, "it is a pipe"
        self._process.stdin.write(json.dumps({"do": what, **wish}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process with the tabs has ended"
        return json.loads(answer)

    def end(self) -> None:
        assert self._process.stdin, "it is a pipe"
        self._process.stdin.close()
        self._process.wait(60)


@contextmanager
def crowd() -> Iterator[Crowd]:
    made = Crowd()
    try:
        yield made
    finally:
        made.end()


def measure(minutes: float) -> Section:
    """`minutes`: how long the thousand tabs are watched while webhooks come in."""
    options = replace(QUIET, members=2_000, deliver=True, rate_limit=None)
    with (
        tempfile.TemporaryDirectory(prefix="tabs-") as folder,
        server(Path(folder), options) as running,
        sync_playwright() as playwright,
    ):
        crm = Crm(running)
        launch = playwright.chromium.launch
        first, second = (launch(executable_path=ensure_browser(), args=ARGUMENTS) for _ in range(2))
        mine, theirs = first.new_page(base_url=crm.url), second.new_page(base_url=crm.url)
        sign_in(mine, OWNER)
        eventually(crm.synced, 240)
        sign_in(theirs, SUPPORT)
        cookie = _cookie(mine)
        figures: list[Figure] = []
        member = crm.member("m.status = 'active'")
        for showing, bar in ((20, 300), (200, 600)):
            with crowd() as tabs, commits(crm) as seen:
                _open(tabs, crm, crm.profile(member), cookie, showing, 0)
                if showing < 200:
                    other = crm.member("m.status = 'canceled'")
                    _open(tabs, crm, crm.profile(other), cookie, 200 - showing, showing)
                took = [shown - at for _, at, shown in change(crm, mine, theirs, seen, CHANGES, member)]
            name = f"Commit → second Chromium, 200 tabs of which {showing} show it, p95"
            figures.append(Figure(name, p95(took), "ms", at_most=bar))
        first.close()
        second.close()
        with crowd() as tabs:
            figures += _thousand(tabs, crm, running, cookie, minutes)
    words = (
        "Tabs without a browser (open websockets that load a page as a browser does), in a process of their own beside "
        f"the app on the same machine. The thousand stay for {minutes:g} minutes while 5 webhooks a second come in; "
        "the clicks sort the member list anew."
    )
    return Section("tabs", "Many tabs", words, figures=figures)


def _cookie(page: Any) -> str:
    found = next(one for one in page.context.cookies() if one["name"].endswith("whop_crm"))
    return f"{found['name']}={found['value']}"


def _open(tabs: Crowd, crm: Crm, address: str, cookie: str, count: int, start: int) -> dict[str, Any]:
    path = address.removeprefix(crm.url)
    return tabs.ask("open", url=crm.url, path=path, cookie=cookie, count=count, start=start)


def _thousand(tabs: Crowd, crm: Crm, running: Server, cookie: str, minutes: float) -> list[Figure]:
    before = _memory(running)
    opened = _open(tabs, crm, crm.members(), cookie, MANY, 0)
    per_tab = (_memory(running) - before) / MANY
    with _life(crm, minutes * 60):
        clicks = tabs.ask("click", rounds=max(CLICKS, int(minutes * 60)), every=1.0 if minutes >= 2 else 0.25)
    still = tabs.ask("count")
    return [
        Figure("Tabs opened", MANY / opened["seconds"], "/s"),
        Figure("Memory a tab", per_tab / 1024, "KiB"),
        Figure("Click → answer among 1,000 tabs, median", statistics.median(clicks["ms"]), "ms"),
        Figure("Click → answer among 1,000 tabs, p95", p95(clicks["ms"]), "ms", at_most=100),
        Figure("Tabs still connected at the end", still["open"], f"of {MANY:,}", at_least=MANY),
        Figure("Frames a tab was sent", still["frames"] / MANY, ""),
    ]


@contextmanager
def _life(crm: Crm, seconds: float) -> Iterator[None]:
    """Things happen at Whop, about five webhooks a second, until `seconds` are over."""
    stop = threading.Event()
    rng = random.Random(3)

    def live() -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not stop.is_set():
            crm.act(rng.choice(("chat", "chat", "chat", "lesson", "join")))
            stop.wait(0.3)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
        thread.join(seconds)
    finally:
        stop.set()
        thread.join()


def _memory(running: Server) -> float:
    """Resident bytes of the app's processes."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace")
            if f"--port\0{running.port}\0" in words:
                total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ProcessLookupError):
            continue
    return total
