"""`whop-crm doctor`: what is configured, reachable and missing, in words."""

import http.client
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from whop_crm.config import Settings, settings
from whop_crm.errors import NotConfigured
from whop_crm.runtime.browser import find_browser
from whop_crm.runtime.environment import key_fault, missing_at_whop, public_origin
from whop_crm.runtime.frontend import fingerprint, is_current
from whop_crm.runtime.generated import FILE, generated_secrets
from whop_crm.runtime.migrate import pending_migrations
from whop_crm.runtime.paths import ROOT, data_folder
from whop_crm.runtime.ports import demand_free
from whop_crm.runtime.postgres import DEMO_DATABASE, app_url_of_running, cluster_path
from whop_crm.runtime.redis_check import demand_redis
from whop_crm.runtime.role_check import role_faults
from whop_crm.runtime.words import CannotStart

_LOW = 500_000_000


class Verdict(StrEnum):
    FINE = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One line of the report. A fault keeps the app from starting, or from doing what it is for."""

    verdict: Verdict
    words: str

    def __str__(self) -> str:
        return f"{self.verdict.value:<6}{self.words}"


def findings() -> Iterator[Finding]:
    """Everything the doctor has to say, in the order a start would need it."""
    try:
        found = settings()
    except NotConfigured as error:
        yield Finding(Verdict.FAULT, str(error))
        return
    yield Finding(Verdict.FINE, f"The settings are readable; the app is meant to be at {public_origin(found)}.")
    yield from _address(found)
    yield from _folder(found)
    yield _port(found)
    yield from _demo(found)
    yield from _database(found)
    yield from _redis(found)
    yield _key(found)
    yield from _whop(found)
    yield _frame(found)
    yield _frontend()
    yield _browser()


def _folder(found: Settings) -> Iterator[Finding]:
    try:
        folder = data_folder(found.data_dir)
        if (folder / FILE).exists():
            generated_secrets(folder)
    except CannotStart as error:
        yield Finding(Verdict.FAULT, str(error))
        return
    free = shutil.disk_usage(folder).free
    verdict = Verdict.FINE if free > _LOW else Verdict.FAULT
    yield Finding(verdict, f"The data folder {folder} can be written, with {free / 1e9:.1f} GB free.")


def _port(found: Settings) -> Finding:
    try:
        demand_free(found.host, found.port, "PORT")
    except CannotStart as error:
        return Finding(Verdict.NOTE, f"{error} That is right if this app is what runs there.")
    return Finding(Verdict.FINE, f"Port {found.port} on {found.host} is free.")


def _demo(found: Settings) -> Iterator[Finding]:
    with suppress(CannotStart):
        if app_url_of_running(found.data_dir, DEMO_DATABASE):
            words = 'A demo runs. Its settings are its own: eval "$(whop-crm demo --env)" shows them to other commands.'
            yield Finding(Verdict.NOTE, words)


def _database(found: Settings) -> Iterator[Finding]:
    url = found.database_url
    if url is None:
        with suppress(CannotStart):
            url = app_url_of_running(found.data_dir)
        if url is None:
            state = "made already" if cluster_path(ROOT / found.data_dir).exists() else "not made yet"
            yield Finding(
                Verdict.FINE, f"DATABASE_URL is not set: the embedded database ({state}) starts with the app."
            )
            return
        yield Finding(Verdict.FINE, "DATABASE_URL is not set: the embedded database is in use, and runs.")
    yield from _reached(url)


def _address(found: Settings) -> Iterator[Finding]:
    parts = urlsplit(public_origin(found))
    if parts.hostname in ("localhost", "127.0.0.1") and (parts.port or 80) != found.port:
        yield Finding(
            Verdict.FAULT,
            f"APP_URL says {found.origin}, but the app listens on port {found.port}: pages would not come to life. "
            "Make the two agree.",
        )


def _reached(url: str) -> Iterator[Finding]:
    try:
        faults = role_faults(url)
        pending = pending_migrations(url)
    except NotConfigured as error:
        yield Finding(Verdict.FAULT, str(error))
        return
    yield Finding(Verdict.FINE, "The database answers.")
    for fault in faults:
        yield Finding(Verdict.FAULT, f"The app would not start with the role in DATABASE_URL: {fault}.")
    if pending:
        yield Finding(Verdict.FAULT, f"{len(pending)} migrations are missing. Run `whop-crm migrate`.")
    else:
        yield Finding(Verdict.FINE, "Its tables are up to date.")


def _redis(found: Settings) -> Iterator[Finding]:
    if found.redis_url is None:
        return
    try:
        demand_redis(found.redis_url)
    except CannotStart as error:
        yield Finding(Verdict.FAULT, str(error))
        return
    yield Finding(Verdict.FINE, "Redis answers.")


def _key(found: Settings) -> Finding:
    fault = key_fault(found.secret_key.get_secret_value() if found.secret_key else None)
    if fault:
        return Finding(Verdict.FAULT, f"{fault}: put the line that `whop-crm secret-key` prints into .env.")
    return Finding(Verdict.FINE, "SECRET_KEY is set.")


def _whop(found: Settings) -> Iterator[Finding]:
    for name, lack in missing_at_whop(found).items():
        yield Finding(Verdict.FAULT, f"{name} is not set: {lack}.")
    parts = urlsplit(found.whop_origin)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
        yield Finding(Verdict.FINE, f"Whop answers at {found.whop_origin}.")
    except (OSError, http.client.HTTPException) as error:
        yield Finding(Verdict.FAULT, f"Whop cannot be reached at {found.whop_origin}: {error}.")
    finally:
        connection.close()


def _frame(found: Settings) -> Finding:
    if found.whop_app_origin is not None:
        return Finding(Verdict.FINE, f"Inside Whop the app is expected at {found.origins[-1]}.")
    words = (
        "WHOP_APP_ORIGIN is not set, so the app's pages do not come to life inside Whop: its frame shows them at an "
        "address of its own, https://….apps.whop.com, and only websockets of known addresses are let in. Set it once "
        "the app is to be opened from Whop's dashboard."
    )
    return Finding(Verdict.NOTE, words)


def _frontend() -> Finding:
    if is_current(fingerprint()):
        return Finding(Verdict.FINE, "The front end is built and current.")
    return Finding(Verdict.NOTE, "The front end is not built from the present sources; the next start does that.")


def _browser() -> Finding:
    try:
        browser: Path | None = find_browser()
    except CannotStart as error:
        return Finding(Verdict.NOTE, str(error))
    if browser:
        return Finding(Verdict.FINE, f"A browser for the tests is at {browser}.")
    how = "Debian's package or Playwright's" if os.geteuid() == 0 else "Playwright's"
    return Finding(Verdict.NOTE, f"There is no browser for the tests yet; `make test` fetches one ({how}).")
