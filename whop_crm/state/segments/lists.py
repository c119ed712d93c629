"""Static lists on the page of segments, and the dialog that makes or changes one."""

from typing import Any

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict, InvalidInput
from whop_crm.models.enums import TagColor
from whop_crm.services import changes, lists
from whop_crm.services.lists import ListInput
from whop_crm.state.base import needs, this_company
from whop_crm.state.undo import offer
from whop_crm.state.views.text import counted


class EditListState(rx.State):
    """The dialog of a list; `list_id` 0 makes one."""

    is_open: bool = False
    list_id: int = 0
    name: str = ""
    description: str = ""
    color: str = TagColor.GRAY.value
    error: str = ""

    @needs(Permission.LISTS_WRITE)
    async def start(self, list_id: int) -> None:
        self.error, self.list_id, self.name, self.description, self.color = "", 0, "", "", TagColor.GRAY.value
        if list_id:
            async with this_company() as db:
                row = await lists.get_list(db, list_id)
            self.list_id, self.name, self.description, self.color = row.id, row.name, row.description, row.color.value
        self.is_open = True

    @needs(Permission.LISTS_WRITE)
    async def opened(self, is_open: bool) -> None:
        self.is_open = is_open

    @needs(Permission.LISTS_WRITE)
    async def save(self, form: dict[str, str]) -> Any:
        color = next((one for one in TagColor if one.value == form.get("color")), TagColor.GRAY)
        wanted = ListInput(form.get("name", ""), form.get("description", ""), color)
        try:
            async with this_company() as db:
                await _save(db, self.list_id, wanted)
        except (InvalidInput, Conflict) as error:
            self.error = str(error)
            return None
        self.is_open, self.error = False, ""
        return offer("List saved", changes.last_change(db)) or rx.toast.success("List saved")

    @needs(Permission.LISTS_WRITE)
    async def delete(self, list_id: int) -> Any:
        async with this_company() as db:
            members = await lists.delete_list(db, list_id)
        words = f"List deleted; {counted(members, 'member')} stood on it"
        return offer(words, changes.last_change(db))


async def _save(db: CompanyDb, list_id: int, wanted: ListInput) -> None:
    if list_id:
        await lists.change_list(db, list_id, wanted)
    else:
        await lists.create_list(db, wanted)
