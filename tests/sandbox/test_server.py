"""The sandbox as a server: started, asked, commanded, stopped; and the command line that does so."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner
from whop_sdk.lib.verify_user_token import verify_user_token

from tests.support.sandbox import QUIET, new_folder, open_app
from whop_crm.config import settings
from whop_crm.sandbox.commands import sandbox_app
from whop_crm.sandbox.keys import KeyRing, credentials
from whop_crm.sandbox.server import Sandbox, check_port, free_port, running


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    new_folder(folder)
    return folder


@pytest.fixture(scope="module")
def sandbox(data_dir: Path) -> Iterator[Sandbox]:
    with running(data_dir / "sandbox", QUIET) as found:
        yield found


@pytest.fixture
def at_home(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command line finds the sandbox's folder by DATA_DIR."""
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    settings.cache_clear()
    yield
    settings.cache_clear()


def ask(sandbox: Sandbox, method: str, path: str, **sent: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {sandbox.credentials.api_key}"}
    return httpx.request(method, sandbox.url + path, headers=headers, trust_env=False, **sent)  # type: ignore[arg-type]  # passed on


def test_it_serves_rest_oauth_keys_and_a_page(sandbox: Sandbox) -> None:
    assert ask(sandbox, "GET", "/health").json()["status"] == "ok"
    page = ask(sandbox, "GET", "/").text
    for account_id in sandbox.store.installed_accounts:
        assert sandbox.store.get("account", account_id)["title"] in page
    headers = {"authorization": f"Bearer {sandbox.credentials.api_key}", "api-version-date": "2026-10-15-1"}
    account_id = sandbox.store.installed_accounts[0]
    members = httpx.get(
        f"{sandbox.url}/api/v1/members", params={"account_id": account_id, "first": 5}, headers=headers
    ).json()
    assert len(members["data"]) == 5
    picture = members["data"][0]["user"]["profile_picture"]["url"]
    assert picture.startswith(sandbox.url)
    assert httpx.get(picture).headers["content-type"].startswith("image/svg+xml")


def test_a_user_token_is_what_the_official_helper_expects(sandbox: Sandbox) -> None:
    app_id = sandbox.credentials.app_id
    url = f"{sandbox.url}/.well-known/jwks.json"
    token = sandbox.keys.user_token("user_somebody", app_id)
    payload = verify_user_token({"x-whop-user-token": token}, app_id=app_id, jwks_url=url)
    assert (payload.user_id, payload.app_id) == ("user_somebody", app_id)
    with pytest.raises(ValueError, match="app id"):
        verify_user_token(token, app_id="app_other", jwks_url=url)
    old = sandbox.keys.user_token("user_somebody", app_id, now=time.time() - 7200)
    with pytest.raises(ValueError, match="expired"):
        verify_user_token(old, app_id=app_id, jwks_url=url)


def test_after_a_rotation_old_and_new_tokens_verify(sandbox: Sandbox) -> None:
    app_id = sandbox.credentials.app_id
    before = sandbox.keys.user_token("user_somebody", app_id)
    kid = ask(sandbox, "POST", "/sandbox/keys/rotate").json()["kid"]
    after = sandbox.keys.user_token("user_somebody", app_id)
    url = f"{sandbox.url}/.well-known/jwks.json?{kid}"
    for token in (before, after):
        assert verify_user_token(token, app_id=app_id, jwks_url=url).user_id == "user_somebody"


def test_commands_need_the_key_and_say_what_happened(sandbox: Sandbox) -> None:
    assert httpx.post(f"{sandbox.url}/sandbox/commands/join", json={}).status_code == 401
    answer = ask(sandbox, "POST", "/sandbox/commands/join", json={"count": 3})
    assert [" joined " in line for line in answer.json()["lines"]] == [True, True, True]
    unknown = ask(sandbox, "POST", "/sandbox/commands/dance", json={})
    assert unknown.status_code == 404
    assert "fail-payment" in unknown.json()["detail"]
    nobody = ask(sandbox, "POST", "/sandbox/commands/chat", json={"member": "nobody at all"})
    assert (nobody.status_code, nobody.json()["detail"]) == (409, "There is no member like “nobody at all”.")


@pytest.mark.usefixtures("at_home")
def test_the_command_line_prints_one_line_for_each(sandbox: Sandbox) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(sandbox_app, [*words, "--url", sandbox.url])
        assert result.exit_code == 0, result.output
        return result.output

    for words in (
        ["join"], ["join", "--plan", "monthly", "--company", "fitness"], ["renew"], ["cancel"], ["cancel", "--now"],
        ["uncancel"], ["fail-payment"], ["recover-payment"], ["refund"], ["dispute"], ["upgrade"], ["pause"],
        ["resume"], ["visit"], ["post"], ["comment"], ["chat", "--text", "Hello there"], ["lesson"], ["leave"],
    ):  # fmt: skip
        assert len(run(*words).splitlines()) == 1, words
    assert len(run("chat", "--count", "4").splitlines()) == 4
    assert "0 events a minute" in run("status")
    assert "Stranger" in run("people")
    owner = sandbox.store.select("team_member", role="owner")[0]["user"]
    assert run("token", owner["id"]).count(".") == 2
    assert run("token", "--access", owner["id"]).startswith("whop_at_")
    assert "30 events a minute" in run("pace", "30")
    assert "0 events a minute" in run("pace", "0")
    assert "held back" in run("hold")
    assert sandbox.courier.paused


@pytest.mark.usefixtures("at_home")
def test_the_command_line_is_clear_when_nothing_runs() -> None:
    result = CliRunner().invoke(sandbox_app, ["join", "--url", f"http://127.0.0.1:{free_port()}"])
    assert result.exit_code == 1
    assert "No sandbox answers at" in result.output
    assert "whop-crm sandbox start" in result.output
    assert "Traceback" not in result.output


def test_secrets_are_kept_and_private(tmp_path: Path) -> None:
    made = credentials(tmp_path / "sandbox")
    assert credentials(tmp_path / "sandbox") == made
    assert made.app_id.startswith("app_")
    assert made.webhook_secret.startswith("ws_")
    ring = KeyRing(tmp_path / "sandbox")
    assert KeyRing(tmp_path / "sandbox").jwks() == ring.jwks()
    for file in (tmp_path / "sandbox").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "d" not in ring.jwks()["keys"][0]


async def test_a_restart_is_not_a_new_world(tmp_path: Path) -> None:
    folder = new_folder(tmp_path)
    async with open_app(folder) as (first, _):
        before = (first.credentials, first.store.anchor, first.store.installed_accounts, first.keys.kid)
    async with open_app(folder) as (second, _):
        after = (second.credentials, second.store.anchor, second.store.installed_accounts, second.keys.kid)
    assert before == after


def test_a_taken_port_is_said_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"Port {port} on 127.0.0.1 is taken"):
            check_port("127.0.0.1", port)


@contextmanager
def process(data_dir: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`whop-crm sandbox start` as a process of its own, answering."""
    command = [sys.executable, "-m", "whop_crm.sandbox", "start", "--port", str(port), "--members", "50", "--pace", "0"]
    child = subprocess.Popen(command, env={**os.environ, "DATA_DIR": str(data_dir)}, stderr=subprocess.PIPE)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


async def answers(port: int, child: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
        while child.poll() is None:
            try:
                assert (await client.get(f"http://127.0.0.1:{port}/health")).status_code == 200
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
    raise AssertionError("the sandbox ended")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_ends_within_a_second(tmp_path: Path, number: signal.Signals) -> None:
    """Measured against its start, which takes under two seconds, so that a busy machine slows both alike."""
    port, started = free_port(), time.monotonic()
    with process(tmp_path, port) as child:
        await answers(port, child)
        allowed = max(1.0, (time.monotonic() - started) / 2)
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"http://127.0.0.1:{port}/health")
            began = time.monotonic()
            child.send_signal(number)
            code = await asyncio.to_thread(child.wait, 5)
        assert time.monotonic() - began < allowed
        assert code == 0
    assert (tmp_path / "sandbox" / "world.sqlite3").exists()
