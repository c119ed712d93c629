"""The custom fields of a member, each filled in where it stands."""

import reflex as rx

from whop_crm import components as ui
from whop_crm.models.enums import CustomFieldType
from whop_crm.services.custom_fields import TEXT_LIMIT
from whop_crm.state.member import MemberState
from whop_crm.state.member_fields import EditValueState
from whop_crm.state.session import SessionState
from whop_crm.state.views import ValueLine


def fields_card() -> rx.Component:
    return rx.cond(
        MemberState.fields,
        ui.card(rx.el.dl(rx.foreach(MemberState.fields, _field), class_name="facts facts--list"), title="Fields"),
    )


def _field(line: rx.Var[ValueLine]) -> rx.Component:
    editing = (EditValueState.field_id == line.id) & (EditValueState.of == MemberState.member.id)
    return rx.el.div(
        rx.el.dt(line.name, class_name="fact__label"),
        rx.el.dd(rx.cond(editing, _form(line), _shown(line)), class_name="fact__value"),
        key=line.id,
        class_name="fact",
    )


def _shown(line: rx.Var[ValueLine]) -> rx.Component:
    change = ui.icon_button(
        "pencil", rx.Var.create("Edit ") + line.name, size="small", on_click=EditValueState.start(line.id)
    )
    return ui.row(
        rx.cond(line.shown, rx.el.span(line.shown, class_name="break"), rx.el.span("–", class_name="faint")),
        rx.cond(SessionState.can_fill, change),
        gap=1,
        justify="end",
    )


def _form(line: rx.Var[ValueLine]) -> rx.Component:
    return rx.el.form(
        rx.match(
            EditValueState.type,
            (CustomFieldType.CHOICE.value, _select(line)),
            (CustomFieldType.YES_NO.value, _select(line)),
            (CustomFieldType.DATE.value, _line(line, type="date", min="1900-01-01", max="2199-12-31")),
            (CustomFieldType.NUMBER.value, _line(line, input_mode="decimal")),
            _line(line, max_length=TEXT_LIMIT),
        ),
        ui.row(
            ui.button("Cancel", size="small", on_click=EditValueState.cancel),
            ui.button("Save", variant="primary", size="small", type="submit"),
            gap=2,
            justify="end",
        ),
        on_submit=EditValueState.save,
        class_name="stack gap-2",
    )


def _line(line: rx.Var[ValueLine], **props: object) -> rx.Component:
    return ui.text_field(line.name, "value", error=EditValueState.error, default_value=EditValueState.typed,
                         auto_focus=True, **props)  # fmt: skip


def _select(line: rx.Var[ValueLine]) -> rx.Component:
    return ui.select_field(line.name, "value", EditValueState.choices, error=EditValueState.error,
                           default_value=EditValueState.typed, auto_focus=True)  # fmt: skip
