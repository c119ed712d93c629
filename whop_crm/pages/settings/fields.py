"""Custom fields: what the team wants to know of its members beyond what Whop tells."""

import reflex as rx

from whop_crm import components as ui
from whop_crm.models.enums import CustomFieldType
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.settings.sections import section, skeleton
from whop_crm.services.custom_fields import NAME_LIMIT
from whop_crm.state.session import SessionState
from whop_crm.state.settings.fields import EditFieldState
from whop_crm.state.settings.fields import FieldSettingsState as State
from whop_crm.state.views import TYPE_NAMES, FieldLine

ON_LOAD = State.load
_TYPES = [(kind.value, name) for kind, name in TYPE_NAMES.items()]


def page() -> rx.Component:
    return framed(State, section(_fields(), _archived(), _dialog()), skeleton=skeleton())


def _fields() -> rx.Component:
    table = ui.data_table(
        [*_columns(), ui.Column("Actions", _actions, align="right", spoken_only=True, width="190px")],
        State.fields,
        label="Fields",
        row_key=lambda row: row.id,
    )
    nothing = ui.empty_state(
        "text-cursor-input",
        "No custom fields yet",
        "Add what only your team knows of a member: a birthday, a T-shirt size, the coach. Lists filter by it.",
        small=True,
    )
    return ui.card(
        rx.cond(State.fields, table, nothing),
        title="Custom fields",
        actions=rx.cond(SessionState.can_define, _new(), rx.fragment()),
        flush=True,
    )


def _columns() -> list[ui.Column]:
    return [
        ui.Column("Name", _name),
        ui.Column("Type", lambda row: row.type, width="130px"),
        ui.Column("Filled in", lambda row: ui.number(row.members), align="right", width="120px"),
    ]


def _name(row: rx.Var[FieldLine]) -> rx.Component:
    return rx.el.div(rx.el.div(row.name), rx.cond(row.detail, rx.el.div(row.detail, class_name="muted small clip")))


def _new() -> rx.Component:
    return ui.button(
        rx.icon("plus", size=14, aria_hidden=True), "New field", size="small", on_click=EditFieldState.start(0)
    )


def _actions(row: rx.Var[FieldLine]) -> rx.Component:
    spoken = rx.Var.create(" ") + row.name
    buttons = ui.row(
        ui.icon_button("arrow-up", rx.Var.create("Move up") + spoken, size="small",
                       disabled=row.place == 0, on_click=State.move(row.id, row.place - 1)),
        ui.icon_button("arrow-down", rx.Var.create("Move down") + spoken, size="small",
                       disabled=row.last, on_click=State.move(row.id, row.place + 1)),
        ui.icon_button("pencil", rx.Var.create("Edit") + spoken, size="small", on_click=EditFieldState.start(row.id)),
        ui.confirm_dialog(
            ui.icon_button("archive", rx.Var.create("Archive") + spoken, size="small"),
            title=rx.Var.create("Archive the field “") + row.name + "”?",
            text="It disappears from members, filters and files. What stands in it is kept, and can be brought back.",
            confirm="Archive field",
            on_confirm=State.archive(row.id),
        ),
        gap=1,
        justify="end",
    )  # fmt: skip
    return rx.cond(SessionState.can_define, buttons)


def _archived() -> rx.Component:
    table = ui.data_table(
        [*_columns(), ui.Column("Actions", _restore, align="right", spoken_only=True, width="140px")],
        State.archived,
        label="Archived fields",
        row_key=lambda row: row.id,
    )
    return rx.cond(State.archived, ui.card(table, title="Archived", flush=True))


def _restore(row: rx.Var[FieldLine]) -> rx.Component:
    spoken = rx.Var.create("Bring back ") + row.name
    button = ui.button("Bring back", size="small", aria_label=spoken, on_click=State.restore(row.id))
    return rx.cond(SessionState.can_define, button)


def _dialog() -> rx.Component:
    """What does not apply is hidden and not left out: a form with a field that comes and goes is not sent."""
    kind = ui.select_field(
        "Type", "type", _TYPES, default_value=EditFieldState.type, on_change=EditFieldState.pick_type,
        hint="It cannot be changed later.",
    )  # fmt: skip
    choices = ui.textarea_field(
        "Choices",
        "choices",
        rows=5,
        default_value=EditFieldState.choices,
        error=EditFieldState.choices_error,
        hint="One a line. Write over a line to rename that choice for everybody who has it.",
    )
    return ui.dialog(
        rx.el.form(
            ui.stack(
                ui.text_field(
                    "Name",
                    "name",
                    error=EditFieldState.error,
                    default_value=EditFieldState.name,
                    max_length=NAME_LIMIT,
                    required=True,
                    data_autofocus=True,
                ),
                rx.el.div(kind, hidden=EditFieldState.field_id > 0),
                rx.el.div(choices, hidden=EditFieldState.type != CustomFieldType.CHOICE.value),
                gap=4,
            ),
            ui.dialog_actions(
                ui.button("Cancel", data_close=True), ui.button("Save field", variant="primary", type="submit")
            ),
            on_submit=EditFieldState.save,
            class_name="stack gap-4",
        ),
        title=rx.cond(EditFieldState.field_id, "Edit field", "New field"),
        open=EditFieldState.is_open,
        on_open_change=EditFieldState.opened,
    )
