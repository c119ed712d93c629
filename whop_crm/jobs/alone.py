"""`whop-crm worker`: the clock without web pages, in a process of its own."""

import asyncio
import signal

import structlog

from whop_crm import log
from whop_crm.clients import whop
from whop_crm.db import dispose
from whop_crm.jobs import schedule

_log = structlog.get_logger(__name__)


async def work() -> None:
    """Runs the clock, or waits for its turn, until SIGTERM or Ctrl-C."""
    log.configure()
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    try:
        async with schedule.run():
            _log.info("the worker is ready")
            await asked_to_stop.wait()
    finally:
        await whop.close()
        await dispose()
    _log.info("the worker has stopped")
