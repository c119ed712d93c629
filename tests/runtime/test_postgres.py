"""The embedded PostgreSQL: its roles, its restarts, and everything that may be wrong with its folder."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.unit.test_runtime import alive, eventually
from whop_crm.config import settings
from whop_crm.runtime import postgres, postgres_host
from whop_crm.runtime.generated import FILE
from whop_crm.runtime.migrate import migrate, pending_migrations
from whop_crm.runtime.postgres import Cluster, cluster_path, embedded_postgres, running_socket
from whop_crm.runtime.processes import OURSELVES, Identity
from whop_crm.runtime.role_check import demand_plain_role, role_faults
from whop_crm.runtime.words import CannotStart

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="about root's case, and we are an ordinary user")
START = (
    "import sys; from pathlib import Path; from whop_crm.runtime.postgres import embedded_postgres\n"
    "from whop_crm.runtime.words import CannotStart\n"
    "try:\n"
    "    with embedded_postgres(Path(sys.argv[1])) as cluster:\n"
    "        print(cluster.child.process.pid, flush=True); sys.stdin.read()\n"
    "except CannotStart as error: sys.exit(str(error))\n"
)


@pytest.fixture(autouse=True)
def _no_database_of_others(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A migration takes the app's role from the settings, and tests before these have set some."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose cluster was made and stopped."""
    folder = tmp_path_factory.mktemp("made") / "data"
    with embedded_postgres(folder):
        pass
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with embedded_postgres(tmp_path_factory.mktemp("running") / "data") as running:
        yield running


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A copy of it to do harm to; the owner of each file stays."""
    subprocess.run(["cp", "-a", made, tmp_path / "data"], check=True)
    return tmp_path / "data"


def asked(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()
    assert row
    return row[0]


def refusal(data: Path) -> str:
    with pytest.raises(CannotStart) as caught, embedded_postgres(data):
        pass
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith(".")
    return said


def test_roles_and_settings(cluster: Cluster) -> None:
    assert asked(cluster.app_url, "SELECT current_user::text || '@' || current_database()") == "whop_crm_app@whop_crm"
    assert asked(cluster.owner_url, "SELECT current_user::text") == "whop_crm_owner"
    assert asked(cluster.app_url, "SHOW fsync") == "on"
    assert asked(cluster.app_url, "SHOW listen_addresses") == ""
    assert asked(cluster.app_url, "SHOW server_encoding") == "UTF8"
    rights = "SELECT bool_or(rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb) FROM pg_roles"
    assert asked(cluster.app_url, f"{rights} WHERE rolname LIKE 'whop_crm%'") is False
    assert "password" not in repr(cluster)


def test_the_socket_is_private_and_short(cluster: Cluster, tmp_path: Path) -> None:
    folder = Path(str(asked(cluster.admin_url, "SHOW unix_socket_directories")))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    deep = tmp_path / ("long" * 20) / ("name" * 20)
    deep.mkdir(parents=True)
    socket = postgres_host.socket_folder(deep, OURSELVES)
    assert len(os.fsencode(socket)) < 90
    socket.rmdir()


def test_a_strangers_folder_is_not_used_for_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        place = Path(name)
        monkeypatch.setattr(postgres_host, "_short_places", lambda: [place])
        path = postgres_host.socket_folder(place, OURSELVES)
        assert path.parent == place
        path.rmdir()
        path.symlink_to("/")
        other = postgres_host.socket_folder(place, OURSELVES)
        assert other != path
        other.rmdir()


@ROOT_ONLY
def test_what_a_link_leads_to_is_not_given_away(tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    (tmp_path / "ours").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ours")
    with pytest.raises(FileExistsError):
        postgres_host.make_folder(tmp_path / "link", Identity(nobody.pw_uid, nobody.pw_gid))
    assert (tmp_path / "ours").stat().st_uid == os.geteuid()


def test_the_app_refuses_roles_that_see_everything(cluster: Cluster) -> None:
    assert pending_migrations(cluster.app_url)
    migrate(cluster.owner_url)
    assert pending_migrations(cluster.app_url) == []
    demand_plain_role(cluster.app_url)
    assert role_faults(cluster.owner_url) == ["it owns the tables"]
    with pytest.raises(CannotStart, match="it is a superuser, and it has BYPASSRLS"):
        demand_plain_role(cluster.admin_url)


def test_a_database_of_a_newer_checkout_is_a_sentence(cluster: Cluster) -> None:
    with psycopg.connect(cluster.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar)")
        connection.execute("DELETE FROM alembic_version")
        connection.execute("INSERT INTO alembic_version VALUES ('from_the_future')")
        connection.execute("GRANT SELECT ON alembic_version TO whop_crm_app")
    with pytest.raises(CannotStart, match=r"from_the_future.*update the checkout"):
        pending_migrations(cluster.app_url)


def test_an_unreachable_database_is_a_sentence() -> None:
    with pytest.raises(CannotStart, match=r"cannot be reached.*Check DATABASE_URL"):
        role_faults("postgresql://nobody:pw@127.0.0.1:1/none")


def test_data_outlives_a_restart_and_a_second_start_uses_the_first(data: Path) -> None:
    with embedded_postgres(data) as first:
        with psycopg.connect(first.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        with embedded_postgres(data, "another") as second:
            assert second.child is None
            assert asked(second.app_url, "SELECT current_database()") == "another"
        assert asked(first.owner_url, "SELECT n FROM kept") == 7
        socket = running_socket(data)
        assert socket
    assert not socket.exists()
    with embedded_postgres(data) as again:
        assert asked(again.owner_url, "SELECT n FROM kept") == 7


def test_a_lock_file_of_somebody_else_does_no_harm(data: Path) -> None:
    (cluster_path(data) / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster_path(data)}\n0\n5432\n/tmp\n\n")
    with embedded_postgres(data) as cluster:
        assert asked(cluster.app_url, "SELECT 1") == 1


def test_it_recovers_from_a_kill(data: Path) -> None:
    with embedded_postgres(data) as cluster:
        with psycopg.connect(cluster.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        assert cluster.child
        cluster.child.process.send_signal(signal.SIGKILL)
        cluster.child.process.wait()
    with embedded_postgres(data) as cluster:
        assert asked(cluster.owner_url, "SELECT n FROM kept") == 7


def test_it_does_not_outlive_us(data: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        server = int(parent.stdout.readline())
        assert alive(server)
        parent.kill()
        assert eventually(lambda: not alive(server))
    with embedded_postgres(data) as cluster:
        assert asked(cluster.app_url, "SELECT 1") == 1


def test_lost_passwords_are_a_sentence(data: Path) -> None:
    (data / FILE).unlink()
    assert "is gone" in refusal(data)


def test_the_wrong_passwords_are_a_sentence(data: Path, tmp_path: Path) -> None:
    from whop_crm.runtime.generated import generated_secrets

    (tmp_path / "other").mkdir()
    generated_secrets(tmp_path / "other")
    shutil.copy(tmp_path / "other" / FILE, data / FILE)
    assert "are not those of the database beside it" in refusal(data)


@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        (lambda path: (path / "global" / "pg_control").unlink(), "is broken: parts of it are missing"),
        (lambda path: (path / "PG_VERSION").unlink(), "is broken: parts of it are missing"),
        (lambda path: (path / "PG_VERSION").write_text("15\n"), "is of PostgreSQL 15"),
        (lambda path: (path / "global" / "pg_control").write_bytes(b"\0" * 8192), "did not start:"),
        (lambda path: (path / "postgresql.conf").write_text("nonsense = yes\n"), "did not start:"),
        (lambda path: shutil.rmtree(path / "pg_wal"), "did not start:"),
        (lambda path: path.chmod(0o777), "did not start:"),
    ],
)
def test_a_broken_folder_is_a_sentence(data: Path, harm, expected: str) -> None:
    harm(cluster_path(data))
    assert expected in refusal(data)


def test_an_interrupted_making_begins_anew(data: Path) -> None:
    cluster_path(data).rename(cluster_path(data).with_name("part"))
    with embedded_postgres(data) as cluster:
        assert asked(cluster.app_url, "SELECT 1") == 1
    assert not cluster_path(data).with_name("part").exists()


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    said = "PANIC:  could not write to file: No space left on device"
    error = postgres._not_started(said, tmp_path / "postgres.log", "did not start")
    assert str(error) == f"The disk is full, so the embedded database did not start. Free some space at {tmp_path}."


@ROOT_ONLY
def test_root_lends_a_user_and_opens_no_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    modes = {folder: folder.stat().st_mode for folder in (closed, *closed.parents)}
    with embedded_postgres(closed / "data") as cluster:
        assert cluster.child
        owner = Path(f"/proc/{cluster.child.process.pid}").stat().st_uid
        assert owner != 0
        assert cluster_path(closed / "data").stat().st_uid == owner
    assert {folder: folder.stat().st_mode for folder in modes} == modes


@ROOT_ONLY
def test_an_ordinary_user_can_start_it_and_says_when_it_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = pwd.getpwnam("nobody")
    programs = postgres_host._reachable_binaries(nobody.pw_uid, nobody.pw_gid)
    monkeypatch.setattr(postgres_host, "_wheel", lambda: programs.parents[1])
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        home = Path(name)
        home.chmod(0o711)
        (home / "own").mkdir()
        os.chown(home / "own", nobody.pw_uid, nobody.pw_gid)
        assert _started_by(nobody, home / "own" / "data") == "started as whop_crm_app"
        assert _started_by(nobody, home / "data").startswith("There is no permission to use")


def _started_by(user: pwd.struct_passwd, data: Path) -> str:
    """What comes of a start by this user. Forked, not executed: the interpreter may lie where only we can go."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        try:
            with embedded_postgres(data) as cluster:
                said = f"started as {asked(cluster.app_url, 'SELECT current_user::text')}"
        except BaseException as error:
            said = str(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said
