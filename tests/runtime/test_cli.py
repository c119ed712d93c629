"""The commands end in one sentence and exit code 1 when something is wrong, and in 0 when asked to stop."""

import errno
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support import database
from whop_crm.cli import app
from whop_crm.config import Settings, settings
from whop_crm.runtime import doctor
from whop_crm.runtime.demo import only_one
from whop_crm.runtime.generated import new_key
from whop_crm.runtime.ports import free_port
from whop_crm.runtime.words import CannotStart


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No settings but a key and a data folder of our own; the process's own come back afterwards."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SECRET_KEY", new_key())
    monkeypatch.setattr("whop_crm.cli.ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def refusal(*command: str) -> str:
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1, done.output
    assert "Traceback" not in done.output
    lines = done.output.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_taken_port(environment: pytest.MonkeyPatch, taken_port: int, command: str) -> None:
    environment.setenv("PORT", str(taken_port))
    assert refusal(command) == (
        f"Port {taken_port} is taken. Stop what uses it, or choose another one: PORT={taken_port + 1}."
    )


def test_a_taken_port_of_the_sandbox(environment: pytest.MonkeyPatch, taken_port: int) -> None:
    environment.setenv("PORT", str(free_port()))
    environment.setenv("SANDBOX_PORT", str(taken_port))
    assert f"SANDBOX_PORT={taken_port + 1}" in refusal("demo")


@pytest.mark.parametrize("command", ["run", "demo", "migrate"])
def test_a_bad_env_file(environment: pytest.MonkeyPatch, tmp_path: Path, command: str) -> None:
    (tmp_path / ".env").write_text("PORT=seventy\n")
    assert refusal(command).startswith("These settings are wrong: PORT:")
    (tmp_path / ".env").write_bytes(b"APP_URL=\xff\xfe\n")
    settings.cache_clear()
    assert refusal(command).startswith("The file .env is not UTF-8 text.")


def test_a_worker_says_what_it_lacks(environment: pytest.MonkeyPatch) -> None:
    assert refusal("worker").startswith("DATABASE_URL is not set.")
    environment.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    settings.cache_clear()
    assert refusal("worker").startswith("The database cannot be reached:")


def test_a_redis_that_is_not_there(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    assert refusal("run").startswith("Redis cannot be reached:")
    environment.setenv("REDIS_URL", "http://127.0.0.1")
    settings.cache_clear()
    assert refusal("run").startswith("These settings are wrong: REDIS_URL:")


def test_a_proxy_must_be_an_address(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TRUSTED_PROXIES", "127.0.0.1, somewhere")
    assert refusal("run").startswith("These settings are wrong: TRUSTED_PROXIES:")


def test_no_key(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SECRET_KEY")
    assert refusal("run").startswith("SECRET_KEY is not set.")


def test_a_broken_data_folder(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    environment.setenv("PORT", str(free_port()))
    assert "is in the way" in refusal("run")


def test_a_full_disk(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "data"))

    environment.setattr(Path, "mkdir", full)
    environment.setenv("PORT", str(free_port()))
    assert refusal("run").startswith("The disk is full")


def test_a_role_that_sees_everything(environment: pytest.MonkeyPatch, database_name: str, tmp_path: Path) -> None:
    environment.setenv("PORT", str(free_port()))
    environment.setenv("DATABASE_URL", database.url(database_name, database.OWNER))
    environment.setattr("whop_crm.runtime.run.frontend_build", lambda _folder: nullcontext())
    assert "it owns the tables" in refusal("run")


def test_a_database_that_does_not_answer(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PORT", str(free_port()))
    environment.setenv("DATABASE_URL", "postgresql://app:pw@127.0.0.1:1/none")
    environment.setattr("whop_crm.runtime.run.frontend_build", lambda _folder: nullcontext())
    assert "cannot be reached" in refusal("run")
    assert refusal("migrate").startswith("The database could not be migrated")


def test_migrate_makes_an_embedded_database_ready(environment: pytest.MonkeyPatch) -> None:
    done = CliRunner().invoke(app, ["migrate"])
    assert done.exit_code == 0, done.output
    assert done.output.strip().splitlines()[-1] == "The database is up to date."


def test_a_new_key_is_a_line_for_the_env_file() -> None:
    done = CliRunner().invoke(app, ["secret-key"])
    assert done.output.startswith("SECRET_KEY=")
    assert len(done.output.strip()) == len("SECRET_KEY=") + 44


def test_the_doctor_names_what_is_missing(environment: pytest.MonkeyPatch, database_name: str, taken_port: int) -> None:
    environment.setenv("DATABASE_URL", database.url(database_name, database.APP))
    environment.setenv("WHOP_BASE_URL", f"http://127.0.0.1:{free_port()}")
    environment.setenv("WHOP_API_KEY", "a-key")
    environment.delenv("SECRET_KEY")
    environment.setattr(doctor, "_LOW", 0)
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    for words in ("The database answers.", "up to date", "SECRET_KEY is not set", "WHOP_APP_ID is not set",
                  "Whop cannot be reached", "data folder"):  # fmt: skip
        assert words in done.output
    assert "WHOP_API_KEY" not in done.output
    assert "a-key" not in done.output


def test_the_doctor_survives_bad_settings(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PORT", "seventy")
    found = list(doctor.findings())
    assert [finding.verdict for finding in found] == [doctor.Verdict.FAULT]


def test_the_doctor_sees_an_address_that_cannot_work(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("APP_URL", "http://localhost:3000")
    environment.setenv("PORT", "3999")
    assert [finding for finding in doctor.findings() if "Make the two agree" in finding.words]
    environment.delenv("APP_URL")
    settings.cache_clear()
    assert not [finding for finding in doctor.findings() if "Make the two agree" in finding.words]


def test_the_doctor_says_when_the_origin_inside_whop_is_needed(environment: pytest.MonkeyPatch) -> None:
    def said() -> list[tuple[str, bool]]:
        settings.cache_clear()
        found = [each for each in doctor.findings() if "inside whop" in each.words.lower()]
        return [(each.verdict.value, "abc.apps.whop.com" in each.words) for each in found]

    environment.setenv("WHOP_BASE_URL", f"http://127.0.0.1:{free_port()}")
    assert said() == [("note", False)]
    environment.setenv("WHOP_APP_ORIGIN", "https://abc.apps.whop.com")
    assert said() == [("ok", True)]


def test_the_settings_of_a_demo_that_does_not_run(environment: pytest.MonkeyPatch) -> None:
    assert refusal("demo", "--env").startswith("No demo runs with this data folder.")


def test_the_lock_of_a_running_demo(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(CannotStart, match="runs already"), only_one(tmp_path):
        pass
    with only_one(tmp_path):
        pass


def test_the_installed_command_speaks_the_same_way(tmp_path: Path, taken_port: int) -> None:
    program = shutil.which("whop-crm", path=str(Path(sys.executable).parent))
    assert program
    done = subprocess.run(
        [program, "run"],
        env={**os.environ, "PORT": str(taken_port), "SECRET_KEY": new_key(), "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Port {taken_port} is taken. Stop what uses it, or choose another one: PORT={taken_port + 1}.\n"
    )
