"""A sandbox for a test: a small world, made once and copied, and somebody to receive its webhooks."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import BaseModel
from whop_sdk import AsyncWhop
from whop_sdk.environment import WhopEnvironment

from whop_crm.sandbox import history
from whop_crm.sandbox.server import Options, Sandbox, create_app
from whop_crm.sandbox.store import Store

QUIET = Options(members=60, pace=0, due=False, deliver=False)
"""Nothing happens but what the test does."""


@lru_cache
def _template(members: int, seed: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="whop-sandbox-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = Store.open(folder)
    history.create_world(store, seed=seed, members=members)
    store.close()
    return folder


def new_folder(directory: Path, members: int = 60, seed: int = 1) -> Path:
    """A folder with a world of its own, quicker than making one."""
    folder = directory / "sandbox"
    shutil.copytree(_template(members, seed), folder)
    return folder


@asynccontextmanager
async def open_app(folder: Path, options: Options = QUIET) -> AsyncIterator[tuple[Sandbox, httpx.AsyncClient]]:
    """The sandbox without a socket, its lifespan running, and a client that talks to it."""
    app: FastAPI = create_app(folder, options)
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield app.state.sandbox, client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:4000")


@dataclass(frozen=True)
class Received:
    """One webhook as it came over the wire."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Listens on a port of its own; answers with the next of `answers`, the last one for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    got: list[Received] = field(default_factory=list)
    url: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Returns once the condition holds; looks again at each request. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                try:
                    await asyncio.wait_for(self._news.wait(), 0.05)
                except TimeoutError:
                    continue
                self._news.clear()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            code = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.got.append(Received(headers, body))
            answer = b'{"ok":true}'
            writer.write(f"HTTP/1.1 {code} X\r\ncontent-length: {len(answer)}\r\nconnection: close\r\n\r\n".encode())
            writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self._news.set()


@asynccontextmanager
async def receiving(*answers: int) -> AsyncIterator[Receiver]:
    """A webhook endpoint that answers with these codes in turn, 200 without any."""
    receiver = Receiver(list(answers) or [200])
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()


def delivering_to(receiver: Receiver, *schedule: float) -> Options:
    """Options of a sandbox that delivers to the receiver at once, and retries after these seconds."""
    return replace(QUIET, app_origin=receiver.url, webhook_path="/hook", deliver=True, retry_schedule=schedule)


def extras_of(value: object, path: str = "") -> list[str]:
    """Where a parsed SDK model, or anything in it, holds fields that its type does not declare."""
    if isinstance(value, BaseModel):
        found = [f"{path}.{name}" for name in (value.model_extra or {})]
        for name in type(value).model_fields:
            found += extras_of(getattr(value, name), f"{path}.{name}")
        return found
    if isinstance(value, dict):
        return [each for name, part in value.items() for each in extras_of(part, f"{path}.{name}")]
    if isinstance(value, list):
        return [each for part in value for each in extras_of(part, f"{path}[]")]
    return []


def sdk_of(sandbox: Sandbox, client: httpx.AsyncClient) -> AsyncWhop:
    """Whop's official SDK, as the app whose key it is."""
    places = dict.fromkeys(vars(WhopEnvironment.PRODUCTION), "http://127.0.0.1:4000/api/v1")
    return AsyncWhop(
        environment=WhopEnvironment(**places),
        token=sandbox.credentials.api_key,
        httpx_client=client,
        max_retries=0,
    )
