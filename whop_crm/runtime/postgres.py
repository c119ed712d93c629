"""The embedded PostgreSQL: made, started, reused and stopped. It listens on a private socket only."""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from whop_crm.runtime.generated import FILE, GeneratedSecrets, generated_secrets, write_private
from whop_crm.runtime.paths import ROOT, data_folder
from whop_crm.runtime.postgres_host import Host, host_for, lend, make_folder, socket_folder
from whop_crm.runtime.processes import Child, running, spawn
from whop_crm.runtime.words import CannotStart, in_words

MAJOR = "18"
SUPERUSER, OWNER_ROLE, APP_ROLE = "postgres", "whop_crm_owner", "whop_crm_app"
DATABASE, DEMO_DATABASE = "whop_crm", "whop_crm_demo"
_PATIENCE = 90.0
_SERVER_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Cluster:
    """A running embedded server. `app_url` can log in and owns nothing; `owner_url` is for migrations;
    `admin_url` is the superuser's, for making databases. `child` is None when somebody else runs it.
    """

    app_url: str = field(repr=False)
    owner_url: str = field(repr=False)
    admin_url: str = field(repr=False)
    child: Child | None = None


@contextmanager
def embedded_postgres(data_dir: Path, database: str = DATABASE) -> Generator[Cluster]:
    """Yields the server of this data folder, started and stopped here unless it runs already.

    Makes the cluster, both roles and the database where they are missing. Raises CannotStart.
    """
    folder = data_folder(data_dir)
    kept = generated_secrets(folder) if (folder / FILE).exists() or not cluster_path(folder).exists() else None
    if kept is None:
        raise CannotStart(
            f"{folder / FILE}, with the passwords of the embedded database, is gone. "
            f"Bring it back from a backup, or move {cluster_path(folder)} away to begin with an empty database."
        )
    with ExitStack() as stack, in_words("running the embedded database", folder):
        host = stack.enter_context(host_for(folder / "postgres"))
        with _one_at_a_time(folder):
            socket, child = running_socket(folder), None
            if socket is None:
                socket, child = _start(folder, host, kept, stack)
            _make_roles_and_database(_url(SUPERUSER, kept.postgres_password, "postgres", socket), kept, database)
        yield Cluster(
            app_url=_url(APP_ROLE, kept.app_password, database, socket),
            owner_url=_url(OWNER_ROLE, kept.owner_password, database, socket),
            admin_url=_url(SUPERUSER, kept.postgres_password, "postgres", socket),
            child=child,
        )


def app_url_of_running(data_dir: Path, database: str = DATABASE) -> str | None:
    """The app's URL of a database of the embedded server, where that runs now, started by whomever; else None."""
    folder = data_dir if data_dir.is_absolute() else ROOT / data_dir
    if not (folder / FILE).exists():
        return None
    with in_words("looking at the embedded database", folder):
        socket = running_socket(folder)
    if socket is None:
        return None
    url = _url(APP_ROLE, generated_secrets(folder).app_password, database, socket)
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return None
    return url


def cluster_path(folder: Path) -> Path:
    return folder / "postgres" / "cluster"


def running_socket(folder: Path) -> Path | None:
    """The socket folder of the server that runs this cluster now, or None. A stale lock file is cleared away."""
    lock = cluster_path(folder) / "postmaster.pid"
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) > 4 and lines[0].isdigit() and _is_postmaster(int(lines[0]), cluster_path(folder)):
        return Path(lines[4])
    lock.unlink(missing_ok=True)
    return None


def _is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether this process serves the cluster: a number in a file may have passed to another process."""
    process = Path("/proc") / str(pid)
    if not Path("/proc/self").exists():
        return _alive(pid)
    try:
        return (process / "cwd").resolve() == cluster.resolve() and (process / "exe").resolve().name == "postgres"
    except OSError:
        return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _one_at_a_time(folder: Path) -> Generator[None]:
    """Two starts of one cluster wait for each other."""
    with (folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(folder: Path, host: Host, kept: GeneratedSecrets, stack: ExitStack) -> tuple[Path, Child]:
    cluster = cluster_path(folder)
    if not cluster.exists():
        _make_cluster(folder, host, kept)
    _demand_sound(cluster)
    socket = socket_folder(cluster, host.identity)
    for stale in socket.glob(".s.PGSQL.*"):
        stale.unlink(missing_ok=True)
    log = folder / "postgres.log"
    options = [f"--{name}={value}" for name, value in _SERVER_OPTIONS.items()]
    command = [str(host.binaries / "postgres"), "-D", str(host.home / cluster.name)]
    command += [f"--unix_socket_directories={socket}", *options]
    started = log.stat().st_size if log.exists() else 0
    child = spawn(
        "The embedded database", command, log=log, folder=Path("/"), identity=host.identity, stop_signal=signal.SIGINT
    )
    stack.callback(shutil.rmtree, socket, ignore_errors=True)
    stack.enter_context(running(child))
    _wait_until_up(child, _url(SUPERUSER, kept.postgres_password, "postgres", socket), log, started)
    return socket, child


def _make_cluster(folder: Path, host: Host, kept: GeneratedSecrets) -> None:
    """initdb beside the final place, then a rename: an interrupted one leaves nothing half made."""
    cluster = cluster_path(folder)
    part, password = cluster.with_name("part"), cluster.with_name("password")
    shutil.rmtree(part, ignore_errors=True)
    make_folder(part, host.identity)
    command = [str(host.binaries / "initdb"), "-D", str(host.home / part.name), "-U", SUPERUSER]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--locale=C", "--no-instructions", f"--pwfile={host.home / password.name}"]
    log = folder / "postgres.log"
    try:
        write_private(password, kept.postgres_password)
        lend(password, host.identity)
        said, code = _run(command, host)
    finally:
        password.unlink(missing_ok=True)
    log.write_text(said, encoding="utf-8")
    log.chmod(0o600)
    if code:
        shutil.rmtree(part, ignore_errors=True)
        raise _not_started(said, log, "could not be made")
    part.rename(cluster)


def _run(command: list[str], host: Host) -> tuple[str, int]:
    """Runs one of PostgreSQL's programs to its end. Returns what it said and its exit code."""
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        cwd="/",
        user=host.identity.uid,
        group=host.identity.gid,
        extra_groups=None if host.identity.uid is None else [],
        pass_fds=host.identity.pass_fds,
    )
    return done.stdout.decode(errors="replace"), done.returncode


def _demand_sound(cluster: Path) -> None:
    """Raises CannotStart when the folder is no cluster of our version."""
    number = cluster / "PG_VERSION"
    found = number.read_text(encoding="utf-8").strip() if number.is_file() else ""
    if found and found != MAJOR:
        raise CannotStart(
            f"The database in {cluster} is of PostgreSQL {found}, and this version brings {MAJOR}. "
            "Dump it with the old version and restore it with this one."
        )
    if not found or not (cluster / "global" / "pg_control").is_file():
        raise _broken(cluster)


def _broken(cluster: Path, why: str = "parts of it are missing") -> CannotStart:
    return CannotStart(
        f"The database in {cluster} is broken: {why}. "
        "Bring the folder back from a backup, or move it away to begin with an empty one."
    )


def _wait_until_up(child: Child, url: str, log: Path, started: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if child.ended():
            with log.open("rb") as file:
                file.seek(started)
                said = file.read().decode(errors="replace")
            raise _not_started(said, log, "did not start")
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(
                    f"The passwords in {log.with_name(FILE)} are not those of the database beside it. "
                    f"Bring the right file back, or move {cluster_path(log.parent)} away to begin with an empty one."
                ) from None
            time.sleep(0.03)
        else:
            return
    raise CannotStart(f"The embedded database did not answer within {_PATIENCE:.0f} seconds; its log is {log}.")


def _not_started(said: str, where: Path, what: str) -> CannotStart:
    """The server's last complaint in words."""
    if "No space left on device" in said:
        return CannotStart(f"The disk is full, so the embedded database {what}. Free some space at {where.parent}.")
    complaints = [
        line for line in said.splitlines() if any(level in line for level in ("PANIC:", "FATAL:", "error:", "denied"))
    ]
    reason = complaints[0].split(":  ")[-1].strip().rstrip(".") if complaints else "it gave no reason"
    return CannotStart(
        f"The embedded database {what}: {reason}. More is in {where}; "
        "bring the data folder back from a backup, or move it away to begin anew."
    )


def _make_roles_and_database(admin_url: str, kept: GeneratedSecrets, database: str) -> None:
    """Both roles can log in and have no special rights; the owner owns the database."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        roles = {str(row[0]) for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role, password in ((OWNER_ROLE, kept.owner_password), (APP_ROLE, kept.app_password)):
            verb = "ALTER" if role in roles else "CREATE"
            connection.execute(
                sql.SQL(
                    "{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}"
                ).format(sql.SQL(verb), sql.Identifier(role), sql.Literal(password))
            )
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if found is None:
            statement = "CREATE DATABASE {} OWNER {} TEMPLATE template0"
            connection.execute(sql.SQL(statement).format(sql.Identifier(database), sql.Identifier(OWNER_ROLE)))


def _url(role: str, password: str, database: str, socket: Path) -> str:
    return f"postgresql://{role}:{password}@/{database}?host={quote(str(socket), safe='')}"
