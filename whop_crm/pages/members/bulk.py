"""What can be done with the chosen members, and what is under way."""

from typing import Any

import reflex as rx

from whop_crm import components as ui
from whop_crm.pages.parts.export import export_button
from whop_crm.services.lists import NAME_LIMIT as LIST_NAME_LIMIT
from whop_crm.services.tags import NAME_LIMIT as TAG_NAME_LIMIT
from whop_crm.state.members import BulkState, MembersState, SelectionState
from whop_crm.state.session import SessionState
from whop_crm.state.undo import UndoState
from whop_crm.state.views import WorkLine

MAY = SessionState.can_tag | SessionState.can_list | SessionState.can_export
"""Choosing is for those who can do something with it."""


def whole_page() -> rx.Component:
    """The page is chosen: offers all that match."""
    return rx.fragment(
        rx.cond(
            SelectionState.more_text,
            rx.el.div(
                rx.el.span("Everybody on this page is selected."),
                ui.button(SelectionState.more_text, size="small", on_click=SelectionState.pick_everything),
                class_name="pick-line",
                role="status",
            ),
        )
    )


def deeds() -> rx.Component:
    return rx.cond(
        SelectionState.count, rx.el.div(*_deeds(), class_name="deeds", role="region", aria_label="Selection")
    )


def _deeds() -> list[Any]:
    return [
        rx.el.span(SelectionState.count_text, class_name="deeds__count", role="status"),
        rx.cond(
            SessionState.can_tag,
            rx.fragment(
                _choice(
                    "tag",
                    "Add tag",
                    BulkState.tag_options,
                    on_toggle=BulkState.add_tag,
                    on_create=BulkState.add_new_tag,
                    placeholder="Find or create a tag",
                    empty_text="No tags yet. Type a name to create one.",
                    max_length=TAG_NAME_LIMIT,
                ),
                _choice(
                    "eraser",
                    "Remove tag",
                    BulkState.tag_options,
                    on_toggle=BulkState.remove_tag,
                    placeholder="Find a tag",
                    empty_text="No tags yet.",
                ),
            ),
        ),
        rx.cond(
            SessionState.can_list,
            rx.fragment(
                _choice(
                    "list-plus",
                    "Add to list",
                    BulkState.list_options,
                    on_toggle=BulkState.add_to_list,
                    on_create=BulkState.add_to_new_list,
                    placeholder="Find or create a list",
                    empty_text="No lists yet. Type a name to create one.",
                    max_length=LIST_NAME_LIMIT,
                ),
                _choice(
                    "list-minus",
                    "Remove from list",
                    BulkState.list_options,
                    on_toggle=BulkState.remove_from_list,
                    placeholder="Find a list",
                    empty_text="No lists yet.",
                ),
            ),
        ),
        export_button(
            rx.cond(SelectionState.everything, MembersState.export_query, ""),
            "the chosen members",
            SelectionState.picked_text,
        ),
        ui.icon_button("x", "Clear the selection", size="small", on_click=SelectionState.clear),
    ]


def _choice(icon: str, text: str, options: Any, **props: Any) -> rx.Component:
    trigger = ui.button(rx.icon(icon, size=14, aria_hidden=True), text, size="small")
    return ui.popover(
        trigger,
        ui.combobox(options, label=text, once=True, **props),
        label=text,
        placement="top",
        padded=False,
        on_open_change=BulkState.load_options,
    )


def at_work() -> rx.Component:
    return rx.fragment(rx.foreach(BulkState.at_work, _work))


def _work(work: rx.Var[WorkLine]) -> rx.Component:
    stop = ui.button("Cancel", size="small", on_click=UndoState.cancel_bulk(work.id))
    return ui.card(
        ui.row(
            rx.el.div(ui.progress_bar(work.percent, work.title, work.text), class_name="grow"),
            rx.cond(MAY, stop),
            gap=4,
        ),
        key=work.id,
    )
