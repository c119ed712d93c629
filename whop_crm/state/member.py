"""One member's profile in one tab."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.errors import InvalidInput
from whop_crm.models.enums import ActivityGroup
from whop_crm.services import activities, changes, custom_fields, members, notes, tags
from whop_crm.state.base import Page, needs, page_event, this_company
from whop_crm.state.undo import offer
from whop_crm.state.views import (
    CourseLine,
    MembershipCard,
    NoteLine,
    PaymentLine,
    Profile,
    TagChip,
    TagOption,
    TimelineLine,
    ValueLine,
    course_line,
    membership_card,
    note_line,
    payment_line,
    profile,
    tag_chip,
    tag_options,
    timeline_line,
    value_line,
)

_STEP = 20
_FIRST_PAYMENTS, _MOST_PAYMENTS = 8, 200


class MemberState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset(
        {Topic.MEMBERS, Topic.MEMBERSHIPS, Topic.PAYMENTS, Topic.REFUNDS, Topic.DISPUTES, Topic.PRODUCTS, Topic.PLANS,
         Topic.ACTIVITIES, Topic.COURSES, Topic.TAGS, Topic.MEMBER_TAGS, Topic.NOTES, Topic.CUSTOM_FIELDS,
         Topic.CUSTOM_VALUES, Topic.COMPANIES}
    )  # fmt: skip
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ

    member: Profile = Profile()
    memberships: list[MembershipCard] = []
    payments: list[PaymentLine] = []
    more_payments: bool = False
    courses: list[CourseLine] = []
    tags: list[TagChip] = []
    tag_options: list[TagOption] = []
    notes: list[NoteLine] = []
    fields: list[ValueLine] = []
    timeline: list[TimelineLine] = []
    more_timeline: bool = False
    group: str = ""
    """The one group the timeline is narrowed to; empty for everything."""
    note_error: str = ""
    note_version: int = 0
    """Counts saved notes: the field is emptied after each."""
    editing: int = 0
    """The note being edited, 0 for none."""
    editing_body: str = ""
    edit_error: str = ""
    _shown_items: int = _STEP
    _shown_payments: int = _FIRST_PAYMENTS
    _member_id: int = 0
    _of: str = ""

    async def _read(self) -> None:
        whop_id = self._param(routes.MEMBER_ARG)
        if whop_id != self._of:
            self._start(whop_id)
        async with this_company() as db:
            found = await members.get_member(db, whop_id)
            self._member_id = found.id
            await self._read_all(db, found)
        self._watch_member(found.id)

    def _start(self, whop_id: str) -> None:
        """Another member: nothing of the one before stays."""
        self._of, self._shown_items, self._shown_payments = whop_id, _STEP, _FIRST_PAYMENTS
        self.group = self.note_error = self.editing_body = self.edit_error = ""
        self.editing = 0

    async def _read_all(self, db: CompanyDb, found: members.MemberDetail) -> None:
        self.member = profile(found)
        self.memberships = [membership_card(row) for row in found.memberships]
        await self._read_payments(db, found.payments)
        self.courses = [course_line(row) for row in found.courses]
        carried = await tags.tags_of(db, found.id)
        self.tags = [tag_chip(row) for row in carried]
        self.tag_options = tag_options(await tags.list_tags(db), carried)
        self.notes = [note_line(row) for row in await notes.list_notes(db, found.id)]
        self.fields = [value_line(row) for row in await custom_fields.values_of(db, found.id)]
        await self._read_timeline(db)

    async def _read_payments(self, db: CompanyDb, first: members.PaymentPage) -> None:
        rows = list(first.rows)
        while first.total > len(rows) < self._shown_payments:
            following = await members.list_payments(db, self._member_id, len(rows))
            if not following.rows:
                break
            rows += following.rows
        self.payments = [payment_line(row) for row in rows[: self._shown_payments]]
        self.more_payments = len(self.payments) < min(first.total, _MOST_PAYMENTS)

    async def _read_timeline(self, db: CompanyDb) -> None:
        groups = tuple(one for one in ActivityGroup if one.value == self.group)
        page = await activities.timeline(db, self._member_id, groups, None, self._shown_items)
        self.timeline = [timeline_line(item) for item in page.items]
        self.more_timeline = page.next is not None

    @page_event
    async def filter_timeline(self, group: str) -> None:
        self.group = group if group != self.group and group in set(ActivityGroup) else ""
        self._shown_items = _STEP
        async with this_company() as db:
            await self._read_timeline(db)

    @page_event
    async def show_more(self) -> None:
        """The end of the timeline came into view."""
        if not self.more_timeline:
            return
        self._shown_items += _STEP
        async with this_company() as db:
            await self._read_timeline(db)

    @page_event
    async def show_more_payments(self) -> None:
        self._shown_payments = min(self._shown_payments + members.PAGE_SIZE, _MOST_PAYMENTS)
        await self._show()

    async def _whose(self, db: CompanyDb) -> members.MemberDetail:
        """The member in the address: after a reconnect somebody may act before the page has been read again."""
        return await members.get_member(db, self._param(routes.MEMBER_ARG))

    @needs(Permission.TAGS_WRITE)
    async def toggle_tag(self, tag_id: str, on: bool) -> Any:
        async with this_company() as db:
            member = await self._whose(db)
            if on:
                await tags.add_tag(db, member.id, _number(tag_id))
            else:
                await tags.remove_tag(db, member.id, _number(tag_id))
        return offer("Tag added" if on else "Tag removed", changes.last_change(db))

    @needs(Permission.TAGS_WRITE)
    async def create_tag(self, name: str) -> Any:
        async with this_company() as db:
            member = await self._whose(db)
            await tags.add_tag(db, member.id, name)
        return offer("Tag added", changes.last_change(db))

    @needs(Permission.TAGS_WRITE)
    async def remove_tag(self, tag_id: int) -> Any:
        async with this_company() as db:
            member = await self._whose(db)
            await tags.remove_tag(db, member.id, tag_id)
        return offer("Tag removed", changes.last_change(db))

    @needs(Permission.NOTES_WRITE)
    async def add_note(self, form: dict[str, str]) -> None:
        try:
            async with this_company() as db:
                member = await self._whose(db)
                await notes.add_note(db, member.id, form.get("body", ""))
        except InvalidInput as error:
            self.note_error = str(error)
        else:
            self.note_error, self.note_version = "", self.note_version + 1

    @needs(Permission.NOTES_WRITE)
    async def start_editing(self, note_id: int) -> None:
        async with this_company() as db:
            note = await notes.get_note(db, note_id)
        self.editing, self.editing_body, self.edit_error = note.id, note.body, ""

    @needs(Permission.NOTES_WRITE)
    async def editing_changed(self, is_open: bool) -> None:
        if not is_open:
            self.editing, self.editing_body, self.edit_error = 0, "", ""

    @needs(Permission.NOTES_WRITE)
    async def save_note(self, form: dict[str, str]) -> Any:
        try:
            async with this_company() as db:
                await notes.edit_note(db, self.editing, form.get("edited", ""))
        except InvalidInput as error:
            self.edit_error = str(error)
            return None
        self.editing, self.editing_body, self.edit_error = 0, "", ""
        return offer("Note saved", changes.last_change(db))

    @needs(Permission.NOTES_WRITE)
    async def delete_note(self, note_id: int) -> Any:
        async with this_company() as db:
            await notes.delete_note(db, note_id)
        return offer("Note deleted", changes.last_change(db))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput("There is no such tag.")
    return int(text)
