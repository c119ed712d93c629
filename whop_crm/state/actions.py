"""What the team did lately, in one tab."""

from typing import ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.services import undo
from whop_crm.state.base import Page
from whop_crm.state.views import DeedLine, deed_line


class ActionsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.BULK_ACTIONS, Topic.CHANGES, Topic.MEMBERS})
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ

    deeds: list[DeedLine] = []

    async def _read(self) -> None:
        self.deeds = [deed_line(deed) for deed in await self._shared(undo.list_recent)]
