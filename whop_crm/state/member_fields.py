"""Filling in one custom field of a tab's member. What is typed belongs to the browser until it is saved."""

import reflex as rx

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.models.enums import CustomFieldType
from whop_crm.services import custom_fields, members
from whop_crm.services.custom_fields import FieldRow
from whop_crm.state.base import needs, this_company


class EditValueState(rx.State):
    """The field being filled in, 0 for none, and of whom; another member's page shows none."""

    field_id: int = 0
    of: str = ""
    type: str = ""
    typed: str = ""
    choices: list[tuple[str, str]] = []
    error: str = ""

    @needs(Permission.VALUES_WRITE)
    async def start(self, field_id: int) -> None:
        of = str(self.rx_router_page.params.get(routes.MEMBER_ARG, ""))
        async with this_company() as db:
            rows = await custom_fields.values_of(db, await members.get_member_id(db, of))
        row = next((one for one in rows if one.field.id == field_id), None)
        if row is None:
            raise NotFound("There is no such field in this company. Somebody may have archived it.")
        self.of, self.field_id, self.error = of, field_id, ""
        self.type, self.typed = row.field.type.value, row.typed
        self.choices = _choices(row.field)

    @needs(Permission.VALUES_WRITE)
    async def cancel(self) -> None:
        self.field_id, self.error = 0, ""

    @needs(Permission.VALUES_WRITE)
    async def save(self, form: dict[str, str]) -> None:
        try:
            async with this_company() as db:
                member_id = await members.get_member_id(db, self.of)
                await custom_fields.set_value(db, member_id, self.field_id, form.get("value", ""))
        except InvalidInput as error:
            self.error = str(error)
            return
        self.field_id, self.error = 0, ""


def _choices(field: FieldRow) -> list[tuple[str, str]]:
    """What a select offers: as it is typed, and as it is shown."""
    if field.type is CustomFieldType.YES_NO:
        return [("", "–"), ("yes", "Yes"), ("no", "No")]
    return [("", "–"), *((one, one) for one in field.choices)]
