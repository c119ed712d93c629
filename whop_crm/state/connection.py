"""How the company hangs together with Whop: one tab's view of it, and its one button."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.clients.whop import whop
from whop_crm.db import Topic
from whop_crm.errors import CrmError
from whop_crm.services import connection, sync
from whop_crm.services.connection import Connection
from whop_crm.state.base import Page, needs, page_event, scope
from whop_crm.state.views import (
    ConnectionView,
    ScopeLine,
    SyncLine,
    WebhookLine,
    connection_view,
    scope_line,
    sync_line,
    webhook_line,
)

FRESH = timedelta(minutes=1)


class ConnectionState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.COMPANIES, Topic.SYNC_RUNS})
    permission: ClassVar[Permission | None] = Permission.SYNC_READ
    pace: ClassVar[float] = 1.0

    view: ConnectionView = ConnectionView()
    missing: list[ScopeLine] = []
    granted: list[ScopeLine] = []
    webhook: WebhookLine = WebhookLine()
    sync: SyncLine = SyncLine()
    asking: bool = False
    unasked: str = ""
    """Why Whop could not be asked just now."""

    async def _read(self) -> None:
        found = await self._shared(connection.get_connection)
        self.view = connection_view(found)
        lines = [scope_line(one) for one in found.scopes]
        self.missing = [line for line in lines if line.state == "missing"]
        self.granted = [line for line in lines if line.state != "missing"]
        self.webhook = webhook_line(found.webhook, found.webhook_url)
        self.sync = sync_line(await self._shared(sync.get_progress))

    @page_event
    async def look(self) -> AsyncIterator[Any]:
        """Asks Whop when the page is opened and its last word is older than a minute."""
        if not _is_fresh(await self._shared(connection.get_connection)):
            async for step in self._ask():
                yield step

    @page_event
    async def look_again(self) -> AsyncIterator[Any]:
        """Asks Whop now."""
        async for step in self._ask():
            yield step

    async def _ask(self) -> AsyncIterator[Any]:
        self.asking = True
        yield
        try:
            await connection.look(scope(), whop())
            self.unasked = ""
        except CrmError as error:
            self.unasked = str(error)
        finally:
            self.asking = False

    @needs(Permission.SYNC_RUN)
    async def mend(self) -> AsyncIterator[Any]:
        """Makes the webhook or puts it right, and has Whop try it out."""
        self.asking = True
        yield
        try:
            await connection.mend(scope(), whop())
        finally:
            self.asking = False
        yield rx.toast.success("Whop's test delivery arrived. What happens there shows here at once.")


def _is_fresh(found: Connection) -> bool:
    checks = (found.company.scopes_checked_at, found.webhook.checked_at if found.webhook else None)
    return all(at is not None and datetime.now(UTC) - at < FRESH for at in checks)
