"""Signed webhooks: how fast they are taken at the door, worked off, and how long they wait under a steady stream."""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from benchmarks.measure import Figure, Section
from tests.support import database
from tests.support.sandbox import QUIET
from tests.support.server import Server, server
from whop_crm.sandbox.life import Life
from whop_crm.sandbox.outbox import SignedDelivery, take_deliveries
from whop_crm.sandbox.server import Sandbox

CONNECTIONS = 8
BURST = 4_000
PER_SECOND, SECONDS = 200, 60
_AT_ONCE = 400


def measure() -> Section:
    """Starts an app and a sandbox whose life makes the deliveries; they are sent by hand."""
    with (
        tempfile.TemporaryDirectory(prefix="webhooks-") as folder,
        server(Path(folder), replace(QUIET, members=2_000, rate_limit=None)) as running,
    ):
        asyncio.run(_connect(running))
        waiting = _deliveries(running.sandbox, random.Random(5))
        door = asyncio.run(_burst(running, list(islice(waiting, BURST))))
        steady = asyncio.run(_steady(running, list(islice(waiting, PER_SECOND * SECONDS))))
        applied = _applied(running, list(islice(waiting, BURST)))
    words = (
        f"The sandbox's own life, signed and sent over HTTP to the served app with {CONNECTIONS} connections while its "
        f"clock works them off; then {PER_SECOND} a second for {SECONDS} seconds, waiting from arrival to commit; then "
        "what one worker works off when they lie ready. Sender, app and PostgreSQL share the machine."
    )
    return Section("webhooks", "Webhooks", words, figures=[*door, *steady, applied])


async def _connect(running: Server) -> None:
    """Makes the company known to the app, as a first sign-in would, with all of its members."""
    os.environ.update({name: value for name, value in running.environment.items() if name.isupper()})
    from whop_crm.config import settings
    from whop_crm.db import dispose
    from whop_crm.jobs.sync_now import sync_now

    settings.cache_clear()
    await sync_now(running.sandbox.store.installed_accounts[0], lambda _: None)
    await dispose()


def _deliveries(sandbox: Sandbox, rng: random.Random) -> Iterator[SignedDelivery]:
    """What happens next in the first company, without end."""
    company = sandbox.store.installed_accounts[0]
    life = Life(sandbox.store, pace=0, due=False, rng=rng)
    while True:
        for _ in range(_AT_ONCE):
            life.tick()
        for delivery in take_deliveries(sandbox.store, datetime.now(UTC)):
            if f'"account_id":"{company}"' in delivery.body[:400].decode("utf-8", "ignore"):
                yield delivery


async def _burst(running: Server, deliveries: Sequence[SignedDelivery]) -> list[Figure]:
    queue = iter(deliveries)
    took: list[float] = []

    async def send() -> None:
        async with _connection(running.url) as wire:
            took.extend([await wire.post(delivery) for delivery in queue])

    began = time.perf_counter()
    async with asyncio.TaskGroup() as senders:
        for _ in range(CONNECTIONS):
            senders.create_task(send())
    seconds = time.perf_counter() - began
    took.sort()
    _settled(running)
    return [
        Figure("Accepted over HTTP", len(took) / seconds, "/s", at_least=500),
        Figure("Accepted, p99", took[int(len(took) * 0.99)], "ms", at_most=50),
    ]


async def _steady(running: Server, deliveries: Sequence[SignedDelivery]) -> list[Figure]:
    first = datetime.now(UTC)
    began = time.perf_counter()
    queue = iter(enumerate(deliveries))

    async def send() -> None:
        async with _connection(running.url) as wire:
            for number, delivery in queue:
                await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
                await wire.post(delivery)

    async with asyncio.TaskGroup() as senders:
        for _ in range(CONNECTIONS):
            senders.create_task(send())
    _settled(running)
    with psycopg.connect(database.admin_of(running.database)) as connection:
        row = connection.execute(
            "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM processed_at - received_at)),"
            " count(*) FROM webhook_events WHERE received_at >= %s",
            (first,),
        ).fetchone()
    assert row is not None, "an aggregate has a row"
    assert row[1] == len(deliveries), f"{row[1]} of {len(deliveries)} were stored"
    return [Figure(f"Arrival to commit at {PER_SECOND}/s, p95", float(row[0]), "s", at_most=2)]


def _applied(running: Server, deliveries: Sequence[SignedDelivery]) -> Figure:
    """Stored without a worker (the app is stopped), then worked off by one in this process."""
    running.child.stop()
    seconds = asyncio.run(_drained(running, deliveries))
    return Figure("Worked off by one worker", len(deliveries) / seconds, "/s", at_least=1000)


async def _drained(running: Server, deliveries: Sequence[SignedDelivery]) -> float:
    from whop_crm.access import Scope
    from whop_crm.clients.webhooks import verify
    from whop_crm.db import company_session, dispose, platform_session
    from whop_crm.jobs import inbox
    from whop_crm.services import companies, sync

    async with platform_session() as db:
        company = await companies.find_company(db, running.sandbox.store.installed_accounts[0])
    assert company is not None, "the company was synced"
    async with company_session(Scope.system(company)) as db:
        await sync.store_deliveries(db, [verify(each.body, each.headers) for each in deliveries])
    async with platform_session() as db:
        await sync.mark_due(db, [company.id])
    began = time.perf_counter()
    worked = await inbox.drain()
    seconds = time.perf_counter() - began
    assert worked == len(deliveries), f"{worked} of {len(deliveries)} were worked off"
    await dispose()
    return seconds


def _settled(running: Server) -> None:
    """Returns once nothing waits any more, and nothing has failed."""
    with psycopg.connect(database.admin_of(running.database), autocommit=True) as connection:
        deadline = time.monotonic() + 120
        while connection.execute("SELECT 1 FROM webhook_events WHERE status = 'pending' LIMIT 1").fetchone():
            assert time.monotonic() < deadline, "the inbox was not worked off within two minutes"
            time.sleep(0.05)
        failed = connection.execute("SELECT reason FROM webhook_events WHERE status = 'failed' LIMIT 1").fetchone()
        assert failed is None, failed


class _Wire:
    """One kept HTTP/1.1 connection, bare, so that the sender costs little beside what it measures."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    async def post(self, delivery: SignedDelivery) -> float:
        """Sends a delivery; milliseconds until its 200 is here."""
        lines = [f"POST {urlsplit(delivery.url).path} HTTP/1.1", f"host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in delivery.headers.items()]
        head = "\r\n".join([*lines, f"content-length: {len(delivery.body)}", "", ""])
        began = time.perf_counter()
        self._writer.write(head.encode() + delivery.body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(line for line in answer.split("\r\n") if line.startswith("content-length"))
        body = await self._reader.readexactly(int(length.partition(":")[2]))
        took = (time.perf_counter() - began) * 1000
        assert " 200 " in answer.split("\r\n")[0], (answer, body)
        return took


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[_Wire]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield _Wire(reader, writer, parts.netloc)
    finally:
        writer.close()
