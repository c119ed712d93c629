"""A Chromium for the tests and the pictures: found, or else brought here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from whop_crm.errors import NotConfigured
from whop_crm.runtime.say import say
from whop_crm.runtime.words import CannotStart

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PACKAGES = ("chromium-headless-shell", "chromium")
"""The first is the same engine without a window's compositor: tests take three quarters of the time."""
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_browser() -> Path | None:
    """CHROMIUM_PATH, else an installed Chromium or Chrome, else Playwright's own; None when there is none.
    Raises CannotStart when CHROMIUM_PATH names no program.
    """
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if not os.access(named, os.X_OK):
            raise CannotStart(f"CHROMIUM_PATH is {named}, which is no program. Correct it, or unset it.")
        return Path(named)
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return _playwrights_own()


def ensure_browser() -> Path:
    """A browser, fetched if need be, saying what it does. Raises CannotStart when there is no way."""
    found = find_browser()
    if found:
        return found
    for words, commands in _ways():
        say(words)
        if all(_succeeds(command) for command in commands):
            found = find_browser()
            if found:
                return found
    raise CannotStart("No Chromium could be found or fetched. Install one, or set CHROMIUM_PATH to it.")


def _ways() -> list[tuple[str, list[list[str]]]]:
    playwright = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    ways = [("No Chromium is installed: fetching Playwright's with `playwright install chromium` …", [playwright])]
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        for package in _PACKAGES:
            commands = [[apt, "update", "-q"], [apt, "install", "-q", "-y", "--no-install-recommends", package]]
            ways.append((f"That did not work: installing Debian's with `apt-get install {package}` …", commands))
    return ways


def _playwrights_own() -> Path | None:
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    shells = sorted(folder.glob("chromium_headless_shell-*/chrome-*/*headless*shell"))
    whole = sorted(folder.glob("chromium-*/chrome-linux*/chrome"))
    return next(iter([*shells[-1:], *whole[-1:]]), None)


def _succeeds(command: list[str]) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, check=False).returncode == 0  # noqa: S603 - our own commands


def main() -> int:
    try:
        say(f"The browser is {ensure_browser()}.")
    except NotConfigured as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
