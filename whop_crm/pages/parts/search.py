"""The search that is always there: in the bar, with `/` and with Ctrl/⌘-K."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.parts.looks import status_badge
from whop_crm.state.search import SearchState
from whop_crm.state.session import SessionState
from whop_crm.state.views import Hit


def global_search() -> rx.Component:
    return rx.fragment(
        ui.palette_trigger("Search members"),
        ui.palette(
            ui.palette_input("Search members", on_change=SearchState.look_up.debounce(120)),
            ui.palette_results(
                rx.foreach(SearchState.hits, _result),
                query=SearchState.answered,
                label="Members",
                status=SearchState.summary,
                empty=SearchState.nothing,
                empty_text="No member matches. Try a part of the name, the email or the username.",
            ),
            label="Search members",
            on_open_change=SearchState.opened,
        ),
    )


def _result(hit: rx.Var[Hit]) -> rx.Component:
    return ui.palette_option(
        ui.person(hit.photo, hit.name, hit.detail),
        ui.palette_side(
            rx.el.span(hit.plan, class_name="muted hide-sm"), ui.number(hit.revenue), status_badge(hit.status)
        ),
        to=routes.member(SessionState.company, hit.id),
        key=hit.id,
    )
