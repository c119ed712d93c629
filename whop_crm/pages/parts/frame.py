"""The frame of every page inside a company: the bar, and the look that the page's status calls for."""

from typing import Any

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.parts.search import global_search
from whop_crm.state.base import Page, PageStatus
from whop_crm.state.session import SessionState, Visitor

_HERE = SessionState.router.url.path


def framed(page: type[Page], content: rx.Component, *, skeleton: rx.Component, what: str = "page") -> rx.Component:
    """`content` once the page is ready; its skeleton, error, not-found or no-permission look until then."""
    looks = rx.match(
        page.status,
        (PageStatus.READY.value, content),
        (PageStatus.NOT_FOUND.value, ui.not_found(what, ui.button_link("All members", to=_members()))),
        (PageStatus.FORBIDDEN.value, ui.no_permission()),
        (PageStatus.FAILED.value, ui.error_state(text=page.problem, on_retry=page.retry)),
        ui.loading(skeleton),
    )
    inside = _shell(looks)
    return rx.match(
        SessionState.visitor,
        (Visitor.WELCOME.value, inside),
        (Visitor.SIGNED_OUT.value, ui.alone(ui.logo_mark(), _signed_out())),
        (Visitor.NO_ACCESS.value, ui.alone(ui.logo_mark(), no_access_here())),
        ui.waiting_screen(routes.outside(_HERE.to(str))),
    )


def sign_in_link(text: str = "Sign in with Whop") -> rx.Component:
    """A full page load: the sign-in is no page of the app."""
    return ui.page_load_link(text, href=routes.SIGN_IN + "?next=" + _HERE, variant="primary")


def _signed_out() -> rx.Component:
    again = ui.page_load_link("Open Whop CRM", href=_HERE, variant="primary")
    return rx.cond(
        SessionState.framed,
        ui.signed_out(
            ui.row(again, outside_link(), wrap=True),
            "Open it again and Whop says who you are. If that does not help, your browser keeps no sign-ins inside "
            "other pages: then a tab of its own does.",
        ),
        ui.signed_out(sign_in_link()),
    )


def outside_link() -> rx.Component:
    """From inside Whop's frame to this page in a tab of its own."""
    return ui.outside_link("Open in a new tab", href=routes.outside(_HERE.to(str)), class_name="btn btn--secondary")


def no_access_here() -> rx.Component:
    return ui.no_permission(
        "this company, or the company does not use Whop CRM",
        ui.page_load_link("My companies", href=routes.OPEN_COMPANY),
    )


def _members() -> Any:
    return routes.members(SessionState.company)


def _shell(*children: Any) -> rx.Component:
    return ui.shell(
        *children,
        links=[
            ui.NavItem("Dashboard", routes.dashboard(SessionState.company), "layout-dashboard", exact=True),
            ui.NavItem("Members", _members(), "users"),
            ui.NavItem("Segments", routes.segments(SessionState.company), "filter"),
            ui.NavItem("Sync", routes.sync(SessionState.company), "refresh-cw"),
            ui.NavItem("Settings", routes.settings(SessionState.company), "settings"),
        ],
        home=routes.dashboard(SessionState.company),
        company=_companies(),
        search=global_search(),
        user=_user(),
        zone=SessionState.company_zone,
    )


def _companies() -> rx.Component:
    return ui.company_switcher(
        SessionState.company_title,
        SessionState.company_logo,
        rx.foreach(
            SessionState.companies,
            lambda company: ui.menu_link(
                ui.avatar(company.logo, company.title, "xs", square=True),
                rx.el.span(company.title, class_name="truncate"),
                to=routes.dashboard(company.whop_id),
                checked=company.whop_id == SessionState.company,
                key=company.whop_id,
            ),
        ),
    )


def _user() -> rx.Component:
    return ui.user_menu(
        SessionState.user_name,
        SessionState.user_photo,
        SessionState.role,
        ui.menu_link("Recent actions", to=routes.actions(SessionState.company), icon="history"),
        ui.menu_link("Connection", to=routes.connection(SessionState.company)),
        ui.menu_link("My sessions", to=routes.settings_sessions(SessionState.company), icon="monitor-smartphone"),
        sign_out_item("Sign out", routes.SIGN_OUT),
        sign_out_item("Sign out everywhere", routes.SIGN_OUT_EVERYWHERE),
    )


def sign_out_item(text: str, address: str) -> rx.Component:
    """A form, because signing out changes something: a link that is only looked at must not."""
    return ui.post_form(
        rx.el.button(
            rx.icon("log-out", aria_hidden=True),
            text,
            type="submit",
            role="menuitem",
            tab_index=-1,
            class_name="menu__item",
        ),
        action=address,
        role="presentation",
    )


def sign_out_button(text: str) -> rx.Component:
    return ui.post_form(rx.el.button(text, type="submit", class_name="btn btn--secondary"), action=routes.SIGN_OUT)
