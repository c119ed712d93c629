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
    return rx.cond(SessionState.can_manage_keys, _links(with_keys=True), _links(with_keys=False))


def _links(*, with_keys: bool) -> rx.Component:
    company = SessionState.company
    keys = [("API keys", routes.settings_api_keys(company), True)] if with_keys else []
    return ui.link_tabs(
        "Settings",
        ("Company", routes.settings(company), True),
        ("Team", routes.settings_team(company), True),
        ("Tags", routes.settings_tags(company), True),
        ("Fields", routes.settings_fields(company), True),
        ("Connection", routes.connection(company), True),
        *keys,
        ("My sessions", routes.settings_sessions(company), True),
    )


def skeleton() -> rx.Component:
    return section(ui.card(ui.skeleton_rows(6)))
