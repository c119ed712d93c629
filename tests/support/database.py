"""A PostgreSQL database a test worker: migrated once into a template, cloned per worker, emptied between tests.

`TEST_DATABASE_ADMIN_URL` names a server whose user may create databases and roles. Without it the machine's own is
used where it lets us in, else the embedded one.
"""

import hashlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from whop_crm.runtime.postgres import embedded_postgres

ROOT = Path(__file__).parents[2]
ADMIN_VARIABLE = "TEST_DATABASE_ADMIN_URL"
LOCAL_URL = "postgresql://postgres@127.0.0.1:5432/postgres"
OWNER, APP, PASSWORD = "whop_crm_test_owner", "whop_crm_test_app", "test"
_LOCK = 7315001


def admin_url() -> str:
    return os.environ.get(ADMIN_VARIABLE, LOCAL_URL)


@contextmanager
def server() -> Iterator[None]:
    """A server to make databases on for as long as the block lasts: the one named, the machine's, or the embedded."""
    if ADMIN_VARIABLE in os.environ or _lets_us_in(LOCAL_URL):
        yield
        return
    with embedded_postgres(ROOT / ".data" / "tests") as cluster:
        os.environ[ADMIN_VARIABLE] = cluster.admin_url
        try:
            yield
        finally:
            del os.environ[ADMIN_VARIABLE]


def _lets_us_in(candidate: str) -> bool:
    try:
        psycopg.connect(candidate, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def url(database: str, role: str) -> str:
    return _moved(database, f"{role}:{PASSWORD}")


def admin_of(database: str) -> str:
    """The URL of a database as its administrator, whom no policy binds."""
    return _moved(database)


def _moved(database: str, user: str | None = None) -> str:
    """The administrator's URL, with another database and perhaps another user."""
    parts = urlsplit(admin_url())
    login, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user or login}@{host}", path=f"/{database}"))


def _admin() -> psycopg.Connection:
    return psycopg.connect(admin_url(), autocommit=True)


def _ensure_roles(admin: psycopg.Connection) -> None:
    for role in (OWNER, APP):
        if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            admin.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(PASSWORD)
                )
            )


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "alembic" / "versions").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _migrate(database: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": url(database, APP),
        "DATABASE_OWNER_URL": url(database, OWNER),
    }
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def template() -> str:
    """The name of a migrated, empty database of these migrations; made once a machine, whoever comes first."""
    name = f"whop_crm_template_{_fingerprint()}"
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        _ensure_roles(admin)
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            building = f"{name}_building"
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(building)))
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(building), sql.Identifier(OWNER))
            )
            _migrate(building)
            admin.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
            )
    return name


@contextmanager
def cloned_database(hasty: bool = False) -> Iterator[str]:
    """The name of a fresh clone of the template, dropped on exit. A hasty one does not wait for the disk: nothing in
    it shall outlive the server.
    """
    source, name = template(), f"whop_crm_test_{secrets.token_hex(4)}"
    with _admin() as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(source), sql.Identifier(OWNER)
            )
        )
        if hasty:
            admin.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
    try:
        yield name
    finally:
        if name in _emptying:
            _emptying.pop(name).close()
        with _admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def empty(database: str) -> None:
    """Deletes every row but the migrations' own, without a trigger: a cascade would ask each table about each row."""
    connection = _emptying.get(database)
    if connection is None:
        connection = _emptying[database] = _ready_to_empty(database)
    connection.execute("SELECT pg_temp.empty()")


_emptying: dict[str, psycopg.Connection] = {}
"""A connection a database, kept for what PostgreSQL has learnt of its tables."""


def _ready_to_empty(database: str) -> psycopg.Connection:
    connection = psycopg.connect(_moved(database), autocommit=True)
    connection.execute("SET session_replication_role = replica")
    connection.execute(
        """
        DO $do$
        DECLARE statements text;
        BEGIN
            SELECT string_agg(format('DELETE FROM %s;', oid::regclass), ' ') INTO statements FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                AND relname <> 'alembic_version';
            EXECUTE format('CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS %L',
                format('BEGIN %s END', statements));
        END $do$
        """
    )
    return connection
