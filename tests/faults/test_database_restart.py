"""PostgreSQL goes away under load and comes back: everything heals by itself, and nothing that was sent is missing."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.conftest import PATIENCE, WORLD, settle, sign_in
from tests.support import database
from tests.support.crm import Crm, eventually
from tests.support.histories import History
from tests.support.own_postgres import OwnPostgres
from tests.support.server import server

RESTARTS = 3


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnPostgres]:
    found = OwnPostgres.begun(tmp_path / "own")
    monkeypatch.setenv(database.ADMIN_VARIABLE, found.cluster.admin_url)
    yield found
    found.stop()


@pytest.mark.parametrize("sudden", [False, True], ids=["restarted", "killed"])
def test_a_restart_of_postgresql_under_load_heals_by_itself(
    postgres: OwnPostgres, tmp_path: Path, sudden: bool
) -> None:
    with server(tmp_path, WORLD, WHOP_REQUESTS_PER_MINUTE="100000") as app:
        crm = Crm(app)
        sign_in(crm)
        eventually(crm.synced, PATIENCE, 0.1)
        life = History(app.sandbox.store, crm.company, "")
        for number in range(RESTARTS):
            _burst(crm, life, f"restart {number} before")
            (postgres.die if sudden else postgres.stop)()
            _burst(crm, life, f"restart {number} meanwhile")
            eventually(lambda: _health(crm) != 200, PATIENCE)
            postgres.come_back()
            _burst(crm, life, f"restart {number} after")
            eventually(lambda: _health(crm) == 200, PATIENCE)
        settle(crm)
        assert crm.differences() == []
        assert crm.rows("SELECT 1 FROM webhook_events WHERE status = 'failed'") == []


def _burst(crm: Crm, life: History, seed: str) -> None:
    """Something happens, and Whop has begun to tell."""
    life.seed = seed
    tried = _attempts(crm)
    life.go_on(30)
    crm.control("POST", "/deliveries/release")
    eventually(lambda: _attempts(crm) >= tried + 10, PATIENCE)


def _attempts(crm: Crm) -> int:
    row = crm.server.sandbox.store.query_one("SELECT count(*) AS n FROM hook_attempts")
    return row["n"] if row else 0


def _health(crm: Crm) -> int:
    return httpx.get(f"{crm.url}/api/health", trust_env=False, timeout=30).status_code
