"""Several app processes over one database and one Whop, behind a balancer that knows which of them live."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.sandbox import QUIET
from tests.support.server import Server, awaited, build, surroundings
from whop_crm.runtime.ports import free_port
from whop_crm.runtime.processes import kill_group
from whop_crm.runtime.serve import start_server
from whop_crm.sandbox.server import Options

LOCAL = "127.0.0.1"


@dataclass
class Balancer:
    """Passes each connection to a backend in turn, past those that do not answer."""

    port: int
    backends: list[int]
    _turn: int = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        loop, ready = asyncio.new_event_loop(), threading.Event()
        ended = asyncio.Event()
        thread = threading.Thread(target=self._run, args=(loop, ready, ended))
        thread.start()
        ready.wait()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join()

    def _run(self, loop: asyncio.AbstractEventLoop, ready: threading.Event, ended: asyncio.Event) -> None:
        async def serve() -> None:
            server = await asyncio.start_server(self._serve, LOCAL, self.port)
            ready.set()
            await ended.wait()
            server.close()

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        for step in range(len(self.backends)):
            backend = self.backends[(self._turn + step) % len(self.backends)]
            with suppress(OSError):
                back_reader, back_writer = await asyncio.open_connection(LOCAL, backend)
                await asyncio.gather(_pipe(reader, back_writer), _pipe(back_reader, writer))
                return
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


@dataclass
class Fleet:
    """`processes` serve one app at `url`; each is a Server with the shared address and a port of its own."""

    url: str
    processes: list[Server]

    @property
    def first(self) -> Server:
        return self.processes[0]

    def leader(self) -> Server | None:
        """The process whose log says last that the clock ticks there, and that still runs."""
        found = [one for one in self.processes if not one.child.ended() and leads(one)]
        assert len(found) < 2, "two processes run the clock"
        return found[0] if found else None


def leads(server: Server) -> bool:
    """Whether this process runs the clock, by its own metrics."""
    with suppress(httpx.HTTPError):
        metrics = httpx.get(f"http://{LOCAL}:{server.port}/metrics", trust_env=False, timeout=5).text
        return "\nwhop_crm_clock 1.0" in metrics
    return False


def kill(server: Server) -> None:
    """kill -9 of everything in this process group, as a machine that loses power."""
    kill_group(server.child.process.pid)
    server.child.process.wait()


def ask_to_stop(server: Server) -> None:
    os.kill(server.child.process.pid, signal.SIGTERM)


@contextmanager
def fleet(
    directory: Path, options: Options = QUIET, processes: int = 2, origin: str | None = None, **settings: str
) -> Iterator[Fleet]:
    """The app in several processes. The words of each are in `directory`/app-N.log. `origin` is the address of what
    stands in front where that is not our own balancer.
    """
    build()
    ports = [free_port() for _ in range(processes + 1)]
    url = origin or f"http://localhost:{ports[0]}"
    with ExitStack() as stack:
        sandbox, name, environment = stack.enter_context(surroundings(directory, url, options, settings))
        stack.enter_context(Balancer(ports[0], ports[1:]).running())
        logs = [directory / f"app-{number}.log" for number in range(processes)]
        made = [
            Server(url, port, sandbox, name, environment, log, start_server(LOCAL, port, environment, log=log))
            for port, log in zip(ports[1:], logs, strict=True)
        ]
        try:
            for one in made:
                awaited(one.child, one.port, one.log)
            yield Fleet(url, made)
        finally:
            for one in made:
                one.child.stop()
