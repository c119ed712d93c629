"""A way to a service that can be shut: what is under way is cut, and nobody gets in until it is opened again."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from whop_crm.runtime.ports import free_port

LOCAL = "127.0.0.1"


@dataclass
class Gate:
    """Passes connections to `port` on to `host`:`backend`."""

    host: str
    backend: int
    port: int = field(default_factory=free_port)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    @contextmanager
    def running(self) -> Iterator["Gate"]:
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        self.open()
        try:
            yield self
        finally:
            self.shut()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def open(self) -> None:
        self._do(self._open())

    def shut(self) -> None:
        self._do(self._shut())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, LOCAL, self.port)

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        while self._writers:  # noqa: ASYNC110 - each leaves by itself, at once
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection(self.host, self.backend)
            both = {writer, there_writer}
            self._writers |= both
            try:
                await asyncio.gather(_pipe(reader, there_writer), _pipe(there_reader, writer))
            finally:
                self._writers -= both
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()
