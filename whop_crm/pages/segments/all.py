"""All segments, each with its live size; templates for whoever begins."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.segments.lists import lists_card
from whop_crm.state.segments.all import SegmentsState as State
from whop_crm.state.session import SessionState
from whop_crm.state.views.segments import SegmentLine, TemplateLine

ON_LOAD = State.load


def page() -> rx.Component:
    return framed(State, _segments(), skeleton=ui.stack(ui.skeleton_card(), ui.skeleton_card()))


def _segments() -> rx.Component:
    new = ui.button_link(
        rx.icon("plus", size=16, aria_hidden=True),
        "New segment",
        to=routes.segment_edit(SessionState.company, "new"),
        variant="primary",
    )
    return ui.stack(
        ui.page_header(
            "Segments",
            "Questions about your members with a name, always up to date.",
            rx.cond(SessionState.can_segment, new, rx.fragment()),
        ),
        rx.cond(State.rows, _list(), rx.fragment(_nothing(), _templates())),
        lists_card(),
        rx.cond(State.rows, _templates()),
        gap=6,
    )


def _nothing() -> rx.Component:
    return ui.card(
        ui.empty_state("filter", "No segments yet", "Begin with a template below, or build your own.", small=True)
    )


def _list() -> rx.Component:
    return ui.card(
        ui.data_table(
            [
                ui.Column("Segment", _name),
                ui.Column("Members", _size, align="right", card_label="Members"),
                ui.Column("MRR", lambda row: ui.number(row.mrr), align="right", hide="sm"),
                ui.Column("Changed", _changed, hide="md"),
                ui.Column("Actions", _actions, align="right", spoken_only=True, width="160px"),
            ],
            State.rows,
            label="Segments",
            row_key=lambda row: row.id,
            small_screen="cards",
        ),
        flush=True,
    )


def _size(row: rx.Var[SegmentLine]) -> rx.Component:
    return ui.live_value(row.members, class_name="number")


def _name(row: rx.Var[SegmentLine]) -> rx.Component:
    said = rx.cond(row.problem, row.problem, rx.cond(row.description, row.description, row.words))
    return rx.el.div(
        rx.el.div(
            rx.el.span(class_name="segment__dot", data_color=row.color, aria_hidden=True),
            ui.link(row.name, to=routes.segment(SessionState.company, row.id), class_name="segment__name cover"),
            rx.cond(row.problem, ui.badge("Does not work", Tone.DANGER), rx.fragment()),
            rx.cond(row.shared, rx.fragment(), ui.badge("Private", icon="lock")),
            class_name="row gap-2",
        ),
        rx.el.span(said, class_name="muted small segment__text"),
        class_name="stack gap-1",
    )


def _changed(row: rx.Var[SegmentLine]) -> rx.Component:
    return rx.el.span(
        ui.relative_time(row.changed, class_name="nowrap"),
        rx.el.span(" by ", row.changed_by, class_name="muted"),
        class_name="small",
    )


def _actions(row: rx.Var[SegmentLine]) -> rx.Component:
    spoken = rx.Var.create(" ") + row.name
    edit = ui.icon_button(
        "pencil",
        rx.Var.create("Edit") + spoken,
        size="small",
        on_click=rx.redirect(routes.segment_edit(SessionState.company, row.id)),
    )
    delete = ui.confirm_dialog(
        ui.icon_button("trash-2", rx.Var.create("Delete") + spoken, size="small"),
        title=rx.Var.create("Delete the segment “") + row.name + "”?",
        text="Its members stay; only the question and its history go.",
        confirm="Delete segment",
        on_confirm=State.delete(row.id),
    )
    copy = ui.icon_button("copy", rx.Var.create("Duplicate") + spoken, size="small", on_click=State.duplicate(row.id))
    return ui.row(
        rx.cond(SessionState.can_segment, copy, rx.fragment()),
        rx.cond(row.may_change, rx.fragment(edit, delete), rx.fragment()),
        gap=1,
        justify="end",
        class_name="above",
    )


def _templates() -> rx.Component:
    grid = ui.grid(rx.foreach(State.templates, _template), least=220, gap=3, fit=False)
    return rx.fragment(rx.cond(State.templates & SessionState.can_segment, ui.card(grid, title="Templates")))


def _template(one: rx.Var[TemplateLine]) -> rx.Component:
    address = routes.segment_edit(SessionState.company, "new") + "?template="
    return rx.el.article(
        rx.el.div(
            rx.el.span(class_name="segment__dot", data_color=one.color, aria_hidden=True),
            rx.el.h3(one.name, class_name="segment__name"),
            ui.number(one.members, class_name="muted"),
            class_name="row gap-2",
        ),
        rx.el.p(one.description, class_name="muted small grow"),
        ui.row(
            ui.button(
                "Create", size="small", on_click=State.make(one.key), aria_label=rx.Var.create("Create ") + one.name
            ),
            ui.link("Adjust first", to=address + one.key, aria_label=rx.Var.create("Adjust first: ") + one.name),
            gap=3,
        ),
        key=one.key,
        class_name="template stack gap-2",
    )
