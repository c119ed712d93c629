"""The whole app as its users meet it: built, served on a free port, with a database and a Whop of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support import database
from tests.support.sandbox import QUIET, new_folder
from whop_crm.runtime.frontend import frontend_build
from whop_crm.runtime.generated import new_key
from whop_crm.runtime.paths import ROOT, data_folder
from whop_crm.runtime.ports import free_port
from whop_crm.runtime.processes import Child
from whop_crm.runtime.serve import start_server, wait_until_ready
from whop_crm.sandbox.frame import frame_environment
from whop_crm.sandbox.server import Options, Sandbox
from whop_crm.sandbox.server import running as running_sandbox

LOCAL = "127.0.0.1"


@dataclass
class Server:
    """A running app. `url` is its origin; `sandbox` its Whop, in a thread of this process; `database` the name of
    its database; `environment` its settings. `restart()` ends the process and starts it again on the same port.
    """

    url: str
    port: int
    sandbox: Sandbox
    database: str
    environment: dict[str, str]
    log: Path
    child: Child

    def restart(self) -> None:
        self.child.stop()
        self.start()

    def start(self) -> None:
        self.child = served(self.port, self.environment, self.log)


def build() -> None:
    """Builds the front end of this checkout if its sources have changed; else returns at once."""
    with frontend_build(data_folder(ROOT / ".data")) as started:
        started.wait()


@contextmanager
def server(directory: Path, options: Options = QUIET, *, hasty: bool = False, **settings: str) -> Iterator[Server]:
    """The app at work. `options` are the sandbox's (who it delivers to is filled in), `settings` go on top of the
    app's, `hasty` is the database's. The app's words are in `directory`/app.log.
    """
    build()
    port = free_port()
    url = f"http://localhost:{port}"
    with surroundings(directory, url, options, settings, hasty) as (sandbox, name, environment):
        log = directory / "app.log"
        running_app = Server(url, port, sandbox, name, environment, log, served(port, environment, log))
        try:
            yield running_app
        finally:
            running_app.child.stop()


@contextmanager
def surroundings(
    directory: Path, url: str, options: Options, settings: dict[str, str], hasty: bool = False
) -> Iterator[tuple[Sandbox, str, dict[str, str]]]:
    """A Whop that delivers to `url`, the name of a new database, and the settings of an app that has both."""
    world = new_folder(directory, options.members, options.seed)
    with ExitStack() as stack:
        name = stack.enter_context(database.cloned_database(hasty))
        framed = replace(options, app_origin=url, frame_port=free_port())
        sandbox = stack.enter_context(running_sandbox(world, framed))
        yield (
            sandbox,
            name,
            {
                "APP_URL": url,
                "DATABASE_URL": database.url(name, database.APP),
                "DATA_DIR": str(directory),
                "SECRET_KEY": new_key(),
                **sandbox.credentials.environment(sandbox.url),
                **frame_environment(sandbox.credentials.app_id, sandbox.frame.port),
                **settings,
            },
        )


def served(port: int, environment: dict[str, str], log: Path) -> Child:
    """An app process on this port, once it answers."""
    return awaited(start_server(LOCAL, port, environment, log=log), port, log)


def awaited(child: Child, port: int, log: Path) -> Child:
    """An app process once it answers."""
    try:
        wait_until_ready(child, LOCAL, port)
    except BaseException as error:
        child.stop()
        error.add_note(log.read_text()[-5000:])
        raise
    return child
