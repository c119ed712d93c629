"""Lists: sets of members that people make by hand, beside the segments that filters make."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.models.enums import TagColor
from whop_crm.services.lists import DESCRIPTION_LIMIT, NAME_LIMIT
from whop_crm.state.segments.all import SegmentsState
from whop_crm.state.segments.lists import EditListState as State
from whop_crm.state.session import SessionState
from whop_crm.state.views.segments import ListLine

_COLORS = [(color.value, color.value.capitalize()) for color in TagColor]


def lists_card() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("List", _name),
            ui.Column("Members", lambda row: ui.number(row.members), align="right"),
            ui.Column("Actions", _actions, align="right", spoken_only=True, width="120px"),
        ],
        SegmentsState.lists,
        label="Lists",
        row_key=lambda row: row.id,
        small_screen="cards",
    )
    nothing = ui.empty_state(
        "list", "No lists yet", "A list holds exactly those members whom you or an import put on it.", small=True
    )
    new = ui.button(rx.icon("plus", size=14, aria_hidden=True), "New list", size="small", on_click=State.start(0))
    return rx.fragment(
        ui.card(
            rx.cond(SegmentsState.lists, table, nothing),
            title="Lists",
            actions=rx.cond(SessionState.can_list, new, rx.fragment()),
            flush=True,
        ),
        _dialog(),
    )


def _name(row: rx.Var[ListLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(class_name="segment__dot", data_color=row.color, aria_hidden=True),
            ui.link(
                row.name, to=routes.members_of_list(SessionState.company, row.id), class_name="segment__name cover"
            ),
            class_name="row gap-2",
        ),
        rx.el.span(row.description, class_name="muted small segment__text"),
        class_name="stack gap-1",
    )


def _actions(row: rx.Var[ListLine]) -> rx.Component:
    spoken = rx.Var.create(" ") + row.name
    buttons = ui.row(
        ui.icon_button("pencil", rx.Var.create("Edit") + spoken, size="small", on_click=State.start(row.id)),
        ui.confirm_dialog(
            ui.icon_button("trash-2", rx.Var.create("Delete") + spoken, size="small"),
            title=rx.Var.create("Delete the list “") + row.name + "”?",
            text="Its members stay; only the list goes.",
            confirm="Delete list",
            on_confirm=State.delete(row.id),
        ),
        gap=1,
        justify="end",
        class_name="above",
    )
    return rx.cond(SessionState.can_list, buttons)


def _dialog() -> rx.Component:
    form = rx.el.form(
        ui.stack(
            ui.text_field(
                "Name", "name", error=State.error, default_value=State.name, max_length=NAME_LIMIT, required=True,
                data_autofocus=True,
            ),
            ui.text_field(
                "Description", "description", default_value=State.description, max_length=DESCRIPTION_LIMIT
            ),
            ui.color_field("Colour", "color", _COLORS, value=State.color),
            gap=4,
        ),
        ui.dialog_actions(
            ui.button("Cancel", data_close=True), ui.button("Save list", variant="primary", type="submit")
        ),
        on_submit=State.save,
        class_name="stack gap-4",
    )  # fmt: skip
    return ui.dialog(
        form,
        title=rx.cond(State.list_id, "Edit list", "New list"),
        open=State.is_open,
        on_open_change=State.opened,
    )
