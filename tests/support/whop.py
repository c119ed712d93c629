"""Our client against a sandbox without a socket, and a transport that counts and can be told to fail."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from tests.support.sandbox import QUIET, new_folder
from whop_crm.clients.whop import WhopClient
from whop_crm.config import Settings
from whop_crm.sandbox.server import Options, Sandbox, create_app

Fault = Callable[[httpx.Request], httpx.Response | Exception | None]


class Wire(httpx.AsyncBaseTransport):
    """Passes requests on and remembers them; `fault` may answer in Whop's place."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.requests: list[httpx.Request] = []
        self.fault: Fault = lambda request: None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        instead = self.fault(request)
        if isinstance(instead, Exception):
            raise instead
        try:
            return instead or await self.inner.handle_async_request(request)
        except ConnectionError as error:  # as a socket would tell it
            raise httpx.RemoteProtocolError(str(error), request=request) from None

    async def aclose(self) -> None:
        await self.inner.aclose()

    def seen(self, path: str) -> int:
        return sum(request.url.path.endswith(path) for request in self.requests)


class World:
    """A sandbox, the wire to it, and our client on that wire."""

    def __init__(self, app: FastAPI, per_minute: int) -> None:
        self.sandbox: Sandbox = app.state.sandbox
        self.wire = Wire(httpx.ASGITransport(app))
        self.per_minute = per_minute
        self.whop = WhopClient(self.settings(self.sandbox.credentials.api_key), self.wire)

    def settings(self, key: str) -> Settings:
        return Settings(
            whop_base_url="http://whop.test", whop_api_key=SecretStr(key), whop_requests_per_minute=self.per_minute
        )

    @property
    def company(self) -> str:
        return self.sandbox.store.installed_accounts[0]


@asynccontextmanager
async def open_world(
    folder: Path, members: int = 200, options: Options | None = None, per_minute: int = 1_000_000
) -> AsyncIterator[World]:
    """A quiet sandbox without a rate limit, unless `options` say otherwise."""
    app = create_app(new_folder(folder, members), options or Options(**{**vars(QUIET), "rate_limit": None}))
    async with app.router.lifespan_context(app):
        world = World(app, per_minute)
        try:
            yield world
        finally:
            await world.whop.aclose()
