"""The team as Whop has it, in one tab."""

from typing import ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.services import companies
from whop_crm.state.base import Page
from whop_crm.state.views import TeammateLine, teammate_line


class TeamSettingsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.TEAM, Topic.COMPANIES})
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ

    team: list[TeammateLine] = []

    async def _read(self) -> None:
        self.team = [teammate_line(row) for row in await self._shared(companies.list_team)]
