"""Ports: is one free, and which one is."""

import errno
import socket

from whop_crm.runtime.words import CannotStart


def demand_free(host: str, port: int, setting: str) -> None:
    """Raises CannotStart when nothing could listen there. `setting` names the variable that moves it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise CannotStart(f"The address {host} means nothing on this machine. Set HOST to one that does.") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CannotStart(_reason(error, host, port, setting)) from None


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def _reason(error: OSError, host: str, port: int, setting: str) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is taken. Stop what uses it, or choose another one: {setting}={port + 1}."
        case errno.EACCES:
            return f"Port {port} needs more rights than we have. Choose one above 1023: {setting}=3000."
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine. Set HOST to one that is, such as 127.0.0.1."
        case _:
            return f"Listening on {host}, port {port}, is not possible: {error.strerror}."
