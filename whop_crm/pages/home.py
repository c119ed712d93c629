"""Where who is not signed in starts, and where a sign-in that did not work ends."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.state.home import HomeState

ON_LOAD = HomeState.load


def page() -> rx.Component:
    return ui.alone(
        ui.stack(
            ui.logo_mark(),
            rx.el.h1("Know your members"),
            rx.el.p(
                "Who joined, who is about to leave and what everybody is worth: live from your Whop company.",
                class_name="muted",
            ),
            rx.cond(HomeState.problem, ui.notice(HomeState.problem)),
            ui.page_load_link("Sign in with Whop", href=routes.SIGN_IN, variant="primary"),
            rx.el.p("You need to be on the team of a company that uses Whop CRM.", class_name="faint small"),
            gap=4,
        )
    )
