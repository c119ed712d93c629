"""The front end: built when its sources have changed, and only then."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from whop_crm.runtime.paths import ROOT, checkout
from whop_crm.runtime.processes import Child, running, spawn
from whop_crm.runtime.say import say
from whop_crm.runtime.words import CannotStart, in_words

WEB = ROOT / ".web"
STAMP, STARTED = WEB / ".fingerprint", WEB / ".started"
BUILT = WEB / "build" / "client" / "index.html"
LOCK = ROOT / "reflex.lock"
_SOURCES = ("assets", "rxconfig.py", "requirements.lock", "whop_crm")
_NOT_SHOWN = ("sandbox", "runtime", "api", "jobs", "clients", "cli.py", "log.py", "db.py")
_NO_SPACE = ("ENOSPC", "No space left on device")


@dataclass
class Build:
    """A build that may still run. Nothing runs when the front end was up to date."""

    child: Child | None
    fingerprint: str
    log: Path

    def wait(self) -> None:
        """Returns when the front end stands. Raises CannotStart."""
        if self.child is None:
            return
        code = self.child.process.wait()
        if code or not BUILT.is_file():
            raise _failed(self.log)
        with in_words("keeping the front end", WEB):
            _tidy_lock()
            STAMP.write_text(_stamp(self.fingerprint), encoding="utf-8")
            STARTED.unlink(missing_ok=True)


@contextmanager
def frontend_build(folder: Path) -> Generator[Build]:
    """Starts a build if one is needed; `wait()` for it inside the block. Its words go to `folder`/frontend.log.

    Two builds of one checkout wait for each other.
    """
    checkout()
    log = folder / "frontend.log"
    with in_words("building the front end", WEB), (ROOT / "rxconfig.py").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint()
        if is_current(wanted):
            fcntl.flock(lock, fcntl.LOCK_UN)
            yield Build(None, wanted, log)
            return
        _prepare(log)
        command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
        say("Building the front end, which takes a quarter of a minute or so …")
        child = spawn("The build of the front end", command, environment=_environment(), log=log, folder=ROOT)
        with running(child):
            yield Build(child, wanted, log)


def is_current(wanted: str) -> bool:
    return BUILT.is_file() and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _stamp(wanted)


def fingerprint() -> str:
    """One hash over every source of the front end."""
    return _hash(_source_files(), platform.python_version())


def _stamp(sources: str) -> str:
    """What a finished build is known by. The lock stands apart from the sources: a build may renew it."""
    return f"{sources} {_hash(sorted(LOCK.glob('*')))}"


def _tidy_lock() -> None:
    """Reflex writes package.json in one line or in many, as it comes; we keep one form, so that git sees no change."""
    package = LOCK / "package.json"
    if package.is_file():
        content = json.loads(package.read_text(encoding="utf-8"))
        package.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _hash(paths: Iterable[Path], beginning: str = "") -> str:
    digest = hashlib.sha256(beginning.encode())
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    hidden = {ROOT / "whop_crm" / name for name in _NOT_SHOWN}
    generated = ROOT / "assets" / "external"
    for source in _SOURCES:
        path = ROOT / source
        for found in sorted(path.rglob("*")) if path.is_dir() else [path]:
            of_interest = found.suffix == ".py" or source != "whop_crm"
            if of_interest and found.is_file() and not ({found, *found.parents} & (hidden | {generated})):
                yield found


def _prepare(log: Path) -> None:
    """A build that was cut short may have left half of its packages: the next one begins anew."""
    log.unlink(missing_ok=True)
    if STARTED.exists():
        shutil.rmtree(WEB, ignore_errors=True)
    WEB.mkdir(exist_ok=True)
    STAMP.unlink(missing_ok=True)
    STARTED.touch()


def _environment() -> dict[str, str]:
    environment = os.environ | {
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "PYTHONUNBUFFERED": "1",
    }
    registry = environment.get("NPM_CONFIG_REGISTRY") or _npm_registry()
    return environment | ({"NPM_CONFIG_REGISTRY": registry} if registry else {})


def _npm_registry() -> str | None:
    """The registry that npm is set to, where there is an npm: bun knows nothing of npm's own settings."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    asked = subprocess.run(  # noqa: S603 - found on PATH, with fixed arguments
        [npm, "config", "get", "registry"], capture_output=True, text=True, check=False
    )
    said = asked.stdout.strip()
    return said if said.startswith("http") else None


def _failed(log: Path) -> CannotStart:
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    if any(words in said for words in _NO_SPACE):
        return CannotStart(f"The disk is full, so the front end could not be built. Free some space at {ROOT}.")
    if "ConnectionRefused" in said or "FailedToOpenSocket" in said or "ENOTFOUND" in said:
        return CannotStart(
            "The front end could not be built: its JavaScript packages could not be fetched. "
            "Check the network, or set NPM_CONFIG_REGISTRY to a registry within reach."
        )
    STARTED.unlink(missing_ok=True)  # the packages are whole, it is the sources that do not build
    return CannotStart(f"The front end could not be built; what happened is in {log}. Then start again.")
