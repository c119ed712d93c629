"""Who did what lately, how far it is, and the way back."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.parts.frame import framed
from whop_crm.state.actions import ActionsState
from whop_crm.state.session import SessionState
from whop_crm.state.undo import UndoState
from whop_crm.state.views import DeedLine

ON_LOAD = ActionsState.load


def page() -> rx.Component:
    return framed(ActionsState, _content(), skeleton=ui.stack(_header(), ui.card(ui.skeleton_rows(6)), gap=4))


def _content() -> rx.Component:
    return ui.stack(_header(), rx.cond(ActionsState.deeds, ui.card(_deeds(), flush=True), ui.card(_nothing())), gap=4)


def _header() -> rx.Component:
    return ui.page_header(
        "Recent actions", "What your team did to members, notes, lists and segments. For 30 days it can be undone."
    )


def _nothing() -> rx.Component:
    return ui.empty_state("history", "Nothing yet", "Put a tag on somebody and it appears here, with the way back.")


def _deeds() -> rx.Component:
    return ui.feed(rx.foreach(ActionsState.deeds, _deed), label="Recent actions")


def _deed(deed: rx.Var[DeedLine]) -> rx.Component:
    return ui.feed_row(
        ui.avatar("", deed.actor, "sm"),
        rx.fragment(
            rx.el.span(deed.actor, class_name="strong"),
            " · ",
            deed.title,
            rx.cond(
                deed.member_id,
                rx.fragment(" · ", ui.link(deed.member_name, to=routes.member(SessionState.company, deed.member_id))),
            ),
            rx.cond(deed.detail, rx.el.div(deed.detail, class_name="muted small")),
            rx.cond(deed.percent >= 0, ui.progress_bar(deed.percent, deed.percent.to_string() + " %")),
        ),
        ui.row(ui.relative_time(deed.at, class_name="nowrap"), _ways_back(deed), gap=3),
        key=deed.key,
    )


def _ways_back(deed: rx.Var[DeedLine]) -> rx.Component:
    spoken = rx.Var.create("Undo: ") + deed.title
    undo = rx.cond(deed.bulk_id, UndoState.undo_bulk(deed.bulk_id), UndoState.undo_change(deed.change_id))
    return rx.fragment(
        rx.cond(
            deed.stoppable,
            ui.button("Cancel", size="small", on_click=UndoState.cancel_bulk(deed.bulk_id)),
        ),
        rx.cond(deed.undoable, ui.button("Undo", size="small", aria_label=spoken, on_click=undo)),
    )
