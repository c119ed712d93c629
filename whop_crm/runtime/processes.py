"""Child processes that never outlive us: each leads a group of its own, and the kernel ends it when we die."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from whop_crm.runtime.words import CannotStart, in_words

_PR_SET_PDEATHSIG = 1
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT
_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None


@dataclass
class Child:
    """A running child. `stop_signal` asks it to end; `patience` is how many seconds it gets for that; `log` is
    where its output goes, None for ours.
    """

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0
    log: Path | None = None

    def ended(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        """Asks, waits, then kills what is left of its group."""
        if not self.ended():
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(self.patience)
            except subprocess.TimeoutExpired:
                kill_group(self.process.pid)
                self.process.wait()
        kill_group(self.process.pid)


@dataclass(frozen=True)
class Identity:
    """Another user to run as, and descriptors to hand on. None: as ourselves."""

    uid: int | None = None
    gid: int | None = None
    pass_fds: tuple[int, ...] = field(default=())


OURSELVES = Identity()


def spawn(
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    folder: Path | None = None,
    identity: Identity = OURSELVES,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Child:
    """Starts a child. Its output goes to `log` (appended), else where ours goes. Call from a thread that stays:
    the kernel signals the child when the thread that started it ends.
    """
    with in_words(f"starting {name}", log or command[0]):
        output = os.fdopen(os.open(log, _APPEND, 0o600), "ab") if log else None
        try:
            process = subprocess.Popen(  # noqa: S603 - the commands are ours
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
                preexec_fn=_end_with_parent(stop_signal),
                user=identity.uid,
                group=identity.gid,
                extra_groups=None if identity.uid is None else [],
                pass_fds=identity.pass_fds,
            )
        finally:
            if output:
                output.close()
    return Child(name, process, stop_signal, log=log)


@contextmanager
def running(child: Child) -> Generator[Child]:
    """Stops the child when the block ends."""
    try:
        yield child
    finally:
        child.stop()


def kill_group(pid: int) -> None:
    """Ends whatever is left of a child's process group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


@contextmanager
def stoppable() -> Generator[None]:
    """Ctrl-C, SIGTERM and a closed terminal all end the block the same way; further ones do not hurry the clean-up."""

    def stop(_number: int, _frame: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(children: Sequence[Child]) -> None:
    """Waits until a child ends, which none should. Raises CannotStart with its name."""
    while True:
        for child in children:
            demand_alive(child)
        time.sleep(0.2)


def demand_alive(child: Child) -> None:
    """Raises CannotStart when the child has ended."""
    code = child.process.poll()
    if code is not None:
        how = f"ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        where = f"in {child.log}" if child.log else "above"
        raise CannotStart(f"{child.name} has {how}. Its last words are {where}.")


def _end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
