"""Dialogs, menus, popovers and tooltips. All open and close in the browser, without the server."""

from typing import Any, Literal

import reflex as rx

from whop_crm.components.buttons import button, icon_button
from whop_crm.components.layout import classes
from whop_crm.components.local import DialogBox, MenuBox, PageLink, PopoverBox, TooltipBox
from whop_crm.components.theme import ToneLike

Placement = Literal["bottom-start", "bottom-end", "top"]


def dialog(
    *children: Any,
    title: str | rx.Var[str],
    trigger: rx.Component | None = None,
    open: Any = None,
    on_open_change: Any = None,
    text: Any = None,
    wide: bool = False,
    alert: bool = False,
) -> rx.Component:
    """A modal: focus stays inside, Escape, a click beside it and anything `data_close=True` close it.

    Two ways: give a `trigger` (a button) and it opens by itself; or give `open` (bool Var) and
    `on_open_change` (called with False when it closes) and the state decides, for instance to keep
    it open when the server refused. A form marked `data_close_on_submit=True` closes it once its fields
    are valid. Its content is fresh at each opening. The field to start in
    takes `data_autofocus=True`; buttons go into `dialog_actions(...)`.
    """
    props: dict[str, Any] = {"label": title, "class_name": "dialog--wide" if wide else ""}
    if open is not None:
        props["open"] = open
    if on_open_change is not None:
        props["on_open_change"] = on_open_change
    if alert:
        props["alert"] = True
    if isinstance(text, str | rx.Var):
        props["description"] = text
    return DialogBox.create(
        trigger if trigger is not None else rx.el.span(hidden=True),
        rx.el.div(
            rx.el.h2(title, class_name="dialog__title"),
            rx.el.p(text, class_name="dialog__text") if text is not None else None,
            class_name="dialog__head",
        ),
        *children,
        rx.el.div(icon_button("x", "Close", size="small", data_close=True), class_name="dialog__close"),
        **props,
    )


def dialog_actions(*buttons: rx.Component) -> rx.Component:
    """The line of buttons at the foot of a dialog: the way out first, the deed last."""
    return rx.el.div(*buttons, class_name="dialog__foot")


def confirm_dialog(
    trigger: rx.Component,
    *,
    title: str | rx.Var[str],
    text: Any,
    confirm: str,
    on_confirm: Any,
    danger: bool = True,
) -> rx.Component:
    """Asks before something that cannot be taken back. `confirm` names the deed: "Delete note"."""
    return dialog(
        dialog_actions(
            button("Cancel", data_close=True, data_autofocus=True),
            button(confirm, variant="danger" if danger else "primary", data_close=True, on_click=on_confirm),
        ),
        title=title,
        text=text,
        trigger=trigger,
        alert=True,
    )


def menu(trigger: rx.Component, *items: Any, label: str, placement: Placement = "bottom-start") -> rx.Component:
    """A menu under a button: arrow keys, Home, End, letters, Escape. Items: `menu_item`, `menu_link`, …"""
    return MenuBox.create(trigger, *items, label=label, placement=placement)


def menu_item(*children: Any, icon: str | None = None, tone: ToneLike | None = None, **props: Any) -> rx.Component:
    """One deed: pass `on_click`. `tone="danger"` for what destroys."""
    if tone is not None:
        props["data_tone"] = tone
    return rx.el.button(
        rx.icon(icon, aria_hidden=True) if icon else None,
        *children,
        type="button",
        role="menuitem",
        tab_index=-1,
        class_name="menu__item",
        **props,
    )


def menu_link(*children: Any, to: Any, icon: str | None = None, checked: Any = None, **props: Any) -> rx.Component:
    """A page to go to, in the app. `checked` marks the one that is current."""
    mark: list[rx.Component] = []
    props["role"] = "menuitem"
    if checked is not None:
        props |= {"role": "menuitemradio", "aria_checked": rx.cond(checked, "true", "false")}
        mark = [rx.el.span(class_name="menu__check", aria_hidden=True)]
    return PageLink.create(
        rx.icon(icon, aria_hidden=True) if icon else None,
        *children,
        *mark,
        to=to,
        tab_index=-1,
        class_name="menu__item",
        **props,
    )


def menu_outside_link(*children: Any, href: Any, icon: str | None = None, **props: Any) -> rx.Component:
    """An address outside the app, or an HTTP address of ours (signing out)."""
    return rx.el.a(
        rx.icon(icon, aria_hidden=True) if icon else None,
        *children,
        href=href,
        reload_document=True,
        role="menuitem",
        tab_index=-1,
        class_name="menu__item",
        **props,
    )


def menu_separator() -> rx.Component:
    """A line between groups of items."""
    return rx.el.div(role="separator", class_name="menu__separator")


def menu_head(*children: Any) -> rx.Component:
    """Text at the top of a menu that is not an item."""
    return rx.el.div(*children, role="presentation", class_name="menu__head")


def menu_section(*children: Any) -> rx.Component:
    """A part of a menu set off by lines."""
    return rx.el.div(*children, role="presentation", class_name="menu__section")


def popover(
    trigger: rx.Component,
    *children: Any,
    label: str,
    placement: Placement = "bottom-start",
    on_open_change: Any = None,
    padded: bool = True,
) -> rx.Component:
    """A small box under a button; the first field in it gets the focus. `padded=False` for a combobox."""
    props = {} if on_open_change is None else {"on_open_change": on_open_change}
    return PopoverBox.create(
        trigger,
        *children,
        label=label,
        placement=placement,
        class_name=classes(padded and "panel"),
        **props,
    )


def tooltip(subject: rx.Component, text: str | rx.Var[str], placement: Placement = "top") -> rx.Component:
    """Under 20 words about `subject`, a thing that can be focused; on hover, focus and tap."""
    return TooltipBox.create(subject, text=text, placement=placement)


def info(text: str | rx.Var[str], about: str) -> rx.Component:
    """A small "i" that explains what stands before it."""
    return tooltip(
        rx.el.button(
            rx.icon("info", aria_hidden=True),
            type="button",
            class_name="info-button above",
            aria_label=f"About {about}",
        ),
        text,
    )
