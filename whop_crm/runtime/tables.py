"""What the catalogue says of the tables in a database: the ground that backup and restore stand on."""

from dataclasses import dataclass

import psycopg

_TABLES = """
    SELECT c.relname, c.relrowsecurity,
           array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '')
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
       AND c.relname <> 'alembic_version'
     GROUP BY c.oid ORDER BY c.relname
"""
_MONTHS = """
    SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
     WHERE i.inhparent = 'activities'::regclass AND c.relname ~ '^activities_[0-9]{4}_[0-9]{2}$' ORDER BY 1
"""


@dataclass(frozen=True)
class Table:
    """`guarded`: row-level security lets one company's rows through at a time. `columns` without computed ones."""

    name: str
    guarded: bool
    columns: tuple[str, ...]


def tables(connection: psycopg.Connection) -> list[Table]:
    """Every table that holds data of ours, partitioned ones once."""
    return [Table(name, guarded, tuple(columns)) for name, guarded, columns in connection.execute(_TABLES)]


def months(connection: psycopg.Connection) -> list[str]:
    """The partitions of the timeline, by name."""
    return [str(name) for (name,) in connection.execute(_MONTHS)]


def sequences(connection: psycopg.Connection) -> dict[str, int]:
    """Where each sequence stands; those that were never asked are left out."""
    rows = connection.execute(
        "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
    )
    return {str(name): int(value) for name, value in rows}


def revision(connection: psycopg.Connection) -> str | None:
    """The last migration of a database; None where there was none."""
    known = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known and known[0] else None
    return str(row[0]) if row else None
