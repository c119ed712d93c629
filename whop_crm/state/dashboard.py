"""What the dashboard of one tab shows."""

from contextlib import suppress
from typing import Any, ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.errors import InvalidInput
from whop_crm.models.enums import SyncResource
from whop_crm.services import activities, analytics, connection, settings, sync
from whop_crm.state.base import Page, needs, page_event, scope, this_company
from whop_crm.state.views import (
    FeedLine,
    Figure,
    RecountLine,
    SyncLine,
    attention,
    feed_line,
    figure,
    recount_line,
    sync_line,
)

_ZONE = "Intl.DateTimeFormat().resolvedOptions().timeZone"


class DashboardState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset(
        {
            Topic.MEMBERS,
            Topic.MEMBERSHIPS,
            Topic.PAYMENTS,
            Topic.ACTIVITIES,
            Topic.NOTES,
            Topic.COMPANIES,
            Topic.SYNC_RUNS,
            Topic.RECOUNTS,
        }
    )
    permission: ClassVar[Permission | None] = Permission.METRICS_READ
    pace: ClassVar[float] = 1.0

    figures: list[Figure] = []
    feed: list[FeedLine] = []
    sync: SyncLine = SyncLine()
    attention: str = ""
    """What the connection with Whop lacks."""
    recount: RecountLine = RecountLine()

    async def _read(self) -> None:
        progress = await self._shared(sync.get_progress)
        incomplete = progress.partial if progress else frozenset(SyncResource)
        self.sync = sync_line(progress)
        self.attention = attention(await self._shared(connection.get_connection))
        self.recount = recount_line(await self._shared(settings.find_recount))
        values = await self._shared(analytics.dashboard, incomplete)
        self.figures = [figure(value) for value in values]
        self.feed = [feed_line(item) for item in await self._shared(activities.feed)]

    @page_event
    async def ask_zone(self) -> Any:
        """Takes the time zone of the first admin's browser, while the company has none of its own."""
        if not scope().allows(Permission.SETTINGS_WRITE):
            return None
        if (await self._shared(settings.get_settings)).zone_chosen:
            return None
        return rx.call_script(_ZONE, callback=DashboardState.adopt_zone)

    @needs(Permission.SETTINGS_WRITE)
    async def adopt_zone(self, zone: str) -> None:
        with suppress(InvalidInput):  # a zone that we do not know leaves UTC, which can be changed in the settings
            async with this_company() as db:
                await settings.adopt_zone(db, zone)

    @page_event
    async def sync_now(self) -> None:
        """Reads everything from Whop once more."""
        scope().require(Permission.SYNC_RUN)
        async with this_company() as db:
            await sync.request_run(db)
