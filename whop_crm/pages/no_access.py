"""For somebody who is signed in and may open no company: members and strangers see no data here."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.parts.frame import sign_out_button


def page() -> rx.Component:
    return ui.alone(
        ui.stack(
            ui.logo_mark(),
            rx.el.h1("No company to open"),
            rx.el.p(
                "You are signed in with Whop, but you are not on the team of a company that uses Whop CRM. "
                "Ask its owner to add you to the team in Whop, then look again.",
                class_name="muted",
            ),
            ui.page_load_link("Look again", href=routes.SIGN_IN, variant="primary"),
            sign_out_button("Sign in as somebody else"),
            gap=4,
        )
    )
