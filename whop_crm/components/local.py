"""The bridge to our own React components in `assets/js`: behaviour that HTML and CSS alone do not have.

Each class here is one exported function of one file there. Pages do not use them; the modules beside
this one wrap them into components with a Python signature.
"""

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec, passthrough_event_spec


def _created_event(text: rx.Var[str]) -> list[rx.Var[str]]:
    return [text]


def _toggled_event(value: rx.Var[str], selected: rx.Var[bool]) -> list[rx.Var[Any]]:
    return [value, selected]


class DialogBox(rx.Component):
    """Children: trigger (may be an empty fragment), then the content."""

    library = "$/public/js/dialog.jsx"
    tag = "Dialog"

    open: rx.Var[bool]
    label: rx.Var[str]
    description: rx.Var[str]
    alert: rx.Var[bool]
    on_open_change: rx.EventHandler[passthrough_event_spec(bool)]


class MenuBox(rx.Component):
    """Children: something holding the button, then the items."""

    library = "$/public/js/popover.jsx"
    tag = "Menu"

    label: rx.Var[str]
    placement: rx.Var[str]


class PopoverBox(rx.Component):
    """Children: something holding the button, then the content."""

    library = "$/public/js/popover.jsx"
    tag = "Popover"
    alias = "PopoverBox"

    label: rx.Var[str]
    placement: rx.Var[str]
    on_open_change: rx.EventHandler[passthrough_event_spec(bool)]


class NavDrawer(rx.Component):
    """Children: something holding the button, then the navigation."""

    library = "$/public/js/popover.jsx"
    tag = "NavDrawer"

    label: rx.Var[str]


class TooltipBox(rx.Component):
    """Child: what the text explains; the first element in it is described by it."""

    library = "$/public/js/popover.jsx"
    tag = "Tooltip"
    alias = "TooltipBox"

    text: rx.Var[str]
    placement: rx.Var[str]


class DraftBox(rx.Component):
    """Child: something holding one field."""

    library = "$/public/js/draft.jsx"
    tag = "Draft"
    alias = "DraftBox"

    name: rx.Var[str]
    version: rx.Var[int]


class FollowingBox(rx.Component):
    """Child: a form."""

    library = "$/public/js/draft.jsx"
    tag = "Following"
    alias = "FollowingBox"

    values: rx.Var[dict[str, str]]


class PaletteBox(rx.Component):
    library = "$/public/js/palette.jsx"
    tag = "Palette"

    label: rx.Var[str]
    on_open_change: rx.EventHandler[passthrough_event_spec(bool)]


class ShortcutHint(rx.Component):
    library = "$/public/js/palette.jsx"
    tag = "ShortcutHint"


class ComboboxBox(rx.Component):
    library = "$/public/js/combobox.jsx"
    tag = "Combobox"

    options: rx.Var[list[Any]]
    label: rx.Var[str]
    placeholder: rx.Var[str]
    create_label: rx.Var[str]
    empty_text: rx.Var[str]
    max_length: rx.Var[int]
    once: rx.Var[bool]
    on_toggle: rx.EventHandler[_toggled_event]
    on_create: rx.EventHandler[_created_event]


def _picked_event(ids: rx.Var[list[str]], on: rx.Var[bool]) -> list[rx.Var[Any]]:
    return [ids, on]


def _sized_event(column: rx.Var[str], width: rx.Var[int]) -> list[rx.Var[Any]]:
    return [column, width]


class RowKeys(rx.Component):
    """Children: a table whose rows carry data-id."""

    library = "$/public/js/rows.jsx"
    tag = "RowKeys"

    previewing: rx.Var[str]
    chosen: rx.Var[int]
    on_pick: rx.EventHandler[_picked_event]
    on_pick_page: rx.EventHandler[passthrough_event_spec(bool)]
    on_clear: rx.EventHandler[no_args_event_spec]
    on_preview: rx.EventHandler[passthrough_event_spec(str)]
    on_follow: rx.EventHandler[passthrough_event_spec(str)]


class RowPick(rx.Component):
    library = "$/public/js/rows.jsx"
    tag = "RowPick"

    label: rx.Var[str]
    checked: rx.Var[bool]
    some: rx.Var[bool]
    all: rx.Var[bool]


class ColumnEdge(rx.Component):
    library = "$/public/js/rows.jsx"
    tag = "ColumnEdge"

    column: rx.Var[str]
    on_size: rx.EventHandler[_sized_event]


class ZoneBox(rx.Component):
    library = "$/public/js/time.jsx"
    tag = "Zone"

    zone: rx.Var[str]


class TimeText(rx.Component):
    library = "$/public/js/time.jsx"
    tag = "Time"
    alias = "TimeText"

    value: rx.Var[Any]
    kind: rx.Var[str]
    zone: rx.Var[str]
    missing: rx.Var[str]


class ConnectionBanner(rx.Component):
    library = "$/public/js/connection.jsx"
    tag = "ConnectionBanner"
    alias = "CalmConnectionBanner"


class WaitingBox(rx.Component):
    """Children: what is shown meanwhile."""

    library = "$/public/js/connection.jsx"
    tag = "Waiting"
    alias = "WaitingBox"

    outside: rx.Var[str]


class LiveDot(rx.Component):
    library = "$/public/js/connection.jsx"
    tag = "LiveDot"


class LiveValue(rx.Component):
    library = "$/public/js/live.jsx"
    tag = "LiveValue"


class LiveList(rx.Component):
    library = "$/public/js/live.jsx"
    tag = "LiveList"

    label: rx.Var[str]


class Sentinel(rx.Component):
    library = "$/public/js/live.jsx"
    tag = "Sentinel"

    count: rx.Var[int]
    on_reach: rx.EventHandler[no_args_event_spec]


class AvatarImage(rx.Component):
    library = "$/public/js/avatar.jsx"
    tag = "Avatar"
    alias = "AvatarImage"

    src: rx.Var[Any]
    name: rx.Var[str]
    size: rx.Var[str]
    square: rx.Var[bool]


class CopyBox(rx.Component):
    library = "$/public/js/controls.jsx"
    tag = "CopyButton"

    value: rx.Var[str]
    label: rx.Var[str]


class ThemeSwitch(rx.Component):
    library = "$/public/js/controls.jsx"
    tag = "ThemeSwitch"


class PaginationBox(rx.Component):
    library = "$/public/js/controls.jsx"
    tag = "Pagination"

    page: rx.Var[int]
    pages: rx.Var[int]
    label: rx.Var[str]
    href_for: rx.Var[str]
    on_page: rx.EventHandler[passthrough_event_spec(int)]


class NavLink(rx.el.A):
    """A client-side link that knows when its page is the current one (`active`, aria-current)."""

    library = "react-router"
    tag = "NavLink"

    to: rx.Var[str]
    end: rx.Var[bool]


class PageLink(rx.el.A):
    """A client-side link: no reload, but still a real `<a href>`."""

    library = "react-router"
    tag = "Link"
    alias = "PageLink"

    to: rx.Var[str]
    replace: rx.Var[bool]
    prevent_scroll_reset: rx.Var[bool]
