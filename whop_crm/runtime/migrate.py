"""Bringing the database's tables up to date, and asking whether they are.

Alembic is imported only when there is something to migrate: a start that finds all in order is two seconds shorter.
"""

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from whop_crm.runtime.paths import checkout
from whop_crm.runtime.words import CannotStart

if TYPE_CHECKING:
    from sqlalchemy import Connection


def migrate(owner_url: str) -> None:
    """Runs every migration that is still missing, as the owner. Raises CannotStart."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    config = Config(checkout() / "alembic.ini")
    config.attributes["url"] = owner_url
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        raise CannotStart(f"The database could not be migrated: {_said(error.orig or error)}") from error
    except CommandError as error:
        raise CannotStart(f"The database could not be migrated: {reason(error)} {_ANOTHER_VERSION}") from error


def migrate_within(connection: "Connection", target: str) -> None:
    """Runs migrations up to `target` in the transaction of this connection. Raises what the database says."""
    from alembic import command
    from alembic.config import Config

    config = Config(checkout() / "alembic.ini")
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _said(error: BaseException) -> str:
    """What the database said, and what to do about it."""
    match getattr(error, "sqlstate", None):
        case "53100":
            advice = "Free some space where the database lies."
        case "42501":
            advice = "DATABASE_OWNER_URL must name a role that owns the tables, and may create roles the first time."
        case "55P03":
            advice = "Somebody holds a table for long; try again in a moment."
        case None:
            advice = "Check DATABASE_OWNER_URL or DATABASE_URL, and that PostgreSQL runs."
        case _:
            advice = "Nothing was changed by the step that failed."
    return f"{reason(error)} {advice}"


_ANOTHER_VERSION = "It may be of another version of Whop CRM: update the checkout, or use another database."


def pending_migrations(url: str) -> list[str]:
    """The migrations that the database at `url` does not have yet, oldest first. Raises CannotStart where it has
    one that this checkout does not know.
    """
    chain = migrations()
    with connected(url) as connection:
        known = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known and known[0] else None
    if row is None:
        return chain
    if row[0] not in chain:
        raise CannotStart(f"The database has a migration {row[0]} that is not in this checkout. {_ANOTHER_VERSION}")
    return chain[chain.index(row[0]) + 1 :]


def migrations(folder: Path | None = None) -> list[str]:
    """The revisions in the checkout, oldest first, read from the files without running them."""
    files = sorted((folder or checkout() / "alembic" / "versions").glob("*.py"))
    after = {values["down_revision"]: values["revision"] for values in map(_identifiers, files)}
    chain: list[str] = []
    step = after.get(None)
    while step is not None:
        chain.append(step)
        step = after.get(step)
    return chain


def _identifiers(file: Path) -> dict[str, str | None]:
    """The values of `revision` and `down_revision` in a migration."""
    values: dict[str, str | None] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                values[name] = value if isinstance(value, str) else None
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=value)):
                values[name] = value if isinstance(value, str) else None
            case _:
                pass
    return values


def connected(url: str) -> psycopg.Connection:
    """A connection to any database URL we know of. Raises CannotStart when it cannot be reached."""
    try:
        return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), connect_timeout=5)
    except psycopg.Error as error:
        raise CannotStart(
            f"The database cannot be reached: {reason(error)} Check DATABASE_URL, and that PostgreSQL runs."
        ) from None


def reason(error: BaseException) -> str:
    """The first line of what the database said, as a sentence."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return first.rstrip(".") + "."
