"""A table whose columns the reader chooses, with rows to go through by keyboard, to choose and to look into."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from whop_crm.components.layout import classes
from whop_crm.components.local import ColumnEdge, RowKeys, RowPick


def row_keys(
    *children: Any,
    previewing: Any,
    chosen: Any,
    on_pick: Any,
    on_pick_page: Any,
    on_clear: Any,
    on_preview: Any,
    on_follow: Any,
) -> rx.Component:
    """Around a `chosen_table`: j/k move a cursor, x chooses, Enter opens, o and Space preview, Escape clears.

    `on_pick(ids, on)`, `on_pick_page(on)`, `on_preview(id)` ("" closes), `on_follow(id)` while `previewing` is an id.
    """
    return RowKeys.create(
        *children, previewing=previewing, chosen=chosen, on_pick=on_pick, on_pick_page=on_pick_page, on_clear=on_clear,
        on_preview=on_preview, on_follow=on_follow,
    )  # fmt: skip


def chosen_table(  # noqa: PLR0913  (keyword-only; each says one thing about the table)
    columns: Any,
    rows: Any,
    *,
    label: str,
    lead: tuple[str, str, Callable[[Any], rx.Component]],
    cell: Callable[[Any, Any, Any], rx.Component],
    sort: Any,
    descending: Any,
    on_sort: Callable[[Any], Any],
    on_size: Any,
    busy: Any = False,
    pick: Any = False,
    page_state: Any = "none",
    is_picked: Callable[[Any], Any] = lambda _: False,
    wide: Any = False,
) -> rx.Component:
    """A table with a first column of its own (`lead`: head, sort key, cell) and then whatever `columns` holds.

    `columns`: Var of a list of objects with `key`, `label`, `align`, `sort`, `hide` and `width`; `rows`: Var of a list
    of objects with `id`, `name` and `cells`, one text a column. `cell(row, column, text)` draws one. With `pick`, each
    row has a checkbox. `wide`: it may be wider than its frame, and then scrolls in it. Rows become cards on phones.
    """
    lead_head, lead_sort, lead_cell = lead
    heads = rx.el.tr(
        rx.cond(pick, _pick_head(page_state)),
        _head(lead_head, lead_sort, sort, descending, on_sort),
        rx.foreach(columns, lambda column: _chosen_head(column, sort, descending, on_sort, on_size)),
        role="row",
    )

    def row(one: Any) -> rx.Component:
        return rx.el.tr(
            rx.cond(pick, _pick_cell(one, is_picked(one))),
            rx.el.td(lead_cell(one), role="cell", class_name="lead"),
            rx.foreach(one.cells, lambda text, n: _cell(columns[n], cell(one, columns[n], text))),
            role="row",
            key=one.id,
            data_id=one.id,
            tab_index=-1,
        )

    return rx.el.div(
        rx.el.table(
            rx.el.thead(heads, role="rowgroup"),
            rx.el.tbody(rx.foreach(rows, row), role="rowgroup"),
            role="table",
            aria_label=label,
            aria_busy=rx.cond(busy, "true", "false"),
            class_name=classes("table", "table--cards"),
        ),
        role="region",
        aria_label=label,
        tab_index=0,
        class_name=rx.cond(wide, "table-frame table-frame--wide", "table-frame"),
    )


def _pick_head(page_state: Any) -> rx.Component:
    box = RowPick.create(
        label="Select everybody on this page", checked=page_state == "all", some=page_state == "some", all=True
    )
    return rx.el.th(box, scope="col", role="columnheader", class_name="pick-cell")


def _pick_cell(row: Any, picked: Any) -> rx.Component:
    box = RowPick.create(label=rx.Var.create("Select ") + row.name, checked=picked)
    return rx.el.td(box, role="cell", class_name="pick-cell")


def _head(text: Any, key: Any, sort: Any, descending: Any, on_sort: Callable[[Any], Any]) -> rx.Component:
    order = rx.cond(sort == key, rx.cond(descending, "descending", "ascending"), "none")
    button = rx.el.button(text, type="button", class_name="sort", on_click=on_sort(key))
    return rx.el.th(button, scope="col", role="columnheader", aria_sort=order)


def _chosen_head(column: Any, sort: Any, descending: Any, on_sort: Callable[[Any], Any], on_size: Any) -> rx.Component:
    order = rx.cond(sort == column.sort, rx.cond(descending, "descending", "ascending"), "none")
    button = rx.el.button(column.label, type="button", class_name="sort", on_click=on_sort(column.sort))
    return rx.el.th(
        rx.cond(column.sort, button, column.label),
        ColumnEdge.create(column=column.key, on_size=on_size),
        scope="col",
        role="columnheader",
        key=column.key,
        data_align=column.align,
        aria_sort=rx.cond(column.sort, order, rx.Var("undefined")),
        class_name=_hidden(column),
        style=_width(column),
    )


def _cell(column: Any, content: rx.Component) -> rx.Component:
    return rx.el.td(
        content,
        role="cell",
        key=column.key,
        data_align=column.align,
        data_label=rx.cond(column.named, column.label, rx.Var("undefined")),
        class_name=_hidden(column),
        style=_width(column),
    )


def _hidden(column: Any) -> Any:
    return rx.match(column.hide, ("lg", "hide-lg"), ("md", "hide-md"), ("sm", "hide-sm"), "")


def _width(column: Any) -> dict[str, Any]:
    return {"width": column.width, "max_width": column.width}
