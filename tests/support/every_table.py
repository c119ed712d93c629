"""A row in every table there is, for every company: made from the models, so that a new table needs no line here."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, get_origin

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlmodel import SQLModel

import whop_crm.models  # noqa: F401 - fills the metadata
from tests.support.factories import number
from whop_crm.db import sqlalchemy_url

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ODD = "tab\t, newline\n, backslash \\N \\., quotes ' \", \u202emarks\u202c, 🦊"


def fill(admin_url: str, companies: int = 2) -> None:
    """Writes past every policy, as the administrator."""
    engine = sa.create_engine(sqlalchemy_url(admin_url), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for _ in range(companies):
            company = None
            for table in SQLModel.metadata.sorted_tables:
                values = _row(connection, table, company)
                made = connection.execute(sa.insert(table).values(values).returning(*table.primary_key.columns)).one()
                if table.name == "companies":
                    company = made[0]
    engine.dispose()


def _row(connection: sa.Connection, table: sa.Table, company: int | None) -> dict[str, Any]:
    fields = _model(table).model_fields
    row: dict[str, Any] = {}
    for column in table.columns:
        given = column.nullable or column.server_default is not None or column.computed or column.identity
        if column.name == "company_id":
            row[column.name] = company
        elif not given and column.autoincrement is not True:
            row[column.name] = _value(column, fields[column.name].annotation)
    for key in table.foreign_key_constraints:
        row |= _reference(connection, key, company)
    if table.name == "notes":
        row["body"] = ODD
    return row


def _model(table: sa.Table) -> type[SQLModel]:
    return next(m.class_ for m in SQLModel._sa_registry.mappers if m.local_table is table)


def _reference(connection: sa.Connection, key: sa.ForeignKeyConstraint, company: int | None) -> dict[str, Any]:
    """The columns of a key, filled from a row that is there already; a table that names itself gets nothing."""
    there = key.referred_table
    if there is key.table:
        return {}
    query = sa.select(*[element.column for element in key.elements])
    if "company_id" in there.columns:
        query = query.where(there.columns["company_id"] == company)
    elif there.name == "companies":
        query = query.where(there.columns["id"] == company)
    found = connection.execute(query.limit(1)).first()
    return dict(zip([column.name for column in key.columns], found, strict=True)) if found else {}


def _value(column: sa.Column[Any], annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return next(iter(annotation))
    kind = get_origin(annotation) or annotation
    if kind is str:
        return f"x{number():04}"
    if kind in (int, float):
        return number()
    samples: dict[type, Any] = {bool: False, datetime: NOW, date: NOW.date(), bytes: b"\x00\xff", dict: {"a": ODD}}
    return samples[kind]


def contents(admin_url: str) -> dict[str, tuple[int, str]]:
    """Rows and their fingerprint, by table."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        ask = "SELECT count(*), md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {} t"
        return {
            name: tuple(connection.execute(sql.SQL(ask).format(sql.Identifier(name))).fetchone() or ())
            for (name,) in names
        }


def make_up(admin_url: str) -> list[tuple[Any, ...]]:
    """Everything the catalogue says of the tables: columns, keys, indexes, policies, rights, functions, partitions."""
    questions = (
        "SELECT c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text,"
        " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(c.relacl) a), pg_get_expr(c.relpartbound, c.oid)"
        " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace",
        "SELECT attrelid::regclass::text, attname, atttypid::regtype::text, attnotnull, attidentity, attgenerated"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid AND c.relnamespace = 'public'::regnamespace"
        " WHERE attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'p')",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT schemaname, tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies",
        "SELECT proname, prosecdef, proconfig::text, proowner::regrole::text, prosrc,"
        " (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(proacl) a) FROM pg_proc"
        " WHERE pronamespace = 'public'::regnamespace",
        "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'",
    )
    with psycopg.connect(admin_url, autocommit=True) as connection:
        return sorted((row for ask in questions for row in connection.execute(ask.encode())), key=repr)
