"""Starting the app: words for what goes wrong, ports, secrets, processes, migrations, the front end's fingerprint."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from whop_crm.runtime import browser, frontend, generated, migrate, ports, processes, words
from whop_crm.runtime.environment import key_fault
from whop_crm.runtime.paths import data_folder
from whop_crm.runtime.words import CannotStart

PYTHON = sys.executable


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.ENOTDIR, "is in the way"),
        (errno.ENOENT, "is missing"),
        (errno.EIO, "input/output error"),
    ],
)
def test_an_error_of_the_system_is_a_sentence(number: int, expected: str) -> None:
    said = words.sentence(OSError(number, os.strerror(number)), "keeping things", Path("/data"))
    assert expected in said
    assert "/data" in said
    assert said.endswith(".")


def test_a_taken_port_is_said_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} is taken.*SOME_PORT={port + 1}"):
            ports.demand_free("127.0.0.1", port, "SOME_PORT")
    ports.demand_free("127.0.0.1", ports.free_port(), "PORT")


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_that_is_not_ours_is_said(host: str) -> None:
    with pytest.raises(CannotStart, match="Set HOST"):
        ports.demand_free(host, 3000, "PORT")


def test_generated_secrets_are_private_and_stay(tmp_path: Path) -> None:
    first = generated.generated_secrets(tmp_path)
    assert (tmp_path / generated.FILE).stat().st_mode & 0o777 == 0o600
    assert generated.generated_secrets(tmp_path) == first
    assert key_fault(first.secret_key) is None
    assert len({first.postgres_password, first.owner_password, first.app_password}) == 3


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"secret_key": "x"})])
def test_broken_secrets_are_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / generated.FILE).write_text(text)
    with pytest.raises(CannotStart, match="cannot be read as the secrets"):
        generated.generated_secrets(tmp_path)


def test_a_full_disk_leaves_no_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotStart, match="The disk is full"):
        generated.generated_secrets(tmp_path)
    assert not (tmp_path / generated.FILE).exists()


def test_a_file_in_place_of_the_data_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(CannotStart, match="is in the way"):
        data_folder(tmp_path / "data")


def test_a_new_data_folder_is_private(tmp_path: Path) -> None:
    assert data_folder(tmp_path / "a" / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("key", "fault"), [(None, "not set"), ("!", "not base64"), ("c2hvcnQ=", "5 bytes long instead of 32")]
)
def test_a_bad_key_is_said(key: str | None, fault: str) -> None:
    assert fault in (key_fault(key) or "")


def test_a_key_may_be_rotated() -> None:
    assert key_fault(f"{generated.new_key()},{generated.new_key()}") is None


def test_a_child_and_its_children_end_with_stop(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    child = processes.spawn("The sleeper", [PYTHON, "-c", code], log=log)
    assert eventually(lambda: log.read_text().strip().isdigit())
    grandchild = int(log.read_text())
    child.stop()
    assert child.ended()
    assert eventually(lambda: not alive(grandchild))


def test_a_child_that_does_not_listen_is_killed() -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(60)"
    child = processes.spawn("The deaf", [PYTHON, "-c", code])
    child.patience = 0.2
    child.stop()
    assert child.ended()


def test_a_child_does_not_outlive_us(tmp_path: Path) -> None:
    code = (
        "import sys, time; from whop_crm.runtime.processes import spawn;"
        "print(spawn('x', ['sleep', '60']).process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([PYTHON, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent, parent.stdout:
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    assert eventually(lambda: not alive(child))


def test_a_child_that_ends_is_named() -> None:
    child = processes.spawn("The hasty", [PYTHON, "-c", "raise SystemExit(3)"])
    with pytest.raises(CannotStart, match="The hasty has ended with exit code 3"):
        processes.watch([child])


def test_a_program_that_is_missing_is_a_sentence() -> None:
    with pytest.raises(CannotStart, match="is missing"):
        processes.spawn("The missing", ["/no/such/program"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_all_ways_to_end_are_one(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), processes.stoppable():
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert signal.getsignal(number) is before


def test_migrations_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text('revision = "first"\ndown_revision = None\n')
    (tmp_path / "a.py").write_text('revision: str = "second"\ndown_revision: str | None = "first"\n')
    assert migrate.migrations(tmp_path) == ["first", "second"]
    assert migrate.migrations()


def test_the_fingerprint_follows_what_is_shown_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = ["rxconfig.py", "requirements.lock", "assets/a.css", "whop_crm/pages/members.py"]
    for file in (*shown, "whop_crm/sandbox/store.py", "whop_crm/cli.py"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("x")
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    before = frontend.fingerprint()
    for ignored in ("whop_crm/sandbox/store.py", "whop_crm/cli.py"):
        (tmp_path / ignored).write_text("y")
    assert frontend.fingerprint() == before
    for changed in (*shown, "assets/new.svg"):
        (tmp_path / changed).write_text("y")
        assert frontend.fingerprint() != before
        before = frontend.fingerprint()


def test_a_build_may_renew_the_lock_and_is_current_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, path in (("BUILT", "index.html"), ("STAMP", "stamp"), ("STARTED", "started"), ("LOCK", "lock")):
        monkeypatch.setattr(frontend, name, tmp_path / path)
    monkeypatch.setattr(frontend, "ROOT", tmp_path)
    (tmp_path / "lock").mkdir()
    package = tmp_path / "lock" / "package.json"
    code = f"open({str(package)!r}, 'w').write('{{}}'); open({str(tmp_path / 'index.html')!r}, 'w')"
    child = processes.spawn("The build", [PYTHON, "-W", "ignore", "-c", code])
    frontend.Build(child, "sources", tmp_path / "log").wait()
    assert package.read_text() == "{}\n"
    assert frontend.is_current("sources")
    assert not frontend.is_current("other sources")
    package.write_text('{"dependencies": {}}')
    assert not frontend.is_current("sources")


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("error: ENOSPC writing", "The disk is full"),
        ("error: ConnectionRefused downloading tarball", "could not be fetched"),
        ("SyntaxError", "what happened is in"),
    ],
)
def test_a_failed_build_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: str, expected: str) -> None:
    monkeypatch.setattr(frontend, "BUILT", tmp_path / "index.html")
    monkeypatch.setattr(frontend, "STARTED", tmp_path / "started")
    (tmp_path / "log").write_text(log)
    child = processes.spawn("The build", [PYTHON, "-c", "raise SystemExit(1)"])
    with pytest.raises(CannotStart, match=expected):
        frontend.Build(child, "x", tmp_path / "log").wait()


def test_a_browser_is_taken_from_the_variable_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("CHROMIUM_PATH", str(program))
    assert browser.find_browser() == program
    monkeypatch.setenv("CHROMIUM_PATH", str(tmp_path / "none"))
    with pytest.raises(CannotStart, match="CHROMIUM_PATH"):
        browser.find_browser()


def test_without_any_browser_we_say_what_we_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CHROMIUM_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.setattr(browser, "_succeeds", lambda _command: False)
    with pytest.raises(CannotStart, match="CHROMIUM_PATH"):
        browser.ensure_browser()
    assert "playwright install chromium" in capsys.readouterr().err
