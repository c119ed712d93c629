"""A tab at a real server, over a real websocket and without a browser."""

import asyncio
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from simple_websocket import AioClient, ConnectionClosed

from tests.support.server import Server
from whop_crm import routes

HYDRATE = "reflex___state____state.hydrate_and_load"


@dataclass
class FarTab:
    """`shown` is what its browser was sent, by state and var. `closed` once the server has hung up."""

    server: Server
    path: str
    cookie: str
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: Any = None

    async def connect(self, address: str | None = None) -> None:
        """`address` is where to dial, by default this process itself."""
        place = address or f"ws://127.0.0.1:{self.server.port}"
        headers = {"origin": self.server.url, "cookie": f"{cookie_of(self.server)}={self.cookie}"}
        unchecked = None
        if place.startswith("wss"):
            unchecked = ssl.create_default_context()
            unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        self._socket = await AioClient.connect(
            f"{place}/_event/?token={self.token}&EIO=4&transport=websocket", headers=headers, ssl_context=unchecked
        )
        await self._socket.send("40/_event,")

    async def read(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                self._take(await self._socket.receive())
        self.closed = True
        self._news.set()

    def _take(self, text: str) -> None:
        if text.startswith("42/_event,"):
            kind, *rest = json.loads(text.removeprefix("42/_event,"))
            if kind == "new_token":
                self.token = rest[0]
            if kind == "event":
                for state, changes in (rest[0].get("delta") or {}).items():
                    self.shown.setdefault(state, {}).update(changes)
        self._news.set()

    async def send(self, name: str, **payload: Any) -> None:
        parts = urlsplit(self.path)
        _, company, *rest = parts.path.strip("/").split("/")
        query = {routes.COMPANY_ARG: company, **dict(parse_qsl(parts.query))}
        if len(rest) == 2:
            query[routes.MEMBER_ARG] = rest[1]
        router = {"pathname": parts.path, "query": query, "asPath": self.path}
        event = {"name": name, "payload": payload, "router_data": router}
        await self._socket.send("42/_event," + json.dumps(["event", event]))

    def var(self, state: Any, name: str) -> Any:
        return self.shown.get(state.get_full_name(), {}).get(f"{name}_rx_state_")

    async def until(self, holds: Callable[[], Any], seconds: float = 15) -> float:
        """Waits until the server has sent what makes this true; returns how long that took."""
        began = monotonic()
        async with asyncio.timeout(seconds):
            while not holds():
                self._news.clear()
                await self._news.wait()
        return monotonic() - began

    async def close(self) -> None:
        with suppress(ConnectionClosed):
            await self._socket.close()


@asynccontextmanager
async def far_tab(server: Server, path: str, cookie: str, address: str | None = None) -> AsyncIterator[FarTab]:
    """An open page at this very process whatever stands in front of it, or at `address`."""
    tab = FarTab(server, path, cookie)
    await tab.connect(address)
    reading = asyncio.create_task(tab.read())
    await tab.send(HYDRATE)
    try:
        yield tab
    finally:
        await tab.close()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def cookie_of(server: Server) -> str:
    return "__Host-whop_crm" if server.url.startswith("https://") else "whop_crm"


def signed_in(server: Server, user_id: str) -> str:
    """Signs in through Whop's page; returns the value of the session's cookie."""
    with httpx.Client(trust_env=False, timeout=30, verify=False) as browser:
        at_whop = browser.get(f"{server.url}/auth/login").headers["location"]
        fields = {**dict(parse_qsl(urlsplit(at_whop).query)), "user_id": user_id}
        back = browser.post(at_whop.partition("?")[0], data=fields).headers["location"]
        answer = browser.get(back)
        assert answer.headers["location"].startswith("/"), answer.headers["location"]
        return str(browser.cookies[cookie_of(server)])
