"""What is done to the chosen members, and how far it has come."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from whop_crm.access import Permission
from whop_crm.errors import InvalidInput
from whop_crm.models.action import BulkKind
from whop_crm.services import bulk_actions, lists, tags
from whop_crm.services.bulk_actions import BulkRow
from whop_crm.services.lists import ListInput
from whop_crm.state.marks import needs
from whop_crm.state.members.selection import SelectionState
from whop_crm.state.session import this_company
from whop_crm.state.undo import offer_many, undone
from whop_crm.state.views import TagOption, WorkLine, list_option, tag_options, work_line

LOOKED_AT = 20
"""Actions, the latest: what is under way is among them."""


class BulkState(rx.State):
    tag_options: list[TagOption] = []
    list_options: list[TagOption] = []
    at_work: list[WorkLine] = []
    """What is under way, anybody's."""
    _mine: tuple[int, ...] = ()
    """What was begun in this tab and has not been seen to end."""
    _ended: tuple[BulkRow, ...] = ()

    def _settle(self, found: Sequence[BulkRow]) -> None:
        """What was done to many lately, as it stands now."""
        self.at_work = [work_line(row) for row in found if row.status.at_work]
        self._ended = tuple(row for row in found if row.id in self._mine and not row.status.at_work)
        self._mine = tuple(row.id for row in found if row.id in self._mine and row.status.at_work)

    def _finished(self) -> Any:
        """What to say of what has ended since the last look."""
        ended, self._ended = self._ended, ()
        return [undone(row) if row.undone_by else offer_many(row) for row in ended]

    @needs(Permission.MEMBERS_READ)
    async def load_options(self, is_open: bool) -> None:
        """One of the menus opens."""
        if not is_open:
            return
        async with this_company() as db:
            self.tag_options = tag_options(await tags.list_tags(db), ())
            self.list_options = [list_option(row) for row in await lists.list_lists(db)]

    @needs(Permission.TAGS_WRITE)
    async def add_tag(self, tag_id: str, on: bool) -> Any:  # noqa: ARG002 - the picker says whether it was chosen
        return await self._start(BulkKind.ADD_TAG, _number(tag_id))

    @needs(Permission.TAGS_WRITE)
    async def add_new_tag(self, name: str) -> Any:
        async with this_company() as db:
            tag_id = await tags.create_tag(db, name)
        return await self._start(BulkKind.ADD_TAG, tag_id)

    @needs(Permission.TAGS_WRITE)
    async def remove_tag(self, tag_id: str, on: bool) -> Any:  # noqa: ARG002 - as above
        return await self._start(BulkKind.REMOVE_TAG, _number(tag_id))

    @needs(Permission.LISTS_WRITE)
    async def add_to_list(self, list_id: str, on: bool) -> Any:  # noqa: ARG002 - as above
        return await self._start(BulkKind.ADD_TO_LIST, _number(list_id))

    @needs(Permission.LISTS_WRITE)
    async def add_to_new_list(self, name: str) -> Any:
        async with this_company() as db:
            list_id = await lists.create_list(db, ListInput(name))
        return await self._start(BulkKind.ADD_TO_LIST, list_id)

    @needs(Permission.LISTS_WRITE)
    async def remove_from_list(self, list_id: str, on: bool) -> Any:  # noqa: ARG002 - as above
        return await self._start(BulkKind.REMOVE_FROM_LIST, _number(list_id))

    async def _start(self, kind: BulkKind, target: int) -> Any:
        selection = await self.get_state(SelectionState)
        async with this_company() as db:
            row = await bulk_actions.start(db, kind, target, await selection._who(db))
        if not row.status.at_work:
            return offer_many(row)
        self._mine = (*self._mine, row.id)
        self.at_work = [work_line(row), *self.at_work]
        return None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput("There is no such tag or list.")
    return int(text)
