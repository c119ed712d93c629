"""How the list looks: its columns, and views with a name."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.services.views import NAME_LIMIT
from whop_crm.state.members import MembersState
from whop_crm.state.session import SessionState
from whop_crm.state.views import ColumnOption, ViewLine


def views_menu() -> rx.Component:
    """All views, and what can be done with the open one."""
    return ui.row(
        rx.cond(
            MembersState.view_changed & MembersState.view_changeable,
            ui.button("Save view", on_click=MembersState.update_view),
        ),
        ui.menu(
            ui.button(
                rx.icon("bookmark", size=14, aria_hidden=True),
                rx.cond(MembersState.view_name, MembersState.view_name, "Views"),
            ),
            ui.menu_link("All members", to=routes.members(SessionState.company), checked=MembersState.view_name == ""),
            rx.foreach(MembersState.views, _view),
            ui.menu_separator(),
            ui.menu_item("Save as a new view…", icon="bookmark-plus", on_click=MembersState.name_view(True)),
            rx.cond(
                MembersState.view_changeable,
                ui.menu_item("Delete this view", icon="trash-2", tone="danger", on_click=MembersState.delete_view),
            ),
            label="Views",
            placement="bottom-end",
        ),
        gap=2,
    )


def _view(view: rx.Var[ViewLine]) -> rx.Component:
    whose = rx.cond(view.shared, rx.icon("users", size=14, aria_label="Shared with the team"))
    return ui.menu_link(view.name, whose, to=view.address, checked=MembersState.view_name == view.name, key=view.id)


def save_dialog() -> rx.Component:
    return ui.dialog(
        rx.el.form(
            ui.text_field(
                "Name",
                "name",
                error=MembersState.view_error,
                max_length=NAME_LIMIT,
                required=True,
                data_autofocus=True,
                placeholder="Paying and quiet",
            ),
            rx.cond(SessionState.can_segment, ui.checkbox("Share it with the team", name="shared")),
            ui.dialog_actions(
                ui.button("Cancel", data_close=True), ui.button("Save view", variant="primary", type="submit")
            ),
            on_submit=MembersState.save_view,
            class_name="stack gap-4",
        ),
        title="Save as a new view",
        text="Keeps search, filters, order and columns as they are now.",
        open=MembersState.saving_view,
        on_open_change=MembersState.name_view,
    )


def columns_menu() -> rx.Component:
    """Which columns, in which order, how wide: also without a mouse."""
    return ui.dialog(
        rx.el.ul(rx.foreach(MembersState.column_options, _option), class_name="column-list"),
        ui.dialog_actions(
            ui.button("Usual columns", on_click=MembersState.usual_columns),
            ui.button("Done", variant="primary", data_close=True),
        ),
        title="Columns",
        text="For you alone. In a view, save the view to keep them.",
        trigger=ui.button(rx.icon("columns-3", size=14, aria_hidden=True), "Columns"),
    )


def _option(option: rx.Var[ColumnOption]) -> rx.Component:
    key, label = option.key, option.label
    spoken = rx.Var.create(" ") + label
    moves = ui.row(
        _step("arrow-up", rx.Var.create("Earlier:") + spoken, MembersState.move_column(key, -1), option.first),
        _step("arrow-down", rx.Var.create("Later:") + spoken, MembersState.move_column(key, 1), option.last),
        _step("minus", rx.Var.create("Narrower:") + spoken, MembersState.widen_column(key, -1)),
        _step("plus", rx.Var.create("Wider:") + spoken, MembersState.widen_column(key, 1)),
        gap=1,
    )
    return rx.el.li(
        ui.checkbox(label, checked=option.on, on_change=lambda on: MembersState.choose_column(key, on)),
        rx.cond(option.on, moves),
        key=key,
    )


def _step(icon: str, label: rx.Var[str], event: object, off: object = False) -> rx.Component:
    return ui.icon_button(icon, label, size="small", on_click=event, disabled=off)
