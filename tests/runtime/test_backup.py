"""A backup holds every row of every table, and a restore brings back exactly that, or changes nothing."""

import asyncio
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import NullPool, create_engine

from tests.support import database, every_table
from whop_crm.db import sqlalchemy_url
from whop_crm.runtime.backup import backup
from whop_crm.runtime.migrate import migrate_within, migrations, pending_migrations
from whop_crm.runtime.paths import ROOT
from whop_crm.runtime.postgres import embedded_postgres
from whop_crm.runtime.restore import restore
from whop_crm.runtime.words import CannotStart

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_configured")]
PROGRAM = Path(sys.executable).with_name("whop-crm")


@pytest.fixture
def full() -> Iterator[str]:
    """The name of a database with rows of two companies in every table."""
    with database.cloned_database() as name:
        every_table.fill(database.admin_of(name))
        yield name


@pytest.fixture
def empty() -> Iterator[str]:
    """The name of a migrated database without rows."""
    with database.cloned_database() as name:
        yield name


@contextmanager
def bare_database() -> Iterator[str]:
    """The name of a database without tables, the owner's."""
    with database.cloned_database() as name, psycopg.connect(database.admin_of(name), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP SCHEMA public CASCADE"))
        admin.execute(sql.SQL("CREATE SCHEMA public AUTHORIZATION pg_database_owner"))
        yield name


def owner(name: str) -> str:
    return database.url(name, database.OWNER)


def app(name: str) -> str:
    return database.url(name, database.APP)


def test_every_table_has_rows(full: str) -> None:
    """What the tests below compare is worth nothing for a table without any."""
    found = every_table.contents(database.admin_of(full))
    assert [name for name, (rows, _) in found.items() if rows < 2 and name != "alembic_version"] == []


def test_a_round_trip_brings_everything_back(full: str, empty: str, tmp_path: Path) -> None:
    with psycopg.connect(owner(full), autocommit=True) as connection:
        assert connection.execute("SELECT ensure_activity_month('2031-05-01')").fetchone() == (True,)
    kept = backup(owner(full), tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600
    restore(owner(empty), app(empty), tmp_path / "kept")
    before, after = (every_table.contents(database.admin_of(name)) for name in (full, empty))
    assert before == after
    assert kept.rows == sum(rows for name, (rows, _) in after.items() if name != "alembic_version")
    assert every_table.make_up(database.admin_of(full)) == every_table.make_up(database.admin_of(empty))


def test_a_database_without_tables_is_filled_too(full: str, tmp_path: Path) -> None:
    backup(owner(full), tmp_path / "kept")
    with bare_database() as bare:
        restore(owner(bare), app(bare), tmp_path / "kept")
        assert every_table.contents(database.admin_of(bare)) == every_table.contents(database.admin_of(full))


def test_the_app_can_go_on_with_what_was_restored(full: str, empty: str, tmp_path: Path) -> None:
    backup(owner(full), tmp_path / "kept")
    restore(owner(empty), app(empty), tmp_path / "kept")
    with psycopg.connect(app(empty), autocommit=True) as connection:
        with pytest.raises(psycopg.Error, match=r"app\.company_id"):
            connection.execute("SELECT * FROM members")
        company = connection.execute("SELECT min(id) FROM companies").fetchone()
        assert company is not None
        connection.execute("SELECT set_config('app.company_id', %s, false)", (str(company[0]),))
        assert connection.execute("SELECT DISTINCT company_id FROM members").fetchall() == [company]
        assert connection.execute("SELECT body FROM notes").fetchone() == (every_table.ODD,)
        connection.execute("INSERT INTO tags (company_id, name, color) VALUES (%s, 'New', 'red')", company)


def test_a_backup_of_an_older_version_is_brought_up_to_date(empty: str, tmp_path: Path) -> None:
    first = migrations()[0]
    with bare_database() as old:
        engine = create_engine(sqlalchemy_url(owner(old)), poolclass=NullPool)
        with engine.begin() as connection:
            migrate_within(connection, first)
            connection.exec_driver_sql("INSERT INTO companies (whop_id, title) VALUES ('biz_old', 'Old')")
        engine.dispose()
        assert backup(owner(old), tmp_path / "kept").revision == first
    restore(owner(empty), app(empty), tmp_path / "kept")
    assert pending_migrations(app(empty)) == []
    with psycopg.connect(app(empty)) as connection:
        assert connection.execute("SELECT title FROM companies").fetchall() == [("Old",)]


def test_nothing_is_written_over(full: str, empty: str, tmp_path: Path) -> None:
    backup(owner(full), tmp_path / "kept")
    with pytest.raises(CannotStart, match="exists already"):
        backup(owner(full), tmp_path / "kept")
    every_table.fill(database.admin_of(empty), companies=1)
    before = every_table.contents(database.admin_of(empty))
    with pytest.raises(CannotStart, match="not empty"):
        restore(owner(empty), app(empty), tmp_path / "kept")
    assert every_table.contents(database.admin_of(empty)) == before
    restore(owner(empty), app(empty), tmp_path / "kept", replace=True)
    assert every_table.contents(database.admin_of(empty)) == every_table.contents(database.admin_of(full))


def test_a_restore_that_fails_changes_nothing(full: str, empty: str, tmp_path: Path) -> None:
    """A row that a key refuses: the last thing that could go wrong."""
    backup(owner(full), tmp_path / "kept")
    with zipfile.ZipFile(tmp_path / "kept") as whole, zipfile.ZipFile(tmp_path / "broken", "w") as broken:
        for name in whole.namelist():
            rows = whole.read(name)
            broken.writestr(name, rows.replace(b"\t", b"9\t", 1) if name == "tables/members.copy" else rows)
    before = every_table.contents(database.admin_of(full))
    with pytest.raises(CannotStart, match="nothing has changed"):
        restore(owner(full), app(full), tmp_path / "broken", replace=True)
    assert every_table.contents(database.admin_of(full)) == before


@pytest.mark.parametrize("harm", ["cut", "flip", "no backup"])
def test_a_damaged_file_is_refused(full: str, empty: str, tmp_path: Path, harm: str) -> None:
    backup(owner(full), tmp_path / "kept")
    held = (tmp_path / "kept").read_bytes()
    middle = held.index(b"tables/members.copy") + 60
    flipped = held[:middle] + bytes([held[middle] ^ 0xFF]) + held[middle + 1 :]
    (tmp_path / "bad").write_bytes({"cut": held[: len(held) // 2], "flip": flipped, "no backup": b"PK"}[harm])
    with pytest.raises(CannotStart, match=r"no backup|no whole backup|damaged"):
        restore(owner(empty), app(empty), tmp_path / "bad")


def test_a_running_app_is_not_pulled_from_under(full: str, tmp_path: Path) -> None:
    backup(owner(full), tmp_path / "kept")
    with psycopg.connect(app(full), application_name="whop-crm"), pytest.raises(CannotStart, match="The app runs"):
        restore(owner(full), app(full), tmp_path / "kept", replace=True)


async def test_a_backup_is_of_one_moment(full: str, empty: str, tmp_path: Path) -> None:
    """Companies come and go all the while, each with a row in every table: none of them is kept in part."""
    done = asyncio.Event()

    def churn() -> None:
        while not done.is_set():
            every_table.fill(database.admin_of(full), companies=1)

    churning = asyncio.create_task(asyncio.to_thread(churn))
    kept = await asyncio.to_thread(backup, owner(full), tmp_path / "kept")
    done.set()
    await churning
    await asyncio.to_thread(restore, owner(empty), app(empty), tmp_path / "kept")
    found = every_table.contents(database.admin_of(empty))
    assert {rows for name, (rows, _) in found.items() if name != "alembic_version"} == {kept.tables["companies"].rows}


@pytest.mark.long
def test_the_embedded_database_by_the_commands(tmp_path: Path) -> None:
    """As typed: into a file beside the one who types, and back over what was changed since."""
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": "", "DATABASE_OWNER_URL": ""}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    with embedded_postgres(tmp_path / "data") as cluster:
        assert run("migrate").returncode == 0
        admin = cluster.admin_url.replace("/postgres?", "/whop_crm?")
        every_table.fill(admin)
        before = every_table.contents(admin)
        said = run("backup", "kept")
        assert said.returncode == 0, said.stderr
        assert "SECRET_KEY" in said.stderr
        assert (tmp_path / "kept").is_file()
        every_table.fill(admin, companies=1)
        refused = run("restore", "kept")
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
        assert run("restore", "kept", "--replace").returncode == 0
        assert every_table.contents(admin) == before
    assert ROOT not in (tmp_path / "kept").parents
