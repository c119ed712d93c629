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


_STORAGE = """
for (const name of ["localStorage", "sessionStorage"]) {
  try { window[name].length; } catch {
    const kept = new Map();
    const storage = {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() { return kept.size; },
    };
    Object.defineProperty(window, name, { value: storage, configurable: true });
  }
}
"""
"""Browsers that block third parties' cookies throw at a frame which so much as looks at its storage."""


def head() -> list[rx.Component]:
    """For `rx.App(head_components=...)`: storage that does not throw, icon, colour of the browser's own bar, the first
    font early.
    """
    return [
        rx.el.script(custom_attrs={"dangerouslySetInnerHTML": {"__html": _STORAGE}}),
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
