"""The company's custom fields in one tab, and the dialog that makes or changes one."""

from typing import Any, ClassVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.db import Topic
from whop_crm.errors import Conflict, InvalidInput
from whop_crm.models.enums import CustomFieldType
from whop_crm.services import custom_fields
from whop_crm.services.custom_fields import FieldRow
from whop_crm.state.base import Page, needs, this_company
from whop_crm.state.views import FieldLine, field_lines


class FieldSettingsState(Page, rx.State):
    watches: ClassVar[frozenset[Topic]] = frozenset(
        {Topic.CUSTOM_FIELDS, Topic.CUSTOM_VALUES, Topic.MEMBERS, Topic.COMPANIES}
    )
    permission: ClassVar[Permission | None] = Permission.MEMBERS_READ
    pace: ClassVar[float] = 1.0

    fields: list[FieldLine] = []
    archived: list[FieldLine] = []

    async def _read(self) -> None:
        self.fields = field_lines(await self._shared(custom_fields.count_values))
        self.archived = field_lines(await self._shared(custom_fields.count_archived_values))

    @needs(Permission.FIELDS_WRITE)
    async def move(self, field_id: int, place: int) -> None:
        async with this_company() as db:
            await custom_fields.move_field(db, field_id, place)

    @needs(Permission.FIELDS_WRITE)
    async def archive(self, field_id: int) -> Any:
        async with this_company() as db:
            await custom_fields.archive_field(db, field_id)
        return rx.toast.success("Field archived")

    @needs(Permission.FIELDS_WRITE)
    async def restore(self, field_id: int) -> Any:
        async with this_company() as db:
            await custom_fields.restore_field(db, field_id)
        return rx.toast.success("Field brought back")


class EditFieldState(rx.State):
    """The dialog that makes a field (`field_id` 0) or changes one."""

    is_open: bool = False
    field_id: int = 0
    name: str = ""
    type: str = CustomFieldType.TEXT.value
    choices: str = ""
    error: str = ""
    choices_error: str = ""

    @needs(Permission.FIELDS_WRITE)
    async def start(self, field_id: int) -> None:
        self._begin(None)
        if field_id:
            async with this_company() as db:
                self._begin(await custom_fields.get_field(db, field_id))
        self.is_open = True

    def _begin(self, field: FieldRow | None) -> None:
        self.error = self.choices_error = ""
        self.field_id = field.id if field else 0
        self.name = field.name if field else ""
        self.type = field.type.value if field else CustomFieldType.TEXT.value
        self.choices = "\n".join(field.choices) if field else ""

    @needs(Permission.FIELDS_WRITE)
    async def opened(self, is_open: bool) -> None:
        self.is_open = is_open

    @needs(Permission.FIELDS_WRITE)
    async def pick_type(self, value: str) -> None:
        self.type = _kind(value).value

    @needs(Permission.FIELDS_WRITE)
    async def save(self, form: dict[str, str]) -> Any:
        self.error = self.choices_error = ""
        choices = form.get("choices", "").splitlines()
        try:
            await self._save(form.get("name", ""), choices)
        except (InvalidInput, Conflict) as error:
            if getattr(error, "field", None) == "choices":
                self.choices_error = str(error)
            else:
                self.error = str(error)
            return None
        self.is_open = False
        return rx.toast.success("Field saved")

    async def _save(self, name: str, choices: list[str]) -> None:
        async with this_company() as db:
            if not self.field_id:
                await custom_fields.create_field(db, name, _kind(self.type), choices)
                return
            known = await custom_fields.get_field(db, self.field_id)
            await custom_fields.rename_field(db, known.id, name)
            if known.type is CustomFieldType.CHOICE:
                offered = [one for one in choices if one.strip()]
                await custom_fields.change_choices(db, known.id, offered, _renamed(known.choices, offered))


def _kind(value: str) -> CustomFieldType:
    return next((one for one in CustomFieldType if one.value == value), CustomFieldType.TEXT)


def _renamed(old: tuple[str, ...], new: list[str]) -> dict[str, str]:
    """A line that was written over in its place is a new name for what stood there."""
    if len(old) != len(new):
        return {}
    return {was: now for was, now in zip(old, new, strict=True) if now not in old and was not in new}
