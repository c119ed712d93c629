"""Tables: declared by columns, sorted by the server, readable on a phone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from whop_crm.components.layout import classes
from whop_crm.components.local import PaginationBox


@dataclass(frozen=True)
class Column:
    """One column.

    `cell`: row Var → content. `sort`: the key the server sorts by; without it the head is plain text.
    `hide`: not shown under 1200 ("lg"), 1024 ("md") or 640 px ("sm"). `spoken_only`: head not seen.
    `card_label`: stands before the value where rows are cards, as the head is not seen there.
    """

    head: str
    cell: Callable[[Any], Any]
    sort: str | None = None
    align: Literal["left", "right"] = "left"
    hide: Literal["lg", "md", "sm"] | None = None
    width: str | None = None
    spoken_only: bool = False
    card_label: str | None = None

    @property
    def class_name(self) -> str:
        return f"hide-{self.hide}" if self.hide else ""


def data_table(  # noqa: PLR0913  (keyword-only; each says one thing about the table)
    columns: Sequence[Column],
    rows: Any,
    *,
    label: str,
    row_key: Callable[[Any], Any],
    sort: Any = "",
    descending: Any = False,
    on_sort: Callable[[str], Any] | None = None,
    busy: Any = False,
    loading: Any = False,
    small_screen: Literal["scroll", "cards"] = "scroll",
    skeleton_rows: int = 10,
) -> rx.Component:
    """A table with a sticky head.

    `rows`: Var of a typed list; `row_key(row)` its id. `sort` and `descending` say how it is sorted now,
    `on_sort(key)` makes the event for a head: `lambda key: State.sort_by(key)`. `loading` (the first
    time) shows skeleton rows, `busy` (later) dims the rows that are about to change. For a row that is a
    link, one cell has `person(..., to=...)` or `link(..., class_name="cover")`; other controls in the row
    take the class `above`. On phones it scrolls in its frame, or each row becomes a card.
    """
    heads = [_head(column, sort, descending, on_sort) for column in columns]
    body = rx.cond(
        loading,
        rx.el.tbody(*(_skeleton_row(columns, i) for i in range(skeleton_rows)), role="rowgroup"),
        rx.el.tbody(rx.foreach(rows, lambda row: _row(columns, row, row_key)), role="rowgroup"),
    )
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*heads, role="row"), role="rowgroup"),
            body,
            role="table",
            aria_label=label,
            aria_busy=rx.cond(busy, "true", "false"),
            class_name=classes("table", small_screen == "cards" and "table--cards"),
        ),
        role="region",
        aria_label=label,
        tab_index=0,
        class_name="table-frame",
    )


def _head(column: Column, sort: Any, descending: Any, on_sort: Callable[[str], Any] | None) -> rx.Component:
    props: dict[str, Any] = {
        "scope": "col",
        "role": "columnheader",
        "class_name": column.class_name,
        "data_align": column.align,
    }
    if column.width:
        props["style"] = {"width": column.width}
    if column.sort is None or on_sort is None:
        text = rx.el.span(column.head, class_name="sr-only") if column.spoken_only else column.head
        return rx.el.th(text, **props)
    props["aria_sort"] = rx.cond(sort == column.sort, rx.cond(descending, "descending", "ascending"), "none")
    return rx.el.th(rx.el.button(column.head, type="button", class_name="sort", on_click=on_sort(column.sort)), **props)


def _row(columns: Sequence[Column], row: Any, row_key: Callable[[Any], Any]) -> rx.Component:
    cells = [_cell(column, row) for column in columns]
    return rx.el.tr(*cells, role="row", key=row_key(row))


def _cell(column: Column, row: Any) -> rx.Component:
    props = {"data_label": column.card_label} if column.card_label else {}
    return rx.el.td(column.cell(row), role="cell", class_name=column.class_name, data_align=column.align, **props)


def _skeleton_row(columns: Sequence[Column], index: int) -> rx.Component:
    widths = ("72%", "48%", "60%", "36%")
    first, *others = columns
    lead = rx.el.td(
        rx.el.div(
            rx.el.span(class_name="skeleton skeleton--circle", style={"width": "32px", "height": "32px"}),
            rx.el.span(class_name="skeleton skeleton--text", style={"width": f"{120 + index * 37 % 80}px"}),
            class_name="person",
        ),
        role="cell",
        class_name=first.class_name,
    )
    rest = [
        rx.el.td(
            rx.el.span(class_name="skeleton skeleton--text", style={"width": widths[(index + place) % len(widths)]}),
            role="cell",
            class_name=column.class_name,
        )
        for place, column in enumerate(others)
    ]
    return rx.el.tr(lead, *rest, role="row", class_name="skeleton-row", aria_hidden=True)


def pagination(
    page: Any, pages: Any, *, href_for: Any = None, on_page: Any = None, label: str = "Pages"
) -> rx.Component:
    """First, last, this page and its neighbours, previous and next.

    `href_for`: an address holding "{page}" (str or Var), so that pages are links one can share;
    or `on_page(page: int)`.
    """
    props: dict[str, Any] = {}
    if href_for is not None:
        props["href_for"] = href_for
    if on_page is not None:
        props["on_page"] = on_page
    return PaginationBox.create(page=page, pages=pages, label=label, **props)


def table_foot(*children: Any) -> rx.Component:
    """Under a table: "1–50 of 2,431" at the left, `pagination(...)` at the right."""
    return rx.el.div(*children, class_name="table-foot")
