"""All tags: rename, recolour, merge, delete, and how many members carry each."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.models.enums import TagColor
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.settings.sections import section, skeleton
from whop_crm.services.tags import NAME_LIMIT
from whop_crm.state.session import SessionState
from whop_crm.state.settings.tags import EditTagState, MergeTagState
from whop_crm.state.settings.tags import TagSettingsState as State
from whop_crm.state.views import TagLine

ON_LOAD = State.load
_COLORS = [(color.value, color.value.capitalize()) for color in TagColor]


def page() -> rx.Component:
    return framed(State, section(_tags(), _edit_dialog(), _merge_dialog()), skeleton=skeleton())


def _tags() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("Tag", _tag),
            ui.Column("Members", lambda row: ui.number(row.members), align="right", width="120px"),
            ui.Column("Actions", _actions, align="right", spoken_only=True, width="160px"),
        ],
        State.tags,
        label="Tags",
        row_key=lambda row: row.id,
    )
    nothing = ui.empty_state(
        "tags", "No tags yet", "Tags are what your team calls its members: founding member, big spender.", small=True
    )
    return ui.card(
        rx.cond(State.tags, table, nothing),
        title="Tags",
        actions=rx.cond(SessionState.can_tag, _new(), rx.fragment()),
        flush=True,
    )


def _new() -> rx.Component:
    return ui.button(
        rx.icon("plus", size=14, aria_hidden=True), "New tag", size="small", on_click=EditTagState.start(0)
    )


def _tag(row: rx.Var[TagLine]) -> rx.Component:
    return ui.tag_pill(row.name, row.color, to=routes.members(SessionState.company) + "?tag=" + row.id.to_string())


def _actions(row: rx.Var[TagLine]) -> rx.Component:
    spoken = rx.Var.create(" ") + row.name
    buttons = ui.row(
        ui.icon_button("pencil", rx.Var.create("Edit") + spoken, size="small", on_click=EditTagState.start(row.id)),
        ui.icon_button("merge", rx.Var.create("Merge") + spoken, size="small", on_click=MergeTagState.start(row.id)),
        ui.confirm_dialog(
            ui.icon_button("trash-2", rx.Var.create("Delete") + spoken, size="small"),
            title=rx.Var.create("Delete the tag “") + row.name + "”?",
            text=row.carried + ". Deleting takes it off all of them and cannot be undone.",
            confirm="Delete tag",
            on_confirm=State.delete(row.id),
        ),
        gap=1,
        justify="end",
    )
    return rx.cond(SessionState.can_tag, buttons)


def _edit_dialog() -> rx.Component:
    return ui.dialog(
        rx.el.form(
            ui.stack(
                ui.text_field(
                    "Name",
                    "name",
                    error=EditTagState.error,
                    default_value=EditTagState.name,
                    max_length=NAME_LIMIT,
                    required=True,
                    data_autofocus=True,
                ),
                ui.color_field("Colour", "color", _COLORS, value=EditTagState.color),
                gap=4,
            ),
            ui.dialog_actions(
                ui.button("Cancel", data_close=True), ui.button("Save tag", variant="primary", type="submit")
            ),
            on_submit=EditTagState.save,
            class_name="stack gap-4",
        ),
        title=rx.cond(EditTagState.tag_id, "Edit tag", "New tag"),
        open=EditTagState.is_open,
        on_open_change=EditTagState.opened,
    )


def _merge_dialog() -> rx.Component:
    merge = rx.el.form(
        ui.select_field(
            "Merge into",
            "into",
            MergeTagState.others,
            hint="Whoever carries both keeps the one that stays.",
            data_autofocus=True,
        ),
        ui.dialog_actions(
            ui.button("Cancel", data_close=True), ui.button("Merge tags", variant="primary", type="submit")
        ),
        on_submit=MergeTagState.merge,
        class_name="stack gap-4",
    )
    alone = rx.fragment(
        rx.el.p("There is no other tag to merge it into.", class_name="muted"),
        ui.dialog_actions(ui.button("Close", data_close=True)),
    )
    return ui.dialog(
        rx.cond(MergeTagState.others, merge, alone),
        title=rx.Var.create("Merge the tag “") + MergeTagState.name + "”",
        text=MergeTagState.carried + ". They get the other tag instead, and this one is deleted.",
        open=MergeTagState.is_open,
        on_open_change=MergeTagState.opened,
    )
