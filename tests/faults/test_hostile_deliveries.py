"""Ten thousand deliveries that nobody should send, to the served app: no failure, nothing stored, no memory kept."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx

from tests.support.crm import Crm
from tests.support.deliveries import PATH
from tests.support.hostile import ANSWERS, Forge, Hostile

DELIVERIES, WARM_UP, AT_ONCE = 10_000, 1_500, 8
MOST_GROWTH = 32 * 1024 * 1024
"""What the process may have grown by, once it has seen every kind: 10,000 bodies kept would be ten times that."""

RAW = (
    b'POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{"type":',  # and then silence
    b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
    b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense\r\n",
    b"POST %s HTTP/1.1\r\nHost: x\r\nwebhook-id: \x00\x01\r\nContent-Length: 2\r\n\r\n{}",
    b"POST %s HTTP/1.1\r\nHost: x\r\nwebhook-signature: %s\r\nContent-Length: 2\r\n\r\n{}" % (b"%s", b"A" * 300_000),
    b"\x16\x03\x01\x02\x00\x01\x00\x01%s",
)
"""What is not even HTTP, or promises what does not come."""


def test_ten_thousand_hostile_deliveries_leave_nothing(crm: Crm) -> None:
    forge = Forge(7, crm.server.sandbox.credentials.webhook_secret, crm.company)
    stored = crm.value("SELECT count(*) FROM webhook_events")
    assert asyncio.run(send(crm.url, forge.make(WARM_UP))) == Counter()
    before = memory(crm)
    assert asyncio.run(send(crm.url, forge.make(DELIVERIES - WARM_UP))) == Counter()
    for broken in RAW * 10:
        spit(crm.server.port, broken.replace(b"%s", PATH.encode(), 1))
    grown = memory(crm) - before
    assert grown < MOST_GROWTH, f"grown by {grown / 1024 / 1024:.0f} MB"
    assert crm.value("SELECT count(*) FROM webhook_events") == stored
    assert httpx.get(f"{crm.url}/api/health", trust_env=False).status_code == 200
    assert crm.complaints() == []


async def send(url: str, deliveries: Iterable[Hostile]) -> Counter[tuple[str, int]]:
    """Sends all; what was answered as it should not be, by kind."""
    wrong, waiting = Counter[tuple[str, int]](), iter(deliveries)

    async def work(http: httpx.AsyncClient) -> None:
        for one in waiting:
            headers = {name: value.encode() for name, value in one.headers.items()}
            status = await _answer(http, one, headers)
            if status not in ANSWERS:
                wrong[one.kind, status] += 1

    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, limits=limits) as http:
        await asyncio.gather(*(work(http) for _ in range(AT_ONCE)))
    return wrong


async def _answer(http: httpx.AsyncClient, one: Hostile, headers: dict[str, bytes]) -> int:
    """The status. A server may hang up on what is too large before all of it has come."""
    try:
        return (await http.post(PATH, content=one.body, headers=headers)).status_code
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return 413 if one.kind == "huge" else 0


def spit(port: int, what: bytes) -> None:
    """Sends bytes and leaves. A status line that comes back must not be a 5xx."""
    with socket.create_connection(("127.0.0.1", port), 5) as wire:
        wire.settimeout(0.2)
        try:
            wire.sendall(what)
            said = wire.recv(100)
        except (TimeoutError, ConnectionError):
            return
    assert not said.startswith(b"HTTP/1.1 5"), said


def memory(crm: Crm) -> int:
    """Resident bytes of the server and its workers."""
    return sum(_resident(pid) for pid in _family(crm.server.child.process.pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024
