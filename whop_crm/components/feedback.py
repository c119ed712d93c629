"""While it loads, when there is nothing, when it went wrong, when the connection is lost."""

from typing import Any

import reflex as rx

from whop_crm.components.buttons import button
from whop_crm.components.layout import classes
from whop_crm.components.local import ConnectionBanner, LiveDot
from whop_crm.components.theme import Tone, ToneLike


def skeleton_text(lines: int = 3) -> rx.Component:
    """Grey lines in place of a paragraph."""
    widths = ("92%", "78%", "85%", "60%")
    return rx.el.div(
        *(
            rx.el.span(class_name="skeleton skeleton--text", style={"width": widths[i % len(widths)]})
            for i in range(lines)
        ),
        aria_hidden=True,
    )


def skeleton_rows(count: int = 5, *, inset: bool = False) -> rx.Component:
    """Rows with a round picture and two lines: feeds, lists, results. `inset` in a card without padding."""
    line = rx.el.div(
        rx.el.span(class_name="skeleton skeleton--circle", style={"width": "32px", "height": "32px"}),
        rx.el.div(skeleton_text(2), class_name="grow"),
        class_name="row gap-3",
    )
    return rx.el.div(
        *(line for _ in range(count)),
        class_name=classes("skeleton-rows", inset and "skeleton-rows--inset"),
        aria_hidden=True,
    )


def skeleton_card(lines: int = 4) -> rx.Component:
    """A card that is still coming."""
    return rx.el.div(
        rx.el.div(
            rx.el.span(class_name="skeleton skeleton--title", style={"width": "40%"}),
            skeleton_text(lines),
            class_name="card__body",
        ),
        class_name="card",
        aria_hidden=True,
    )


def skeleton_profile() -> rx.Component:
    """Head, cards and aside of a profile that is still coming."""
    head = rx.el.div(
        rx.el.span(class_name="skeleton skeleton--circle", style={"width": "72px", "height": "72px"}),
        rx.el.div(
            rx.el.span(class_name="skeleton skeleton--title", style={"width": "220px"}),
            rx.el.span(class_name="skeleton skeleton--text", style={"width": "300px", "maxWidth": "100%"}),
            class_name="grow",
        ),
        class_name="row gap-4",
    )
    main = rx.el.div(skeleton_card(5), skeleton_card(8), class_name="stack gap-6")
    aside = rx.el.div(skeleton_card(4), skeleton_card(3), class_name="stack gap-6")
    return loading(rx.el.div(head, rx.el.div(main, aside, class_name="split"), class_name="stack gap-6"))


def loading(*skeletons: rx.Component) -> rx.Component:
    """Skeletons, with a word for who cannot see them."""
    return rx.el.div(rx.el.span("Loading", role="status", class_name="sr-only"), *skeletons)


def _state(
    icon: str,
    title: Any,
    text: Any,
    action: rx.Component | None,
    tone: ToneLike,
    *,
    small: bool = False,
    whole_page: bool = False,
) -> rx.Component:
    heading = rx.el.h1 if whole_page else rx.el.h2
    return rx.el.div(
        rx.el.span(rx.icon(icon, aria_hidden=True), class_name="state__icon", data_tone=tone, aria_hidden=True),
        heading(title, class_name="state__title"),
        rx.el.p(text, class_name="state__text") if text is not None else None,
        rx.el.div(action, class_name="state__action") if action is not None else None,
        class_name=classes("state", small and "state--small"),
    )


def empty_state(
    icon: str, title: Any, text: Any = None, action: rx.Component | None = None, *, small: bool = False
) -> rx.Component:
    """There is nothing yet; `action` is the next thing to do. `small` inside cards."""
    return _state(icon, title, text, action, Tone.PRIMARY, small=small)


def error_state(
    title: Any = "That did not work",
    text: Any = "The page could not be loaded. Your data is safe.",
    on_retry: Any = None,
    *,
    small: bool = False,
) -> rx.Component:
    """It went wrong; says so and offers another try."""
    retry = None if on_retry is None else button(rx.icon("rotate-cw"), "Try again", on_click=on_retry)
    return rx.el.div(_state("triangle-alert", title, text, retry, Tone.DANGER, small=small), role="alert")


def no_permission(what: Any = "this page", action: rx.Component | None = None) -> rx.Component:
    """Signed in, but this role may not. Takes the place of the page, h1 included; so do the next two."""
    text = rx.el.span("Your role in this company does not include ", what, ". An owner can change that in Whop.")
    return _state("lock", "You cannot see this", text, action, Tone.WARNING, whole_page=True)


def not_found(what: str = "page", action: rx.Component | None = None) -> rx.Component:
    """No such thing in this company."""
    return _state(
        "search-x",
        f"There is no such {what}",
        "It may have been removed, or the address is incomplete.",
        action,
        Tone.NEUTRAL,
        whole_page=True,
    )


def signed_out(
    action: rx.Component | None = None, text: Any = "Sign in again and you are back on this page."
) -> rx.Component:
    """The session has ended."""
    return _state(
        "log-out",
        "You are signed out",
        text,
        action,
        Tone.NEUTRAL,
        whole_page=True,
    )


def notice(
    text: Any, *, title: Any = None, tone: ToneLike = Tone.INFO, icon: str = "info", action: Any = None
) -> rx.Component:
    """A line above content that people should know: a missing scope, numbers that are still partial."""
    return rx.el.div(
        rx.el.span(rx.icon(icon, aria_hidden=True), class_name="notice__icon"),
        rx.el.div(
            rx.el.p(title, class_name="notice__title") if title is not None else None,
            rx.el.p(text, class_name="notice__text"),
            class_name="notice__body",
        ),
        action,
        class_name="notice",
        data_tone=tone,
    )


def connection_banner() -> rx.Component:
    """Says calmly that the connection is lost and when it is back; once per app, in place of Reflex's own.

        app = rx.App(app_wraps=components.app_wraps())

    Nothing for 0.8 s; then "Connection lost. Reconnecting…" (or "You are offline"), then "Back online."
    for 2.5 s. Reflex reconnects by itself with backoff and hydrates again; the banner also asks it to
    every 5 s, for a server that closed the socket politely.
    """
    return ConnectionBanner.create()


def live_dot(text: str = "Live") -> rx.Component:
    """A dot and a word in the bar: live, or offline."""
    return LiveDot.create(text)
