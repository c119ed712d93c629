"""`whop-crm worker`: the clock alone, beside web processes that leave it to others."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes.conftest import WORLD
from tests.support.crm import Crm, eventually
from tests.support.far_tab import signed_in
from tests.support.server import Server, server
from whop_crm.runtime.paths import ROOT
from whop_crm.runtime.processes import Child, running, spawn

pytestmark = [pytest.mark.long, pytest.mark.timeout(120, func_only=True)]
PROGRAM = Path(sys.executable).with_name("whop-crm")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A web process that does not run the clock."""
    with server(tmp_path_factory.mktemp("web"), WORLD, CLOCK="false", WHOP_REQUESTS_PER_MINUTE="100000") as found:
        yield found


def worker(app: Server, log: Path) -> Child:
    command = [str(PROGRAM), "worker"]
    return spawn("The worker", command, environment=os.environ | app.environment, log=log, folder=ROOT)


def clock(app: Server) -> str:
    return str(httpx.get(f"http://127.0.0.1:{app.port}/api/health", trust_env=False).json()["clock"])


def test_the_worker_does_what_the_web_process_leaves_to_it(app: Server, tmp_path: Path) -> None:
    crm, log = Crm(app), tmp_path / "worker.log"
    signed_in(app, next(one["user_id"] for one in app.sandbox.store.get_meta("people") if one["role"] == "owner"))
    assert clock(app) == "stopped"
    assert not crm.synced()
    with running(worker(app, log)) as child, running(worker(app, tmp_path / "second.log")) as second:
        eventually(crm.synced, 60)
        assert clock(app) == "ticking"
        first, other = (child, second) if "the clock ticks here" in log.read_text() else (second, child)
        first.stop()
        assert first.process.returncode == 0
        assert first.log is not None
        assert "the worker has stopped" in first.log.read_text()
        eventually(lambda: clock(app) == "ticking")
        assert other.log is not None
        assert "the clock ticks here" in other.log.read_text()
    assert other.process.returncode == 0
    assert clock(app) == "stopped"
