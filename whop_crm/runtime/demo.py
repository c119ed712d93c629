"""`whop-crm demo`: the whole app with a database and a Whop of its own, and nothing to set up."""

import fcntl
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from whop_crm.config import settings
from whop_crm.runtime.environment import adopt
from whop_crm.runtime.frontend import frontend_build
from whop_crm.runtime.generated import generated_secrets
from whop_crm.runtime.paths import data_folder
from whop_crm.runtime.ports import demand_free
from whop_crm.runtime.postgres import DEMO_DATABASE, app_url_of_running
from whop_crm.runtime.processes import running, stoppable, watch
from whop_crm.runtime.run import database, prepare_database
from whop_crm.runtime.say import say, tell
from whop_crm.runtime.serve import start_server, wait_until_ready
from whop_crm.runtime.whop_sandbox import (
    LOCAL,
    sandbox_environment,
    sandbox_folder,
    start_sandbox,
    wait_for_sandbox,
    whop_address,
)
from whop_crm.runtime.words import CannotStart


def demo() -> None:
    """Serves until Ctrl-C. Its database is apart from the one of `run`, so that made-up members never mix with
    real ones. Raises CannotStart.
    """
    with stoppable(), ExitStack() as stack:
        found = settings()
        demand_free(found.host, found.port, "PORT")
        demand_free(LOCAL, found.sandbox_port, "SANDBOX_PORT")
        demand_free(LOCAL, found.sandbox_frame_port, "SANDBOX_FRAME_PORT")
        folder = data_folder(found.data_dir)
        stack.enter_context(only_one(folder))
        world_exists = sandbox_folder(folder).is_dir()
        environment = demo_environment(folder)
        adopt(environment)
        build = stack.enter_context(frontend_build(folder))
        sandbox = start_sandbox(folder, found.sandbox_port, found.sandbox_frame_port, environment["APP_URL"])
        stack.enter_context(running(sandbox))
        cluster = stack.enter_context(database(folder, DEMO_DATABASE))
        prepare_database(settings())
        build.wait()
        if not world_exists:
            wait_for_sandbox(sandbox, found.sandbox_port)
        server = start_server(found.host, found.port, environment, log=fresh(folder / "app.log"))
        stack.enter_context(running(server))
        complaint = wait_until_ready(server, found.host, found.port)
        wait_for_sandbox(sandbox, found.sandbox_port)
        if complaint:
            say(f"The app is not fit yet: {complaint}")
        tell(f"Inside Whop's frame it is at {whop_address(found.sandbox_frame_port)}")
        tell(f"Whop CRM runs at {environment['APP_URL']} (Ctrl-C ends it)")
        watch([server, sandbox, *([cluster.child] if cluster and cluster.child else [])])


def demo_environment(folder: Path) -> dict[str, str]:
    """The settings of the demo but for the database: a generated key, and the sandbox as Whop."""
    found = settings()
    shown = "localhost" if found.host in (LOCAL, "0.0.0.0") else found.host  # noqa: S104 - compared with, not bound
    return {
        "APP_URL": f"http://{shown}:{found.port}",
        "SECRET_KEY": generated_secrets(folder).secret_key,
        **sandbox_environment(folder, found.sandbox_port, found.sandbox_frame_port),
    }


def running_environment() -> dict[str, str]:
    """The settings of the demo that runs now, its database among them. Raises CannotStart when none runs."""
    folder = data_folder(settings().data_dir)
    url = app_url_of_running(folder, DEMO_DATABASE)
    if url is None:
        raise CannotStart("No demo runs with this data folder. Start one with `make demo`.")
    return {**demo_environment(folder), "DATABASE_URL": url}


def fresh(log: Path) -> Path:
    """The path of a log that begins now."""
    log.unlink(missing_ok=True)
    return log


@contextmanager
def only_one(folder: Path) -> Generator[None]:
    """One demo per data folder: two would share one made-up Whop."""
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"The demo runs already with {folder}. Stop that one, or set DATA_DIR to another folder."
            ) from None
        yield
