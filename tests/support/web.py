"""The whole app in this process: HTTP through httpx, websockets as ASGI messages, no server and no browser."""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import httpx
from starlette.types import ASGIApp, Message, Scope

from whop_crm.services.companies import cookie_name, frame_cookie_name

ORIGIN = "http://localhost:3000"
FRAMED = "https://app1.apps.whop.com"
"""Where Whop's proxy serves the app, for the tests that set WHOP_APP_ORIGIN to it."""
HYDRATE = "reflex___state____state.hydrate_and_load"
PATIENCE = 10.0


class Refused(Exception):
    """The server would not open the websocket."""


@dataclass
class Web:
    """A started app. `http()` gives a browser's worth of HTTP, `tab()` a websocket."""

    asgi: ASGIApp
    app: Any

    def http(self, **options: Any) -> httpx.AsyncClient:
        settings = {"base_url": ORIGIN, "follow_redirects": False, **options}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.asgi, raise_app_exceptions=False), **settings)

    @asynccontextmanager
    async def tab(
        self, path: str = "/", cookie: str | None = None, *, token: str | None = None, origin: str | None = ORIGIN,
        framed: str | None = None, user_token: str = "made up",
    ) -> AsyncIterator["Tab"]:  # fmt: skip
        """An open websocket that has said nothing yet; `open()` loads its page. `framed`: through Whop's proxy, from
        this origin.
        """
        tab = Tab(self, path, cookie, token or secrets.token_hex(8), user_token if framed else "")
        await tab.connect(framed or origin)
        try:
            yield tab
        finally:
            await tab.close()


@dataclass
class Tab:
    """One tab. `shown` is what its browser was sent, by state and var; `told` what it was told to do."""

    web: Web
    path: str
    cookie: str | None
    token: str
    user_token: str = ""
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    _inbound: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    _outbound: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)
    _task: "asyncio.Task[None] | None" = None
    _reader: "asyncio.Task[None] | None" = None

    async def connect(self, origin: str | None) -> None:
        """Shakes hands as Engine.IO and Socket.IO want it. Raises Refused."""
        self._task = asyncio.create_task(self.web.asgi(self._scope(origin), self._inbound.get, self._outbound.put))
        await self._inbound.put({"type": "websocket.connect"})
        first = await asyncio.wait_for(self._outbound.get(), PATIENCE)
        if first["type"] != "websocket.accept":
            self._task.cancel()
            raise Refused(first["type"])
        self._reader = asyncio.create_task(self._read())
        await self._text("40/_event,")
        await self.until(lambda: any(frame.startswith("40/_event") for frame in self.raw))

    def _scope(self, origin: str | None) -> Scope:
        headers = [(b"host", urlsplit(ORIGIN).netloc.encode()), (b"upgrade", b"websocket"), (b"connection", b"Upgrade")]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        if self.user_token:
            headers.append((b"x-whop-user-token", self.user_token.encode()))
        if self.cookie is not None:
            name = frame_cookie_name() if self.user_token else cookie_name()
            headers.append((b"cookie", f"{name}={self.cookie}".encode()))
        query = f"token={self.token}&EIO=4&transport=websocket"
        return {
            "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": "/_event/",
            "raw_path": b"/_event/", "root_path": "", "query_string": query.encode(), "headers": headers,
            "client": ("127.0.0.1", 50000), "server": ("localhost", 3000), "subprotocols": [], "state": {},
        }  # fmt: skip

    async def _text(self, text: str) -> None:
        await self._inbound.put({"type": "websocket.receive", "text": text})

    async def _read(self) -> None:
        while True:
            message = await self._outbound.get()
            text = message.get("text") or ""
            if text == "2":
                await self._text("3")
            if text:
                self.raw.append(text)
            if text.startswith("42/_event,"):
                self._take(json.loads(text.removeprefix("42/_event,")))

    def _take(self, frame: list[Any]) -> None:
        if frame[0] == "new_token":
            self.token = frame[1]
        if frame[0] != "event":
            return
        update = frame[1]
        for state, changes in (update.get("delta") or {}).items():
            self.shown.setdefault(state, {}).update(changes)
        self.told += update.get("events") or []

    async def emit(self, name: Any, payload: Any = None, **more: Any) -> None:
        """Sends an event without waiting for anything."""
        event = {"name": name, "payload": payload or {}, "router_data": self.router_data(), **more}
        await self._text("42/_event," + json.dumps(["event", event]))

    async def send(self, name: str, payload: Any = None) -> None:
        """Sends an event and waits until the server has nothing more to do for this tab."""
        await self.emit(name, payload)
        await self.settle()

    async def call(self, state: Any, method: str, **payload: Any) -> None:
        await self.send(f"{state.get_full_name()}.{method}", payload)

    async def open(self, path: str | None = None) -> "Tab":
        """Loads a page, as a browser does after connecting."""
        self.path = path or self.path
        await self.send(HYDRATE)
        return self

    async def go(self, path: str) -> None:
        """Moves on within the app."""
        self.path = path
        await self.send("reflex___state____state.reflex___state____on_load_internal_state.on_load_internal")

    async def settle(self) -> None:
        processor = self.web.app.event_processor

        def idle() -> bool:
            busy = any(
                entry.ctx.token == self.token for queue in processor._token_queues.values() for entry, _ in queue
            )
            return self._inbound.empty() and processor._queue.empty() and not busy

        for _ in range(3):  # a finished event may have queued another in the loop's next round
            await self.until(idle)
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Waits for a condition. Raises AssertionError after ten seconds."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline, "waited too long"
            await asyncio.sleep(0.002)

    def var(self, state: Any, name: str) -> Any:
        """What the browser shows; the var's default if none was sent."""
        shown = self.shown.get(state.get_full_name(), {})
        return shown.get(f"{name}_rx_state_", shown.get(name, state.get_fields()[name].default_value()))

    def router_data(self) -> dict[str, Any]:
        parts = urlsplit(self.path)
        route = self.web.app.router(parts.path) or "404"
        query = dict(parse_qsl(parts.query))
        for pattern, actual in zip(route.split("/"), parts.path.strip("/").split("/"), strict=False):
            if pattern.startswith("["):
                query[pattern.strip("[]")] = actual
        return {"pathname": parts.path, "query": query, "asPath": self.path}

    async def close(self) -> None:
        """The browser goes away."""
        if self._reader:
            self._reader.cancel()
        await self._inbound.put({"type": "websocket.disconnect", "code": 1001})
        if self._task:
            await asyncio.wait([self._task], timeout=PATIENCE)


@asynccontextmanager
async def started() -> AsyncIterator[Web]:
    """The app with its lifespan running, without its built front end."""
    os.environ["REFLEX_CORS_ALLOWED_ORIGINS"] = f"{ORIGIN},{FRAMED}"
    os.environ |= {"__REFLEX_SKIP_COMPILE": "true", "REFLEX_TELEMETRY_ENABLED": "false", "REFLEX_ENV_MODE": "prod"}
    from whop_crm import whop_crm as root

    asgi = (app := root.app)()
    ready, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with asgi.router.lifespan_context(asgi):
            ready.set()
            await stop.wait()

    with patch.object(root.schedule, "run", nullcontext):  # tests decide themselves when a job runs
        task = asyncio.create_task(live())
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        yield Web(asgi, app)
    finally:
        stop.set()
        await task
