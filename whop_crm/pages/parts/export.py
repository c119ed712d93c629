"""Taking members out as a file: which columns, and the download, which leaves the page where it is."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.state.export import ExportState
from whop_crm.state.session import SessionState
from whop_crm.state.views import ColumnLine


def export_button(
    query: rx.Var[str] | str, what: rx.Var[str] | str = "these members", members: rx.Var[str] | str = ""
) -> rx.Component:
    """For who may export. `query` is what stands behind the `?` of a member list's address, or `segment=<id>`;
    `members` are Whop's ids with commas between, where only these are meant.
    """
    return rx.cond(
        SessionState.can_export,
        ui.dialog(
            ui.post_form(
                rx.cond(members, rx.el.input(type="hidden", name="members", value=members)),
                rx.el.fieldset(
                    rx.el.legend("Columns", class_name="field__label"),
                    rx.el.div(rx.foreach(ExportState.columns, _column), class_name="choices"),
                    class_name="field",
                ),
                ui.dialog_actions(
                    ui.button("Cancel", data_close=True),
                    ui.button("Download", variant="primary", type="submit", data_autofocus=True),
                ),
                action=routes.export(SessionState.company) + "?" + query,
                data_close_on_submit=True,
                class_name="stack gap-4",
            ),
            title="Export as CSV",
            text=rx.Var.create("A file with ") + what + ", as the list shows them now. It opens in any spreadsheet.",
            trigger=ui.button(
                rx.icon("download", size=14, aria_hidden=True), "Export", size="small", on_click=ExportState.start
            ),
        ),
    )


def import_link() -> rx.Component:
    """The way to the import, for who may."""
    return rx.cond(
        SessionState.can_import,
        ui.button_link(
            rx.icon("upload", size=14, aria_hidden=True), "Import",
            to=routes.import_members(SessionState.company), size="small",
        ),
    )  # fmt: skip


def _column(column: rx.Var[ColumnLine]) -> rx.Component:
    return ui.checkbox(column.label, name="columns", value=column.key, default_checked=column.usual, key=column.key)
