"""How long a newcomer waits: from a clean clone with empty caches to a usable page, a second start, the suites."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.measure import Figure, Section
from whop_crm.runtime.paths import ROOT
from whop_crm.runtime.ports import free_port

PATIENCE = 300.0
_HOME_CACHES = ("XDG_CACHE_HOME", "UV_CACHE_DIR", "PIP_CACHE_DIR", "BUN_INSTALL", "BUN_INSTALL_CACHE_DIR")
_SUITES = (("make check", "check", 60.0), ("make test", "test", 480.0))


def measure(*, suites: bool) -> Section:
    """What is committed, cloned into a folder of its own. `suites` also times `make check` and `make test` there."""
    with tempfile.TemporaryDirectory(prefix="starts-") as folder:
        clone, home = Path(folder, "clone"), Path(folder, "home")
        home.mkdir()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        environment = _clean(home)
        cold = _demo(clone, environment)
        second = _demo(clone, environment)
        figures = [
            Figure("Cold start: clean clone, empty caches, to a usable page", cold, "s", at_most=120),
            Figure("Second start", second, "s", at_most=10),
        ]
        figures += [_suite(clone, *each) for each in _SUITES] if suites else []
        shutil.rmtree(clone, ignore_errors=True)
    words = "`make demo` until its page answers, and the suites once the environment is there."
    return Section("starts", "Starting", words, figures=figures)


def _clean(home: Path) -> dict[str, str]:
    """The environment without anybody's caches; ports that nobody uses."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in _HOME_CACHES and name != "VIRTUAL_ENV"}
    ports = {"PORT": str(port), "APP_URL": f"http://localhost:{port}", "SANDBOX_PORT": str(free_port()),
             "SANDBOX_FRAME_PORT": str(free_port())}  # fmt: skip
    return {**kept, **ports, "HOME": str(home)}


def _demo(clone: Path, environment: dict[str, str]) -> float:
    """Seconds until the page answers."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "demo"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None, "it is a pipe"
    try:
        for line in process.stdout:
            print(f"  {line}", end="", file=sys.stderr)
            found = re.search(r"http://localhost:\d+", line)
            if found:
                with urllib.request.urlopen(found[0], timeout=PATIENCE) as page:
                    page.read()
                return time.monotonic() - began
        raise RuntimeError("make demo ended without an address")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def _suite(clone: Path, name: str, target: str, bar: float) -> Figure:
    subprocess.run(["make", "dev"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
    began = time.monotonic()
    subprocess.run(["make", target], cwd=clone, check=True, stdout=sys.stderr)
    return Figure(name, time.monotonic() - began, "s", at_most=bar)
