"""A file between the database, which is done with it soon, and a browser that takes its time.

What is written lies on disk, not in memory, and can be read while it is still written: so a slow line holds neither a
connection to the database nor memory here.
"""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress

_PIECE = 64 * 1024


class _Spool:
    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._written = 0
        self._done = False
        self._more = asyncio.Event()

    async def fill(self, pieces: AsyncIterator[bytes]) -> None:
        try:
            async for piece in pieces:
                await asyncio.to_thread(_write, self._fd, piece, self._written)
                self._written += len(piece)
                self._more.set()
        finally:
            self._done = True
            self._more.set()

    async def read(self) -> AsyncIterator[bytes]:
        position = 0
        while not self._done or position < self._written:
            while position < self._written:
                length = min(_PIECE, self._written - position)
                yield await asyncio.to_thread(os.pread, self._fd, length, position)
                position += length
            if not self._done:
                self._more.clear()
                await self._more.wait()


def _write(fd: int, piece: bytes, at: int) -> None:
    view = memoryview(piece)
    while view:
        done = os.pwrite(fd, view, at)
        view, at = view[done:], at + done


async def spooled(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces again, at the reader's pace. Raises what they raise; ends them when nobody reads any more."""
    with tempfile.TemporaryFile(prefix="whop-crm-", buffering=0) as file:
        spool = _Spool(file.fileno())
        filling = asyncio.create_task(spool.fill(pieces))
        try:
            async for piece in spool.read():
                yield piece
            await filling
        finally:
            filling.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await filling
