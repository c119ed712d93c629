"""Buttons and links that look like them."""

from typing import Any, Literal

import reflex as rx

from whop_crm.components.layout import classes
from whop_crm.components.local import CopyBox, PageLink

Variant = Literal["primary", "secondary", "ghost", "danger"]
Size = Literal["medium", "small"]


def _button_class(variant: Variant, size: Size, *more: str) -> str:
    return classes("btn", f"btn--{variant}", size == "small" and "btn--small", *more)


def button(
    *children: Any,
    variant: Variant = "secondary",
    size: Size = "medium",
    loading: Any = None,
    **props: Any,
) -> rx.Component:
    """A button. `loading` (bool Var) shows a spinner and refuses clicks; other props go to `<button>`.

    Example: `button("Add note", variant="primary", on_click=State.add_note, loading=State.saving)`.
    """
    if loading is not None:
        props["data_loading"] = rx.cond(loading, "true", rx.Var("undefined"))
        props["aria_busy"] = loading
    props.setdefault("type", "button")
    return rx.el.button(*children, class_name=_button_class(variant, size), **props)


def icon_button(
    icon: str, label: str | rx.Var[str], *, variant: Variant = "ghost", size: Size = "medium", **props: Any
) -> rx.Component:
    """A square button with only an icon; `label` is what it is called aloud, and its tooltip."""
    if isinstance(label, str) and not label.strip():
        raise ValueError("an icon button needs a label")
    props.setdefault("type", "button")
    return rx.el.button(
        rx.icon(icon, size=16, aria_hidden=True),
        class_name=_button_class(variant, size, "btn--icon"),
        aria_label=label,
        title=label,
        **props,
    )


def button_link(
    *children: Any, to: Any, variant: Variant = "secondary", size: Size = "medium", **props: Any
) -> rx.Component:
    """A link that looks like a button and stays in the app."""
    return PageLink.create(*children, to=to, class_name=_button_class(variant, size), **props)


def link(*children: Any, to: Any, class_name: str = "link", **props: Any) -> rx.Component:
    """A link inside the app: no reload."""
    return PageLink.create(*children, to=to, class_name=class_name, **props)


def outside_link(*children: Any, href: Any, class_name: str = "link", **props: Any) -> rx.Component:
    """A link that leaves the app, in a new tab."""
    props.setdefault("target", "_blank")
    return rx.el.a(
        *children, href=href, reload_document=True, rel="noopener noreferrer", class_name=class_name, **props
    )


def page_load_link(*children: Any, href: Any, variant: Variant = "secondary", **props: Any) -> rx.Component:
    """A link that looks like a button and loads a plain HTTP address of ours, such as the sign-in."""
    return rx.el.a(*children, href=href, reload_document=True, class_name=_button_class(variant, "medium"), **props)


def copy_button(value: Any, label: str = "Copy", *, text: Any = None) -> rx.Component:
    """Shows `text` (default: `value` itself) with a copy mark; says "Copied" beside it and aloud.

    Works in the browser alone: no event reaches the server.
    """
    children = [] if text is None else [text]
    return CopyBox.create(*children, value=value, label=label)
