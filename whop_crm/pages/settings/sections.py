"""What every settings page has: its head, and the way to the other sections."""

from typing import Any

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.state.session import SessionState


def section(*children: Any) -> rx.Component:
    """A section of the settings, under their common head."""
    return ui.stack(ui.page_header("Settings", SessionState.company_title), tabs(), *children, gap=6)


def tabs() -> rx.Component:
    """The way from one section to another."""
    company = SessionState.company
    return ui.link_tabs(
        "Settings",
        ("Company", routes.settings(company), True),
        ("Team", routes.settings_team(company), True),
        ("Tags", routes.settings_tags(company), True),
        ("Connection", routes.connection(company), True),
        ("My sessions", routes.settings_sessions(company), True),
    )


def skeleton() -> rx.Component:
    return section(ui.card(ui.skeleton_rows(6)))
