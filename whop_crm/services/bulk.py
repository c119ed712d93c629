"""Many rows in one statement: rows travel as one JSON parameter and are read back as a table.

Faster than a statement or a parameter per value, and the text of each statement stays the same whatever the number of
rows, so that PostgreSQL keeps its plan.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from pydantic_core import to_json
from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from whop_crm.db import CompanyDb

Row = Mapping[str, object]

FACTS_LOCK = "pg_advisory_xact_lock(hashtextextended('facts ' || CAST(:company AS text), 0))"
"""Held by whoever writes facts of a company, until the transaction ends: what is summed up is not being changed."""


class Link(StrEnum):
    """How rows find their member: by `whop_member_id` and, where that is not told, `whop_user_id`; or by user alone."""

    PERSON = "person"
    USER = "user"


LINKED = {
    Link.PERSON: """
LEFT JOIN LATERAL (SELECT id FROM members WHERE whop_id = r.whop_member_id OFFSET 0) by_id ON true
LEFT JOIN LATERAL (
    SELECT id FROM members WHERE whop_user_id = r.whop_user_id AND r.whop_member_id IS NULL ORDER BY id LIMIT 1
) by_user ON true""",
    Link.USER: """
LEFT JOIN LATERAL (
    SELECT id FROM members WHERE whop_user_id = r.whop_user_id ORDER BY id LIMIT 1
) by_user ON true""",
}
LINKED_ID = {Link.PERSON: "coalesce(by_id.id, by_user.id)", Link.USER: "by_user.id"}


def looked_up(table: str, by: str = "whop_id", param: str = "ids") -> str:
    """A FROM item: the rows of `table` whose `by` is one of the distinct values of `:param`, a list `as_json`.

    OFFSET 0 keeps each look-up a look-up by index: a kept plan is not to read a whole company once it has grown, and a
    cast is no leakproof function, so that under row-level security it must be done before the table is looked at.
    """
    kind = "bigint" if by in _NUMBERS else "text"
    return (
        f"(SELECT CAST(value AS {kind}) AS key FROM json_array_elements_text(CAST(:{param} AS json)) OFFSET 0)"  # noqa: S608 - names are ours
        f" {param}_wanted CROSS JOIN LATERAL (SELECT * FROM {table} WHERE {by} = {param}_wanted.key OFFSET 0)"
    )


_NUMBERS = ("id", "member_id", "membership_id")


def as_json(rows: Sequence[object]) -> str:
    """Rows or values as one parameter; times in ISO, without the NULs that PostgreSQL's text cannot hold."""
    payload = to_json(rows).decode()
    return to_json(_without_nuls(rows)).decode() if "\\u0000" in payload else payload


def _without_nuls(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, Mapping):
        return {key: _without_nuls(each) for key, each in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_without_nuls(each) for each in cast("Sequence[object]", value)]
    return value


def table_of(model: type[SQLModel]) -> Table:
    return cast("Table", model.__table__)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] # of every table model


@lru_cache
def recordset(table: Table, columns: tuple[str, ...]) -> str:
    """`json_to_recordset(…) AS r(…)` with the columns' own types; the parameter is `:rows`."""
    dialect = postgresql.dialect()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportAttributeAccessIssue] # SQLAlchemy leaves it untyped
    types = ", ".join(f"{name} {table.c[name].type.compile(dialect=dialect)}" for name in columns)
    return f"json_to_recordset(CAST(:rows AS json)) AS r({types})"


@lru_cache
def _upsert_sql(
    table: Table, columns: tuple[str, ...], key: tuple[str, ...], link: Link | None, sets: tuple[Any, ...]
) -> str:
    own = dict(sets)
    written = (*columns, "member_id") if link else columns
    values = ", ".join([f"r.{name}" for name in columns] + ([LINKED_ID[link]] if link else []))
    changes = ", ".join(f"{name} = {own.get(name, f'excluded.{name}')}" for name in written if name not in key)
    on = ", ".join(f"r.{name}" for name in key)
    return f"""
        INSERT INTO {table.name} AS t (company_id, {", ".join(written)})
        SELECT :company, {values} FROM {recordset(table, columns)}{LINKED[link] if link else ""} ORDER BY {on}
        ON CONFLICT (company_id, {", ".join(key)}) DO UPDATE SET {changes} WHERE excluded.version >= t.version
    """  # noqa: S608 - names come from the models


async def upsert(
    db: CompanyDb,
    model: type[SQLModel],
    rows: Sequence[Row],
    *,
    key: tuple[str, ...] = ("whop_id",),
    link: Link | None = None,
    sets: Mapping[str, str] | None = None,
) -> None:
    """Inserts rows, or replaces the stored ones that are not newer; all rows carry the same columns.

    `link` fills `member_id`. `sets` are SQL expressions for columns
    that a conflict does not simply replace: `t` is the stored row, `excluded` the new one.
    """
    if not rows:
        return
    columns = tuple(rows[0])
    statement = _upsert_sql(table_of(model), columns, key, link, tuple(sorted((sets or {}).items())))
    await db.execute(text(statement), {"rows": as_json(rows), "company": db.scope.company_id})


def overwrite(model: type[SQLModel], columns: Sequence[str], source: str, returning: str = "") -> str:
    """The statement that sets `columns` of stored rows to what the query `source` says, where that differs.

    `source` yields the table's key and `columns`. Written as an insert that conflicts with each row's own key: joined
    to the table in an UPDATE, a few hundred rows may cost a scan of the company for each of them.
    """
    table = table_of(model)
    key = [column.name for column in table.primary_key if column.name != "company_id"]
    needed = [c.name for c in table.c if not c.nullable and c.server_default is None and c.name != "company_id"]
    kept = list(dict.fromkeys([*key, *needed]))
    names = ", ".join([*kept, *(name for name in columns if name not in kept)])
    values = ", ".join([*(f"t.{name}" for name in kept), *(f"s.{name}" for name in columns if name not in kept)])
    match = " AND ".join(f"{name} = s.{name}" for name in key)
    old, new = (", ".join(f"{side}.{name}" for name in columns) for side in "ts")
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return f"""
        INSERT INTO {table.name} AS t (company_id, {names})
        SELECT company_id, {values} FROM ({source}) s
        CROSS JOIN LATERAL (SELECT * FROM {table.name} WHERE {match} OFFSET 0) t
        WHERE ({old}) IS DISTINCT FROM ({new}) ORDER BY {", ".join(f"t.{name}" for name in key)}
        ON CONFLICT (company_id, {", ".join(key)}) DO UPDATE SET {changes} {returning}
    """  # noqa: S608 - names come from the models


@lru_cache
def _insert_sql(table: Table, columns: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    values = ", ".join(f"r.{name}" for name in columns)
    return f"INSERT INTO {table.name} (company_id, {names}) SELECT :company, {values} FROM {recordset(table, columns)}"  # noqa: S608 - names come from the models


async def insert_rows(db: CompanyDb, model: type[SQLModel], rows: Sequence[Row]) -> None:
    if rows:
        statement = _insert_sql(table_of(model), tuple(rows[0]))
        await db.execute(text(statement), {"rows": as_json(rows), "company": db.scope.company_id})
