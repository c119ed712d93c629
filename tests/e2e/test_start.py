"""The server as it is started: one build on any port, one origin, and no process left behind."""

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.server import Server
from tests.unit.test_runtime import alive, eventually
from whop_crm.runtime.frontend import WEB
from whop_crm.runtime.ports import free_port

pytestmark = pytest.mark.e2e


def test_the_build_pins_no_address() -> None:
    pinned = [file for file in (WEB / "build" / "client").rglob("*.js") if "://localhost:8000" in file.read_text()]
    assert pinned == []


def test_a_page_is_served_and_talks_to_its_own_origin(app: Server, page: Page) -> None:
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    with page.expect_websocket() as opened:
        page.goto("/")
    page.wait_for_function("document.body.innerText.trim().length > 0")
    assert opened.value.url.startswith(app.url.replace("http:", "ws:") + "/")
    assert [url for url in requested if not url.startswith((app.url, "data:", "blob:"))] == []


@pytest.mark.parametrize(("origin", "status"), [(None, 101), ("https://elsewhere.test", 403)])
def test_another_origin_cannot_open_a_websocket(app: Server, origin: str | None, status: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        "Origin": origin or app.url,
    }
    connection.request("GET", "/_event/?token=0123456789&EIO=4&transport=websocket", headers=headers)
    assert connection.getresponse().status == status
    connection.close()


def test_the_owners_address_is_not_in_the_servers_environment(app: Server) -> None:
    variables = Path(f"/proc/{app.child.process.pid}/environ").read_text().split("\0")
    assert "DATABASE_OWNER_URL=" in variables


@pytest.fixture(scope="module")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for one demo after the other: the first makes the world, the others find it."""
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_demo_starts_and_leaves_no_process(demo_data: Path, number: signal.Signals) -> None:
    port = free_port()
    environment = {
        "PORT": str(port),
        "SANDBOX_PORT": str(free_port()),
        "SANDBOX_FRAME_PORT": str(free_port()),
        "DATA_DIR": str(demo_data),
    }
    program = Path(sys.executable).with_name("whop-crm")
    with subprocess.Popen(
        [program, "demo"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout
        lines: list[str] = []
        while not lines or "Whop CRM runs at" not in lines[-1]:
            lines.append(demo.stdout.readline())
            assert lines[-1], "".join(lines)
        assert f"http://localhost:{port}" in lines[-1]
        children = _descendants(demo.pid)
        assert len(children) >= 4
        demo.send_signal(number)
        assert demo.wait(30) == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    assert eventually(lambda: not any(alive(child) for child in children), 15)


def _descendants(pid: int) -> list[int]:
    """Every process below this one, by the kernel's own list."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found
