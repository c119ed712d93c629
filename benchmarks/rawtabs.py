"""Tabs without a browser: each an open websocket that loads a page, counts what it is told, and can click.

`python -m benchmarks.rawtabs` is a process of its own, so that the load does not share a core with what measures it;
it takes commands on standard input, a JSON line each, and answers the same way.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

HYDRATE = "reflex___state____state.hydrate_and_load"
MOVE_ON = "reflex___state____state.reflex___state____on_load_internal_state.on_load_internal"
CONNECTING_AT_ONCE = 25
PATIENCE = 30.0
_PREFIX = "42/_event,"


@dataclass
class RawTab:
    """One tab of `url` (an origin) at `path`, as whoever holds `cookie` (`name=value`)."""

    url: str
    path: str
    query: dict[str, str]
    cookie: str
    token: str
    frames: int = 0
    last_frame: float = 0.0
    lost: bool = False
    _socket: ClientConnection | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _reader: "asyncio.Task[None] | None" = None

    async def open(self) -> None:
        """Connects, loads the page, and returns when it is shown."""
        parts = urlsplit(self.url)
        question = urlencode({"token": self.token, "EIO": "4", "transport": "websocket"})
        self._socket = await connect(
            f"ws://{parts.netloc}/_event/?{question}",
            origin=self.url,  # pyright: ignore[reportArgumentType] # an Origin is text
            additional_headers={"Cookie": self.cookie},
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
            ping_interval=None,
        )
        await self._socket.recv()
        await self._socket.send("40/_event,")
        self._reader = asyncio.create_task(self._read(self._socket))
        await self._after(self._send(HYDRATE))
        await self._quiet()

    async def move_to(self, query: dict[str, str]) -> float:
        """Another address of the same page; milliseconds until the answer is here."""
        self.query = query
        began = time.perf_counter()
        await self._after(self._send(MOVE_ON))
        return (time.perf_counter() - began) * 1000

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def _send(self, name: str) -> None:
        assert self._socket is not None
        biz = self.path.split("/")[2]
        asked = self.path + (f"?{urlencode(self.query)}" if self.query else "")
        router = {"pathname": self.path, "query": {"biz": biz, **self.query}, "asPath": asked}
        event = {"name": name, "payload": {}, "router_data": router}
        await self._socket.send(_PREFIX + json.dumps(["event", event]))

    async def _after(self, sending: Awaitable[None]) -> None:
        """Returns when a frame that fills the page has come after `sending`."""
        self._news.clear()
        await sending
        await asyncio.wait_for(self._news.wait(), PATIENCE)

    async def _quiet(self) -> None:
        """The page's own first reads are over: half a second without a frame."""
        while (rest := self.last_frame + 0.5 - time.perf_counter()) > 0:  # noqa: ASYNC110 - silence is no event
            await asyncio.sleep(rest)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                if message == "2":
                    await socket.send("3")
                elif isinstance(message, str) and message.startswith(_PREFIX):
                    self.frames += 1
                    self.last_frame = time.perf_counter()
                    if '"rows' in message or '"cards' in message or '"status' in message:
                        self._news.set()
        except WebSocketException:
            pass
        self.lost = True


@dataclass
class Crowd:
    """Many tabs, and what is measured on them."""

    tabs: list[RawTab] = field(default_factory=list)

    async def open(self, url: str, path: str, cookie: str, count: int, start: int) -> dict[str, Any]:
        """Opens `count` more; how long it took, and each one's milliseconds."""
        gate, took = asyncio.Semaphore(CONNECTING_AT_ONCE), []
        began = time.perf_counter()

        async def one(number: int) -> None:
            tab = RawTab(url, path, {}, cookie, f"bench{start + number:08d}")
            async with gate:
                at = time.perf_counter()
                await tab.open()
                took.append((tab.last_frame - at) * 1000)
            self.tabs.append(tab)

        await asyncio.gather(*(one(number) for number in range(count)))
        return {"seconds": time.perf_counter() - began, "ms": took}

    async def click(self, rounds: int, every: float) -> dict[str, Any]:
        """One tab after the other sorts its list anew, `every` seconds; each click's milliseconds."""
        took: list[float] = []
        sorts = ("revenue", "name", "joined", "mrr")
        for number in range(rounds):
            began = time.perf_counter()
            tab = self.tabs[number * 7 % len(self.tabs)]
            took.append(await tab.move_to({"sort": sorts[number % len(sorts)], "dir": "desc", "page": str(number + 1)}))
            await asyncio.sleep(max(0.0, every - (time.perf_counter() - began)))
        return {"ms": took}

    def count(self) -> dict[str, Any]:
        return {"open": sum(not tab.lost for tab in self.tabs), "frames": sum(tab.frames for tab in self.tabs)}


async def _serve() -> None:
    crowd, loop = Crowd(), asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        wish = json.loads(line)
        match wish.pop("do"):
            case "open":
                answer = await crowd.open(**wish)
            case "click":
                answer = await crowd.click(**wish)
            case _:
                answer = crowd.count()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    await asyncio.gather(*(tab.close() for tab in crowd.tabs))


if __name__ == "__main__":
    asyncio.run(_serve())
