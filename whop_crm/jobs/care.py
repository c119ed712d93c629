"""Nothing is lost and nothing drifts: notes that somebody listens, closes gaps, compares every night, polls."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.whop import WhopClient, whop
from whop_crm.db import company_session, platform_session
from whop_crm.errors import CrmError, NotConfigured
from whop_crm.services import sync

POLL_EVERY = timedelta(minutes=10)
_log = structlog.get_logger(__name__)


class Care:
    """The care of one clock. Its first beat is the start of a process: whatever came before it may be lost."""

    def __init__(self) -> None:
        self._started = False

    async def beat(self) -> None:
        """To be called every few seconds."""
        async with platform_session() as db:
            await sync.beat(db, starting=not self._started)
        self._started = True


async def start_due() -> None:
    """Begins the catch-ups and reconciliations that are due."""
    async with platform_session() as db:
        due = await sync.list_to_care_for(db)
    for company in due:
        async with company_session(Scope.system(company)) as db:
            await sync.start_next(db)


async def watch_hooks() -> None:
    async with platform_session() as db:
        known = await sync.list_companies(db)
    await _each(known, sync.watch_hooks)


async def poll() -> None:
    async with platform_session() as db:
        due = await sync.list_to_poll(db, datetime.now(UTC) - POLL_EVERY)
    await _each(due, sync.poll)


async def _each(companies: list[CompanyRef], look: Callable[[CompanyRef, WhopClient], Awaitable[object]]) -> None:
    for company in companies:
        try:
            await look(company, whop())
        except NotConfigured:
            return
        except CrmError as error:
            _log.warning("Whop could not be asked", company=company.whop_id, reason=str(error))
