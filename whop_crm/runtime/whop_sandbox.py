"""The Whop sandbox as a child process."""

import logging
import sys
import time
from pathlib import Path

from whop_crm.runtime.paths import ROOT
from whop_crm.runtime.processes import Child, demand_alive, spawn
from whop_crm.runtime.serve import answers
from whop_crm.runtime.words import CannotStart
from whop_crm.sandbox.frame import frame_environment, whop_address
from whop_crm.sandbox.keys import credentials

__all__ = [
    "LOCAL",
    "sandbox_environment",
    "sandbox_folder",
    "sandbox_origin",
    "start_sandbox",
    "wait_for_sandbox",
    "whop_address",
]

PATIENCE = 90.0
LOCAL = "127.0.0.1"


def sandbox_folder(folder: Path) -> Path:
    return folder / "sandbox"


def sandbox_origin(port: int) -> str:
    return f"http://{LOCAL}:{port}"


def sandbox_environment(folder: Path, port: int, frame_port: int) -> dict[str, str]:
    """The settings that make the sandbox be Whop."""
    found = credentials(sandbox_folder(folder))
    return {
        **found.environment(sandbox_origin(port)),
        **frame_environment(found.app_id, frame_port),
        "WHOP_OAUTH_CLIENT_SECRET": "",
        "WHOP_COMPANY_ID": "",
    }


def start_sandbox(folder: Path, port: int, frame_port: int, app_url: str) -> Child:
    """Starts the sandbox, whose webhooks go to the app at `app_url`, and which shows the app in a frame."""
    command = [sys.executable, "-m", __name__, str(sandbox_folder(folder)), str(port), str(frame_port), app_url]
    log = folder / "sandbox.log"
    log.unlink(missing_ok=True)
    return spawn("The Whop sandbox", command, log=log, folder=ROOT)


def wait_for_sandbox(child: Child, port: int) -> None:
    """Returns when the sandbox answers. Raises CannotStart."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        demand_alive(child)
        if answers(LOCAL, port, "/health"):
            return
        time.sleep(0.05)
    raise CannotStart(f"The Whop sandbox did not answer within {PATIENCE:.0f} seconds; its log is {child.log}.")


def main(directory: str, port: str, frame_port: str, app_url: str) -> None:
    """The child: serves until SIGTERM."""
    from whop_crm.sandbox.server import Options, serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = Options(app_origin=app_url.rstrip("/"), origin=sandbox_origin(int(port)), frame_port=int(frame_port))
    serve(Path(directory), options, host=LOCAL, port=int(port))


if __name__ == "__main__":
    main(*sys.argv[1:])
