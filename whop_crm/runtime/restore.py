"""`whop-crm restore`: a backup back into a database, all of it or nothing.

One transaction makes the tables by the migrations that the backup had, fills them, and takes the migrations that came
since. Whoever looks meanwhile sees the database as it was before.
"""

import zipfile
from pathlib import Path
from typing import cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, NullPool, create_engine

from whop_crm.db import sqlalchemy_url
from whop_crm.runtime.archive import Manifest, TableDump, entry, open_archive
from whop_crm.runtime.migrate import connected, migrate_within, migrations
from whop_crm.runtime.role_check import demand_plain_role
from whop_crm.runtime.tables import months, revision, tables
from whop_crm.runtime.words import CannotStart

_BLOCK = 1 << 20
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'whop-crm' AND pid <> pg_backend_pid()
"""
_OBJECTS = """
    SELECT format('DROP TABLE %I CASCADE', relname) FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
     UNION ALL
    SELECT format('DROP FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
     WHERE pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
_KEYS = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace
     ORDER BY conrelid::regclass::text, conname
"""


def restore(owner_url: str, app_url: str, path: Path, *, replace: bool = False) -> Manifest:
    """Fills the database at `owner_url` from a backup. Raises CannotStart, and then nothing has changed."""
    with open_archive(path) as (archive, manifest):
        if manifest.revision not in migrations():
            raise CannotStart(
                f"{path} has a migration {manifest.revision} that is not in this checkout. Update it, then restore."
            )
        _demand_free(owner_url, replace)
        try:
            _fill(owner_url, archive, manifest)
        except psycopg.Error as error:
            raise CannotStart(f"The backup could not be restored, and nothing has changed: {error}") from error
    demand_plain_role(app_url)
    return manifest


def _demand_free(owner_url: str, replace: bool) -> None:
    """Nobody uses the database, and there is nothing in it unless that may go."""
    with connected(owner_url) as connection:
        if (connection.execute(_OTHERS).fetchone() or (0,))[0]:
            raise CannotStart("The app runs with this database. Stop all of its processes, then restore.")
        if not replace and revision(connection) and _has_rows(connection):
            raise CannotStart("This database is not empty. Add --replace to lose what is in it, or use another one.")


def _has_rows(connection: psycopg.Connection) -> bool:
    """Every row of a guarded table belongs to a company, so the others tell."""
    for table in tables(connection):
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table.name))
        if not table.guarded and (connection.execute(query).fetchone() or (False,))[0]:
            return True
    return False


def _fill(owner_url: str, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    options = "-c timezone=UTC -c statement_timeout=0 -c lock_timeout=10000"
    connect = {"options": options, "application_name": "whop-crm"}
    engine = create_engine(sqlalchemy_url(owner_url), poolclass=NullPool, connect_args=connect)
    with engine.begin() as connection:
        raw = _driver(connection)
        for (statement,) in raw.execute(_OBJECTS).fetchall():
            raw.execute(statement)
        migrate_within(connection, manifest.revision)
        _make_months(raw, manifest.months)
        _load(raw, archive, manifest)
        migrate_within(connection, "head")
        raw.execute("ANALYZE")
    engine.dispose()


def _driver(connection: Connection) -> psycopg.Connection:
    return cast("psycopg.Connection", connection.connection.driver_connection)


def _make_months(connection: psycopg.Connection, wanted: list[str]) -> None:
    """The timeline's partitions, so that no row falls into the one for everything else."""
    for name in set(wanted) - set(months(connection)):
        year, month = name.split("_")[1:]
        connection.execute("SELECT ensure_activity_month(make_date(%s, %s, 1))", (int(year), int(month)))


def _load(connection: psycopg.Connection, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Rows go in past policies and keys, which then hold again, or the transaction fails."""
    there = tables(connection)
    names = [sql.Identifier(table.name) for table in there]
    guarded = [sql.Identifier(table.name) for table in there if table.guarded]
    keys = connection.execute(_KEYS).fetchall()
    connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))
    for drop, _ in keys:
        connection.execute(drop)
    for table in guarded:
        connection.execute(sql.SQL("ALTER TABLE {} NO FORCE ROW LEVEL SECURITY").format(table))
    for name, dump in manifest.tables.items():
        _copy(connection, archive, name, dump)
    for _, add in keys:
        connection.execute(add)
    for table in guarded:
        connection.execute(sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(table))
    for name, value in manifest.sequences.items():
        connection.execute("SELECT setval(%s::regclass, %s)", (f"public.{name}", value))


def _copy(connection: psycopg.Connection, archive: zipfile.ZipFile, name: str, dump: TableDump) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, dump.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), columns)
    with connection.cursor() as cursor:
        with archive.open(entry(name)) as file, cursor.copy(statement) as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
        if cursor.rowcount != dump.rows:
            raise CannotStart(f"{name} has {cursor.rowcount} rows in the backup instead of {dump.rows}.")
