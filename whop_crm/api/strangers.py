"""A bound on the websockets of people who are not signed in: a socket costs memory, and anybody may open one."""

import ipaddress
from collections import Counter

import structlog
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from whop_crm.api.front import WebSocketRefusal
from whop_crm.db import platform_session
from whop_crm.services import companies

MOST = 200
"""As many as an office behind one address may open before anybody in it has signed in."""
log = structlog.get_logger(__name__)


class FewStrangers:
    """Counts the open websockets that no session stands behind, by address, and refuses one too many."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or await _is_known(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        address = _address(scope)
        if self._open[address] >= MOST:
            log.warning("too_many_strangers", address=address)
            await WebSocketRefusal()(scope, receive, send)
            return
        self._open[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]


async def _is_known(connection: HTTPConnection) -> bool:
    """Whether a session lives behind the cookie. Without the database whoever brings one is believed to have."""
    cookie = connection.cookies.get(companies.cookie_name())
    if cookie is None:
        return False
    try:
        async with platform_session() as db:
            return await companies.find_visit(db, cookie, None) is not None
    except Exception as error:
        log.warning("stranger_unchecked", reason=type(error).__name__)
        return True


def _address(scope: Scope) -> str:
    """The caller's address; of IPv6 the network, since one household has a whole one."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if ip.version == 4 else str(ipaddress.ip_network(f"{host}/64", strict=False))
