"""The frame of every page, the logo, and what the app root wraps around all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx

from whop_crm.components.buttons import icon_button
from whop_crm.components.data import avatar
from whop_crm.components.feedback import connection_banner, live_dot
from whop_crm.components.local import NavDrawer, NavLink, PageLink, ThemeSwitch, WaitingBox
from whop_crm.components.overlays import menu, menu_head, menu_section
from whop_crm.components.time import zone as in_zone


@dataclass(frozen=True)
class NavItem:
    """A page in the main navigation: its name, its address, its icon. Active under its address too, unless `exact`."""

    label: str
    to: Any
    icon: str
    exact: bool = False


def logo_mark() -> rx.Component:
    """The mark alone."""
    return rx.el.img(src="/logo-mark.svg", alt="", class_name="logo-mark", width="28", height="28")


def logo(to: Any = "/") -> rx.Component:
    """Mark and name, a link home."""
    return PageLink.create(
        logo_mark(),
        rx.el.span("Whop CRM", class_name="wordmark"),
        to=to,
        aria_label="Whop CRM, home",
        class_name="bar__logo",
    )


def shell(
    *children: Any,
    links: Sequence[NavItem],
    home: Any = "/",
    company: rx.Component | None = None,
    search: rx.Component | None = None,
    live: rx.Component | None = None,
    user: rx.Component | None = None,
    zone: Any = None,
) -> rx.Component:
    """Top bar and main landmark.

    `company`: `company_switcher(...)`. `search`: the palette and its trigger. `user`: `user_menu(...)`.
    `zone`: the company's IANA zone for all times on the page. Under 1024 px navigation and company move
    into a menu. The first Tab stop leads past the bar.
    """
    navigation = NavDrawer.create(
        rx.el.span(icon_button("menu", "Menu"), class_name="bar__menu"),
        rx.el.div(company, class_name="nav__company") if company is not None else None,
        *(_nav_link(item) for item in links),
        label="Main",
    )
    bar = rx.el.header(
        logo(home),
        navigation,
        rx.el.div(
            search,
            live if live is not None else live_dot(),
            user,
            class_name="bar__end",
        ),
        class_name="bar",
    )
    main = rx.el.main(*children, id="main", tab_index=-1, class_name="main")
    page = rx.fragment(
        rx.el.a("Skip to content", href="#main", reload_document=True, class_name="skip-link"), bar, main
    )
    return page if zone is None else in_zone(zone, page)


def _nav_link(item: NavItem) -> rx.Component:
    return NavLink.create(
        rx.icon(item.icon, aria_hidden=True), item.label, to=item.to, end=item.exact, class_name="nav__link"
    )


def company_switcher(name: Any, image: Any, *companies: Any) -> rx.Component:
    """The open company; a menu of `menu_link(name, to=…, checked=…)` to open another."""
    return menu(
        rx.el.button(
            avatar(image, name, "sm", square=True),
            rx.el.span(name, class_name="truncate"),
            rx.icon("chevrons-up-down", aria_hidden=True),
            type="button",
            class_name="company-button",
        ),
        *companies,
        label="Companies",
    )


def user_menu(name: Any, image: Any, role: Any, *items: Any) -> rx.Component:
    """Who is signed in, the theme, and `items`: `menu_link`, `menu_item`, `menu_outside_link`."""
    return menu(
        rx.el.button(avatar(image, name), type="button", class_name="user-button", aria_label="You and your settings"),
        menu_head(rx.el.div(name, class_name="strong truncate"), rx.el.div(role, class_name="muted small")),
        menu_section(theme_switch()),
        *items,
        label="You",
        placement="bottom-end",
    )


def theme_switch() -> rx.Component:
    """Light, dark or the system's choice; for use inside a menu. Kept in the browser."""
    return ThemeSwitch.create()


def alone(*children: Any) -> rx.Component:
    """A page without navigation: signing in, or when there is nothing to navigate."""
    return rx.el.main(rx.el.div(*children, class_name="alone__card"), id="main", tab_index=-1, class_name="alone")


def waiting_screen(outside: Any) -> rx.Component:
    """Until the server has said who is here. Where its word does not come, it says so; inside Whop's frame with a
    way out, the address `outside`, opened in a new tab.
    """
    return WaitingBox.create(boot_screen(), outside=outside)


def boot_screen() -> rx.Component:
    """Until the app is there: `rx.App(hydrate_fallback=components.boot_screen)`."""
    return rx.el.div(logo_mark(), rx.el.span("Loading", class_name="sr-only"), class_name="boot", role="status")


def app_wraps() -> dict[tuple[int, str], Callable[[bool], rx.Component | None]]:
    """For `rx.App(extra_app_wraps=...)`: our connection banner in the place of Reflex's own overlay.

    In a fragment, because Reflex hangs the rest of the app below the wrap as further children.
    """
    return {(5, "Overlay"): lambda stateful: rx.fragment(connection_banner()) if stateful else None}
