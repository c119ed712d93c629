"""The panel beside the list that shows one member."""

from typing import Any

import reflex as rx

from whop_crm.access import Permission
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.services import changes, members, notes, tags
from whop_crm.state.marks import needs
from whop_crm.state.session import this_company
from whop_crm.state.undo import offer
from whop_crm.state.views import NoteLine, Profile, TagChip, TagOption, note_line, profile, tag_chip, tag_options

_NOTES = 3


class PreviewState(rx.State):
    member: Profile = Profile()
    """Whose id is empty while nobody is shown."""
    tags: list[TagChip] = []
    tag_options: list[TagOption] = []
    notes: list[NoteLine] = []
    more_notes: bool = False
    _of: str = ""
    _member_id: int = 0

    async def _read(self) -> None:
        """Shows the member as they are now; closes where they are gone."""
        if not self._of:
            return
        try:
            async with this_company() as db:
                found = await members.get_member(db, self._of)
                carried = await tags.tags_of(db, found.id)
                known = await tags.list_tags(db)
                written = await notes.list_notes(db, found.id)
        except NotFound:
            self.reset()
            return
        self._member_id, self.member = found.id, profile(found)
        self.tags, self.tag_options = [tag_chip(row) for row in carried], tag_options(known, carried)
        self.notes, self.more_notes = [note_line(row) for row in written[:_NOTES]], len(written) > _NOTES

    @needs(Permission.MEMBERS_READ)
    async def show(self, whop_id: str) -> None:
        """Shows a member; the one who is shown closes it, as does an empty id."""
        if whop_id in ("", self._of):
            self.reset()
            return
        self._of = whop_id
        await self._read()

    @needs(Permission.MEMBERS_READ)
    async def follow(self, whop_id: str) -> None:
        """The cursor moved on to another member; an open panel goes with it."""
        if self._of and whop_id:
            self._of = whop_id
            await self._read()

    @needs(Permission.TAGS_WRITE)
    async def toggle_tag(self, tag_id: str, on: bool) -> Any:
        async with this_company() as db:
            if on:
                await tags.add_tag(db, self._member_id, _number(tag_id))
            else:
                await tags.remove_tag(db, self._member_id, _number(tag_id))
        return offer("Tag added" if on else "Tag removed", changes.last_change(db))

    @needs(Permission.TAGS_WRITE)
    async def create_tag(self, name: str) -> Any:
        async with this_company() as db:
            await tags.add_tag(db, self._member_id, name)
        return offer("Tag added", changes.last_change(db))

    @needs(Permission.TAGS_WRITE)
    async def remove_tag(self, tag_id: int) -> Any:
        async with this_company() as db:
            await tags.remove_tag(db, self._member_id, tag_id)
        return offer("Tag removed", changes.last_change(db))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput("There is no such tag.")
    return int(text)
