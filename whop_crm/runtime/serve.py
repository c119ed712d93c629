"""The web server: UI and API on one port, from the built front end, in a process of its own."""

import http.client
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from whop_crm.runtime.paths import ROOT
from whop_crm.runtime.processes import Child, demand_alive, spawn
from whop_crm.runtime.words import CannotStart

PATIENCE = 60.0
_UNFIT_PATIENCE = 15.0
_REFLEX = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
}


def start_server(host: str, port: int, environment: Mapping[str, str], log: Path | None = None) -> Child:
    """Starts the server. `environment` holds the settings on top of our own; its origins are those allowed."""
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1"]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "5s", "--log-level", "warning"]
    command += ["--host", host, "--port", str(port), "whop_crm.whop_crm:app"]
    return spawn("The web server", command, environment=server_environment(environment), log=log, folder=ROOT)


def server_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of the server process: the owner's database URL stays out of it."""
    found = os.environ | settings
    origins = ",".join(found[name].rstrip("/") for name in ("APP_URL", "WHOP_APP_ORIGIN") if found.get(name))
    return found | _REFLEX | {"REFLEX_CORS_ALLOWED_ORIGINS": origins, "DATABASE_OWNER_URL": ""}


def wait_until_ready(child: Child, host: str, port: int) -> str | None:
    """Returns when the server and a page answer: None when it is fit, else what it says is not.
    Raises CannotStart when the server ends or stays silent.
    """
    began = time.monotonic()
    while (waited := time.monotonic() - began) < PATIENCE:
        demand_alive(child)
        if _get(host, port, "/ping")[0] == 200 and _get(host, port, "/")[0] == 200:
            status, body = _get(host, port, "/api/health")
            if status in (200, 404):
                return None
            if waited > _UNFIT_PATIENCE:
                return _complaint(body)
        time.sleep(0.05)
    raise CannotStart(f"The web server did not answer on port {port} within {PATIENCE:.0f} seconds.")


def _get(host: str, port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a GET; status 0 when nobody answers."""
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not bound


def _complaint(body: bytes) -> str:
    try:
        found = cast("object", json.loads(body))
    except ValueError:
        return "GET /api/health gives no reason."
    return json.dumps(found)[:500]


def answers(host: str, port: int, path: str) -> bool:
    """Whether anybody speaks HTTP there, whatever it says."""
    return _get(host, port, path)[0] > 0
