"""Where things stand: stack (down), row (across), grid (equal cells), split (main and aside), cards."""

from typing import Any, Literal

import reflex as rx

Gap = Literal[1, 2, 3, 4, 6, 8, 12]
"""Steps of the 4 px scale: gap=4 is 16 px."""


def classes(*names: str | Literal[False] | None) -> str:
    """Join class names, leaving out what is empty."""
    return " ".join(name for name in names if name)


def stack(*children: Any, gap: Gap = 4, class_name: str = "", **props: Any) -> rx.Component:
    """Children below each other."""
    return rx.el.div(*children, class_name=classes("stack", f"gap-{gap}", class_name), **props)


def row(
    *children: Any,
    gap: Gap = 2,
    justify: Literal["start", "between", "end"] = "start",
    align: Literal["center", "top"] = "center",
    wrap: bool = False,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """Children beside each other."""
    names = (
        justify != "start" and f"row--{justify}",
        align == "top" and "row--top",
        wrap and "row--wrap",
        class_name,
    )
    return rx.el.div(*children, class_name=classes("row", f"gap-{gap}", *names), **props)


def grid(*children: Any, least: int = 240, gap: Gap = 4, fit: bool = True, class_name: str = "") -> rx.Component:
    """Cells of equal width, at least `least` px; as many a line as there is room for.

    They fill the line; with `fit=False` a line that is not full keeps its gaps.
    """
    return rx.el.div(
        *children,
        class_name=classes("grid", fit and "grid--fit", f"gap-{gap}", class_name),
        style={"--least": f"{least}px"},
    )


def split(main: rx.Component, aside: rx.Component) -> rx.Component:
    """Main column and a 340 px aside; below each other under 1024 px."""
    return rx.el.div(main, aside, class_name="split")


def page_header(title: Any, subtitle: Any = None, *actions: rx.Component) -> rx.Component:
    """The page's only h1, one line about it, and its actions at the right."""
    return rx.el.header(
        rx.el.div(
            rx.el.h1(title),
            rx.el.p(subtitle, class_name="page-header__subtitle") if subtitle is not None else None,
            class_name="page-header__title",
        ),
        rx.el.div(*actions, class_name="page-header__actions") if actions else None,
        class_name="page-header",
    )


def card(
    *children: Any,
    title: Any = None,
    actions: rx.Component | None = None,
    foot: Any = None,
    flush: bool = False,
    class_name: str = "",
    **props: Any,
) -> rx.Component:
    """A white box with an optional h2 head, actions in it and a foot. `flush`: no padding (tables, lists)."""
    head = None
    if title is not None or actions is not None:
        head = rx.el.div(
            rx.el.h2(title, class_name="card__title") if title is not None else None,
            actions,
            class_name="card__head",
        )
    return rx.el.section(
        head,
        rx.el.div(*children, class_name=classes("card__body", flush and "card__body--flush")),
        rx.el.div(foot, class_name="card__foot") if foot is not None else None,
        class_name=classes("card", class_name),
        **props,
    )
