"""What the dashboard of one tab shows."""

from typing import ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.models.enums import SyncResource
from whop_crm.services import activities, analytics, connection, sync
from whop_crm.state.base import Page, page_event, scope, this_company
from whop_crm.state.views import FeedLine, Figure, SyncLine, attention, feed_line, figure, sync_line


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
        }
    )
    permission: ClassVar[Permission | None] = Permission.METRICS_READ
    pace: ClassVar[float] = 1.0

    figures: list[Figure] = []
    feed: list[FeedLine] = []
    sync: SyncLine = SyncLine()
    attention: str = ""
    """What the connection with Whop lacks."""

    async def _read(self) -> None:
        progress = await self._shared(sync.get_progress)
        incomplete = progress.partial if progress else frozenset(SyncResource)
        self.sync = sync_line(progress)
        self.attention = attention(await self._shared(connection.get_connection))
        values = await self._shared(analytics.dashboard, incomplete)
        self.figures = [figure(value) for value in values]
        self.feed = [feed_line(item) for item in await self._shared(activities.feed)]

    @page_event
    async def sync_now(self) -> None:
        """Reads everything from Whop once more."""
        scope().require(Permission.SYNC_RUN)
        async with this_company() as db:
            await sync.request_run(db)
