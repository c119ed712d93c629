"""Who works on a run. A name says where to look whether its owner still lives."""

import os
import socket
from secrets import token_hex

_host = socket.gethostname().replace(":", "-")
_here: set[str] = set()


def new_worker() -> str:
    """A name for this process's work on one run; `forget` it when the work ends."""
    name = f"{_host}:{os.getpid()}:{token_hex(4)}"
    _here.add(name)
    return name


def forget(worker: str) -> None:
    _here.discard(worker)


def is_surely_gone(worker: str) -> bool:
    """Whether the worker was a process of this machine that has ended. Of other machines only the heartbeat tells."""
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    if host != _host or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return worker not in _here
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
