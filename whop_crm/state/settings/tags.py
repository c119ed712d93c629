"""The company's tags in one tab, and the dialogs that change one."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.errors import Conflict, InvalidInput
from whop_crm.models.enums import TagColor
from whop_crm.services import segments, tags
from whop_crm.state.base import Page, needs, this_company
from whop_crm.state.views import TagLine, tag_line
from whop_crm.state.views.text import counted


class TagSettingsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset({Topic.TAGS, Topic.MEMBER_TAGS, Topic.MEMBERS, Topic.COMPANIES})
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ

    tags: list[TagLine] = []

    async def _read(self) -> None:
        self.tags = [tag_line(row) for row in await self._shared(tags.list_tags)]

    @needs(Permission.TAGS_WRITE)
    async def delete(self, tag_id: int) -> Any:
        async with this_company() as db:
            carried = await tags.delete_tag(db, tag_id)
        return rx.toast.success(f"Tag deleted, and taken off {counted(carried, 'member')}")


class EditTagState(rx.State):
    """The dialog that makes a tag (`tag_id` 0) or changes one."""

    is_open: bool = False
    tag_id: int = 0
    name: str = ""
    color: str = TagColor.BLUE.value
    error: str = ""

    @needs(Permission.TAGS_WRITE)
    async def start(self, tag_id: int) -> None:
        self.error, self.tag_id, self.name, self.color = "", 0, "", TagColor.BLUE.value
        if tag_id:
            async with this_company() as db:
                tag = await tags.get_tag(db, tag_id)
            self.tag_id, self.name, self.color = tag.id, tag.name, tag.color.value
        self.is_open = True

    @needs(Permission.TAGS_WRITE)
    async def opened(self, is_open: bool) -> None:
        self.is_open = is_open

    @needs(Permission.TAGS_WRITE)
    async def save(self, form: dict[str, str]) -> Any:
        color = next((one for one in TagColor if one.value == form.get("color")), TagColor.BLUE)
        try:
            async with this_company() as db:
                await _save(db, self.tag_id, form.get("name", ""), color)
        except (InvalidInput, Conflict) as error:
            self.error = str(error)
            return None
        self.is_open, self.error = False, ""
        return rx.toast.success("Tag saved")


async def _save(db: Any, tag_id: int, name: str, color: TagColor) -> None:
    if tag_id:
        await tags.rename_tag(db, tag_id, name)
    elif any(tag.name.lower() == tags.tag_name(name).lower() for tag in await tags.list_tags(db)):
        raise Conflict(f"There is a tag called “{tags.tag_name(name)}” already.")
    await tags.recolor_tag(db, tag_id or await tags.create_tag(db, name), color)


class MergeTagState(rx.State):
    """The dialog that merges a tag into another."""

    is_open: bool = False
    tag_id: int = 0
    name: str = ""
    carried: str = ""
    others: list[tuple[str, str]] = []

    @needs(Permission.TAGS_WRITE)
    async def start(self, tag_id: int) -> None:
        async with this_company() as db:
            tag = await tags.get_tag(db, tag_id)
            known = await tags.list_tags(db)
        self.tag_id, self.name, self.carried = tag.id, tag.name, tag_line(tag).carried
        self.others = [(str(one.id), one.name) for one in known if one.id != tag.id]
        self.is_open = True

    @needs(Permission.TAGS_WRITE)
    async def opened(self, is_open: bool) -> None:
        self.is_open = is_open

    @needs(Permission.TAGS_WRITE)
    async def merge(self, form: dict[str, str]) -> Any:
        into = form.get("into", "")
        if not (into.isascii() and into.isdigit() and len(into) < 16):
            raise InvalidInput("Choose the tag to merge into.", "into")
        async with this_company() as db:
            kept = await tags.get_tag(db, int(into))
            await segments.merge_tags(db, self.tag_id, kept.id)
        self.is_open = False
        return rx.toast.success(f"Merged into {kept.name}")
