"""“Filter” over a list: the builder in a dialog, and what it filters by now."""

from typing import Any

import reflex as rx

from whop_crm import components as ui
from whop_crm.pages.parts.builder import builder
from whop_crm.state.filter_panel import FilterPanelState as State
from whop_crm.state.session import SessionState


def filter_button(active: Any = False) -> rx.Component:
    """`active` (bool Var): the list is filtered by conditions now."""
    return rx.fragment(
        ui.button(
            rx.icon("list-filter", size=16, aria_hidden=True),
            rx.cond(active, "Edit filter", "Filter"),
            on_click=State.start,
            aria_haspopup="dialog",
        ),
        _dialog(),
    )


def _dialog() -> rx.Component:
    return ui.dialog(
        builder(State),
        ui.dialog_actions(
            ui.button("Remove filter", on_click=State.clear),
            rx.cond(
                SessionState.can_segment, ui.button("Save as segment", on_click=State.save_as_segment), rx.fragment()
            ),
            ui.button("Apply filter", variant="primary", on_click=State.apply),
        ),
        title="Filter members",
        open=State.is_open,
        on_open_change=State.opened,
        wide=True,
    )
