"""Tenancy lives in the database: what its catalogue must say of every company table, and what the app's role can do."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support import database

NOT_A_COMPANYS_OWN = {"company_access", "inboxes", "api_key_lookups"}
"""They name companies, but are read across them: who may open which, whose inbox is due, whose a key is."""

INDEXABLE = {"int4", "int8", "text", "varchar", "timestamptz", "date", "bool", "float8", "uuid"}


@pytest.fixture(scope="module")
def owner(database_name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.admin_of(database_name), autocommit=True) as connection:
        yield connection


@pytest.fixture
def app(database_name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.url(database_name, database.APP)) as connection:
        yield connection
        connection.rollback()


def rows(connection: psycopg.Connection, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(statement, values).fetchall()  # pyright: ignore[reportArgumentType] # constants of these tests


@pytest.fixture(scope="module")
def company_tables(owner: psycopg.Connection) -> list[str]:
    """Tables with a `company_id` that row-level security guards, partitioned ones once."""
    found = rows(
        owner,
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id'"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
        " ORDER BY 1",
    )
    return [name for (name,) in found if name not in NOT_A_COMPANYS_OWN]


def test_there_are_company_tables(company_tables: list[str]) -> None:
    assert {"members", "payments", "activities", "notes", "webhook_events", "sync_runs"} <= set(company_tables)


def test_every_company_table_is_guarded(owner: psycopg.Connection, company_tables: list[str]) -> None:
    guarded = rows(
        owner,
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id'"
        " WHERE c.relrowsecurity AND c.relforcerowsecurity AND a.attnotnull AND c.relname = ANY(%s) ORDER BY 1",
        company_tables,
    )
    assert [name for (name,) in guarded] == company_tables


def test_every_company_table_has_the_one_policy(owner: psycopg.Connection, company_tables: list[str]) -> None:
    same = "(company_id = (current_setting('app.company_id'::text))::bigint)"
    found = rows(owner, "SELECT tablename, cmd, permissive, qual, with_check FROM pg_policies ORDER BY 1")
    assert found == [(name, "ALL", "PERMISSIVE", same, same) for name in company_tables]


def test_partitions_are_guarded_and_closed(owner: psycopg.Connection) -> None:
    open_ones = rows(
        owner,
        "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND ("
        " NOT relrowsecurity OR NOT relforcerowsecurity OR has_table_privilege(%s, oid, 'SELECT')"
        " OR has_table_privilege(%s, oid, 'INSERT') OR has_table_privilege(%s, oid, 'UPDATE'))",
        *[database.APP] * 3,
    )
    assert open_ones == []


def test_keys_between_company_tables_cannot_leave_the_company(
    owner: psycopg.Connection, company_tables: list[str]
) -> None:
    """Foreign keys do not obey row-level security."""
    loose = rows(
        owner,
        "SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k WHERE k.contype = 'f'"
        " AND k.conrelid::regclass::text = ANY(%s) AND k.confrelid::regclass::text = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) AS pair(mine, theirs)"
        " JOIN pg_attribute m ON m.attrelid = k.conrelid AND m.attnum = pair.mine AND m.attname = 'company_id'"
        " JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = pair.theirs AND t.attname = 'company_id')",
        company_tables,
        company_tables,
    )
    assert loose == []


def test_every_unique_and_key_starts_with_the_company(owner: psycopg.Connection, company_tables: list[str]) -> None:
    others = rows(
        owner,
        "SELECT i.indexrelid::regclass::text FROM pg_index i"
        " LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
        " WHERE i.indisunique AND i.indrelid::regclass::text = ANY(%s) AND a.attname IS DISTINCT FROM 'company_id'",
        company_tables,
    )
    assert others == [("webhook_events_webhook_id",)]


def test_what_is_indexed_can_be_used_under_row_level_security(owner: psycopg.Connection) -> None:
    """An operator that is not leakproof is not run before the policy, so no index is ever searched with it."""
    indexed = rows(
        owner,
        "SELECT i.indexrelid::regclass::text, t.typname, bool_and(p.proleakproof) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace"
        " CROSS JOIN generate_series(0, i.indnkeyatts - 1) AS k"
        " JOIN pg_attribute a ON a.attrelid = i.indexrelid AND a.attnum = k + 1 JOIN pg_type t ON t.oid = a.atttypid"
        " JOIN pg_opclass o ON o.oid = i.indclass[k] JOIN pg_amop m ON m.amopfamily = o.opcfamily"
        " AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype"
        " JOIN pg_operator op ON op.oid = m.amopopr JOIN pg_proc p ON p.oid = op.oprcode GROUP BY 1, 2",
    )
    assert len(indexed) > 50
    assert [each for each in indexed if not each[2] or each[1] not in INDEXABLE] == []


NEVER_FILTERED = {
    ("webhook_events", "payload"),
    ("segments", "filter"),
    ("custom_fields", "options"),
    ("bulk_chunks", "member_ids"),
    ("bulk_chunks", "changed"),
    ("team_changes", "payload"),
    ("saved_views", "columns"),
    ("list_layouts", "columns"),
    ("imports", "headers"),
    ("imports", "mapping"),
    ("imports", "plan"),
    ("import_chunks", "lines"),
    ("import_chunks", "problems"),
    ("import_steps", "given"),
    ("import_steps", "changed"),
}


def test_no_column_is_of_a_type_that_a_filter_must_not_use(
    owner: psycopg.Connection, company_tables: list[str]
) -> None:
    odd = rows(
        owner,
        "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_type t ON t.oid = a.atttypid WHERE c.relname = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped"
        " AND NOT t.typname = ANY(%s)",
        company_tables,
        list(INDEXABLE),
    )
    assert set(odd) == NEVER_FILTERED


def test_the_apps_role_owns_nothing_and_cannot_step_around(owner: psycopg.Connection) -> None:
    role = "(SELECT oid FROM pg_roles WHERE rolname = %s)"
    assert rows(
        owner,
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s",
        database.APP,
    ) == [(False, False, False, False)]
    assert rows(owner, f"SELECT relname FROM pg_class WHERE relowner = {role}", database.APP) == []
    assert rows(owner, f"SELECT 1 FROM pg_auth_members WHERE member = {role}", database.APP) == []
    assert rows(owner, "SELECT has_schema_privilege(%s, 'public', 'CREATE')", database.APP) == [(False,)]
    assert rows(
        owner, "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND has_table_privilege(%s, oid, 'TRUNCATE')",
        database.APP,
    ) == []  # fmt: skip


@pytest.mark.parametrize("setting", [None, ""])
def test_a_query_outside_a_company_session_is_an_error(
    app: psycopg.Connection, company_tables: list[str], setting: str | None
) -> None:
    """An empty setting is what a pooled connection is left with: it must fail, never answer with nothing."""
    for table in company_tables:
        if setting is not None:
            app.execute("SELECT set_config('app.company_id', %s, true)", (setting,))
        with pytest.raises(psycopg.Error, match=r"app\.company_id|bigint"):
            rows(app, f"SELECT * FROM {table}")
        app.rollback()


@pytest.fixture
def two(owner: psycopg.Connection, app: psycopg.Connection) -> Iterator[tuple[int, int]]:
    """Two companies, a member with a tag and an activity in each; the app's connection is bound to the first."""
    owner.execute("DELETE FROM companies")
    ids = [
        rows(owner, "INSERT INTO companies (whop_id, title) VALUES (%s, '') RETURNING id", f"biz_{n}")[0][0]
        for n in (1, 2)
    ]
    for n in ids:
        owner.execute(
            "INSERT INTO members (company_id, id, whop_id, version, access_level, presence, whop_created_at)"
            " VALUES (%s, %s, 'mber_' || %s, now(), 'customer', 'joined', now())", (n, n, n),
        )  # fmt: skip
        owner.execute("INSERT INTO tags (company_id, id, name, color) VALUES (%s, %s, 'VIP', 'red')", (n, n))
        owner.execute(
            "INSERT INTO activities (company_id, occurred_at, source, kind, grp, origin, title)"
            " VALUES (%s, now(), 'x', 'posted', 'community', 'live', '')", (n,),
        )  # fmt: skip
    app.execute("SELECT set_config('app.company_id', %s, false)", (str(ids[0]),))
    app.commit()
    yield ids[0], ids[1]
    owner.execute("DELETE FROM companies")


@pytest.mark.parametrize("table", ["members", "tags", "activities"])
def test_another_companys_rows_cannot_be_read_changed_or_deleted(
    app: psycopg.Connection, two: tuple[int, int], table: str
) -> None:
    mine, theirs = two
    assert rows(app, f"SELECT company_id FROM {table}") == [(mine,)]
    assert rows(app, f"SELECT company_id FROM {table} WHERE company_id = {theirs}") == []
    column = {"members": "name", "tags": "name", "activities": "title"}[table]
    assert app.execute(f"UPDATE {table} SET {column} = 'mine now'").rowcount == 1  # pyright: ignore[reportArgumentType] # constants of this test
    assert app.execute(f"DELETE FROM {table} WHERE company_id = {theirs}").rowcount == 0  # pyright: ignore[reportArgumentType] # as above
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        rows(app, f"UPDATE {table} SET company_id = {theirs} RETURNING 1")


def test_nothing_can_be_written_into_another_company(app: psycopg.Connection, two: tuple[int, int]) -> None:
    mine, theirs = two
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        rows(app, f"INSERT INTO tags (company_id, name, color) VALUES ({theirs}, 'x', 'red') RETURNING 1")
    app.rollback()
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        rows(
            app,
            f"INSERT INTO member_tags (company_id, member_id, tag_id) VALUES ({mine}, {mine}, {theirs}) RETURNING 1",
        )


def test_a_partition_cannot_be_read_past_its_parent(app: psycopg.Connection, two: tuple[int, int]) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(app, "SELECT * FROM activities_other")
