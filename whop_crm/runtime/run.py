"""`whop-crm run`: the app with the settings of the environment."""

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from whop_crm.config import Settings, settings
from whop_crm.runtime.environment import adopt, demand_key, missing_at_whop, public_origin
from whop_crm.runtime.frontend import frontend_build
from whop_crm.runtime.migrate import migrate, pending_migrations
from whop_crm.runtime.paths import data_folder
from whop_crm.runtime.ports import demand_free
from whop_crm.runtime.postgres import Cluster, embedded_postgres
from whop_crm.runtime.processes import Child, running, stoppable, watch
from whop_crm.runtime.redis_check import demand_redis
from whop_crm.runtime.role_check import demand_plain_role
from whop_crm.runtime.say import say, tell
from whop_crm.runtime.serve import start_server, wait_until_ready
from whop_crm.runtime.words import CannotStart


def run(migrating: bool = True) -> None:
    """Serves until Ctrl-C. Raises CannotStart."""
    found = settings()
    demand_key(found)
    demand_redis(found.redis_url)
    demand_free(found.host, found.port, "PORT")
    with stoppable(), ExitStack() as stack:
        folder = data_folder(found.data_dir)
        build = stack.enter_context(frontend_build(folder))
        children: list[Child] = []
        cluster = stack.enter_context(database(folder))
        if cluster and cluster.child:
            children.append(cluster.child)
        prepare_database(settings(), migrating)
        for name, lack in missing_at_whop(found).items():
            say(f"{name} is not set: {lack}.")
        build.wait()
        origin = public_origin(found)
        server = start_server(found.host, found.port, {"APP_URL": origin})
        stack.enter_context(running(server))
        complaint = wait_until_ready(server, found.host, found.port)
        tell(f"Whop CRM runs at {origin}" + (f" but is not fit yet: {complaint}" if complaint else ""))
        watch([server, *children])


@contextmanager
def database(folder: Path, name: str | None = None) -> Generator[Cluster | None]:
    """Sets DATABASE_URL for the block: the embedded server's where none is set, or where `name` asks for one."""
    if settings().database_url and name is None:
        yield None
        return
    before = {variable: os.environ.get(variable) for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")}
    with embedded_postgres(folder, *([name] if name else [])) as cluster:
        adopt({"DATABASE_URL": cluster.app_url, "DATABASE_OWNER_URL": cluster.owner_url})
        try:
            yield cluster
        finally:
            adopt(before)


@contextmanager
def owned_database() -> Generator[Settings]:
    """The settings of a database that we may do anything with. Raises CannotStart without the owner's URL."""
    with database(data_folder(settings().data_dir)):
        if settings().database_owner_url is None:
            raise CannotStart("DATABASE_OWNER_URL is not set. Only the owner of the tables can do this.")
        yield settings()


def prepare_worker(migrating: bool) -> None:
    """Makes sure that a process without web pages can work. Raises CannotStart."""
    found = settings()
    demand_key(found)
    if found.database_url is None:
        raise CannotStart(
            "DATABASE_URL is not set. The embedded database belongs to `whop-crm run`, which runs the clock itself."
        )
    prepare_database(found, migrating)


def prepare_database(found: Settings, migrating: bool = True) -> None:
    """Migrates what is missing where the owner is known, else asks for it; and makes sure of the app's role."""
    url = found.database_url or ""
    pending = pending_migrations(url)
    if pending and not (migrating and found.database_owner_url):
        raise CannotStart(
            f"The database lacks {len(pending)} migrations, the first being {pending[0]}. "
            "Run `whop-crm migrate` with DATABASE_OWNER_URL set, then start again."
        )
    if pending and found.database_owner_url:
        migrate(found.database_owner_url)
    demand_plain_role(url)
