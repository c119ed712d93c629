"""The segment builder: a name, the conditions, and beside them what they find."""

import reflex as rx

from whop_crm import components as ui
from whop_crm.models.enums import TagColor
from whop_crm.pages.parts.builder import builder, findings
from whop_crm.pages.parts.frame import framed
from whop_crm.services.segments import DESCRIPTION_LIMIT, NAME_LIMIT
from whop_crm.state.segments.edit import SegmentEditState as State

ON_LOAD = State.load
_COLORS = [(color.value, color.value.capitalize()) for color in TagColor]
_SHARED = [("team", "The whole team"), ("me", "Only me")]


def page() -> rx.Component:
    return framed(State, _editor(), skeleton=ui.stack(ui.skeleton_card(), ui.skeleton_card()), what="segment")


def _editor() -> rx.Component:
    return ui.stack(
        ui.page_header(
            rx.cond(State.is_new, "New segment", "Edit segment"),
            "Everybody who meets the conditions is in it, now and later.",
        ),
        ui.split(ui.stack(builder(State), _form(), gap=4), findings(State)),
        gap=4,
    )


def _form() -> rx.Component:
    return ui.card(
        rx.el.form(
            ui.text_field("Name", "name", default_value=State.name, max_length=NAME_LIMIT, required=True),
            ui.text_field("Description", "description", default_value=State.description, max_length=DESCRIPTION_LIMIT),
            ui.grid(
                ui.color_field("Colour", "color", _COLORS, value=State.color),
                ui.select_field("Who sees it", "shared", _SHARED, default_value=rx.cond(State.shared, "team", "me")),
                least=220,
            ),
            rx.cond(State.form_error, ui.notice(State.form_error, tone="danger"), rx.fragment()),
            ui.row(
                ui.button_link("Cancel", to=State.back),
                ui.button("Save segment", variant="primary", type="submit"),
                gap=2,
                justify="end",
            ),
            on_submit=State.save,
            key=State.form_key,
            class_name="stack gap-4",
        ),
        title="Save as",
    )
