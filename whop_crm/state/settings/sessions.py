"""The sign-ins of the person at one tab: on which devices, since when."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.state.base import Page, page_event
from whop_crm.state.session import end_my_session, my_sessions, visit
from whop_crm.state.views import SessionLine, session_line


class SessionSettingsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.SESSIONS, Topic.COMPANIES})
    permission: ClassVar[Permission | None] = None

    sessions: list[SessionLine] = []

    async def _read(self) -> None:
        here = visit()
        mine = here.session_id if here else 0
        found = [session_line(row, mine) for row in await my_sessions()]
        self.sessions = sorted(found, key=lambda one: not one.mine)

    @page_event
    async def end(self, session_id: int) -> Any:
        """Every tab of that sign-in is told at once."""
        await end_my_session(session_id)
        await self._show()
        return rx.toast.success("That session is over")
