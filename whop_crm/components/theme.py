"""What the app root needs of the design system, and its closed sets of tones and colours."""

from enum import StrEnum

import reflex as rx

STYLESHEETS = [
    f"css/{name}.css"
    for name in ("fonts", "tokens", "base", "shell", "controls", "data", "table", "overlays", "feedback")
]
"""For `rx.App(stylesheets=...)`, in this order; bundled into one file by the build."""


class Tone(StrEnum):
    """What a badge, a change or an icon says with colour, beside its words."""

    NEUTRAL = "neutral"
    PRIMARY = "primary"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"
    INFO = "info"


class TagColor(StrEnum):
    """The colours a tag may have; each is readable in light and dark."""

    GRAY = "gray"
    RED = "red"
    ORANGE = "orange"
    AMBER = "amber"
    GREEN = "green"
    TEAL = "teal"
    SKY = "sky"
    BLUE = "blue"
    VIOLET = "violet"
    PINK = "pink"


ToneLike = Tone | str | rx.Var[str]


def head() -> list[rx.Component]:
    """For `rx.App(head_components=...)`: icon, colour of the browser's own bar, the first font early."""
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(
            rel="preload",
            href="/fonts/inter-latin.woff2",
            type="font/woff2",
            custom_attrs={"as": "font", "crossOrigin": "anonymous"},
        ),
        rx.el.meta(name="theme-color", content="#ffffff", custom_attrs={"media": "(prefers-color-scheme: light)"}),
        rx.el.meta(name="theme-color", content="#121822", custom_attrs={"media": "(prefers-color-scheme: dark)"}),
    ]


def toaster() -> rx.Component:
    """For `rx.App(toaster=...)`. Send one with `rx.toast.success("Note saved")` from a handler."""
    return rx.toast.provider(
        position="bottom-right",
        rich_colors=False,
        expand=False,
        visible_toasts=3,
        toast_options=rx.toast.options(class_name="toast", duration=5000),
    )
