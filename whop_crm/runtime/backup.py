"""`whop-crm backup`: every row of every table, as of one moment, while the app goes on.

The owner of the tables obeys their row-level security too, so pg_dump would read nothing as the owner, and managed
servers have no stronger role. So each company's rows are read with that company set, all in one snapshot. The tables
themselves are not in the file: the migrations make them, with the roles and rights of whatever server it is.
"""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from whop_crm.runtime.archive import MANIFEST, Manifest, TableDump, entry, new_archive
from whop_crm.runtime.migrate import connected
from whop_crm.runtime.tables import Table, months, revision, sequences, tables
from whop_crm.runtime.words import CannotStart


def backup(owner_url: str, path: Path) -> Manifest:
    """Writes the database at `owner_url` to a new file. Raises CannotStart."""
    with connected(owner_url) as connection, new_archive(path) as archive:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        at = revision(connection)
        if at is None:
            raise CannotStart("This database is empty: there is nothing to keep yet.")
        connection.execute("SET LOCAL statement_timeout = 0")
        ids = [int(row[0]) for row in connection.execute("SELECT id FROM companies ORDER BY id")]
        manifest = Manifest(
            made_at=datetime.now(UTC),
            revision=at,
            postgres=str(connection.info.server_version),
            tables={each.name: _write(connection, archive, each, ids) for each in tables(connection)},
            sequences=sequences(connection),
            months=months(connection),
        )
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
    return manifest


def _write(connection: psycopg.Connection, archive: zipfile.ZipFile, table: Table, companies: list[int]) -> TableDump:
    names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    select = sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(table.name))
    rows = 0
    with archive.open(entry(table.name), "w", force_zip64=True) as file:
        for company in companies if table.guarded else [None]:
            query = select
            if company is not None:
                connection.execute("SELECT set_config('app.company_id', %s, true)", (str(company),))
                query += sql.SQL(" WHERE company_id = {}").format(sql.Literal(company))
            with connection.cursor() as cursor:
                with cursor.copy(sql.SQL("COPY ({}) TO STDOUT").format(query)) as copy:
                    for block in copy:
                        file.write(block)
                rows += cursor.rowcount
    return TableDump(columns=list(table.columns), rows=rows)
