"""Choosing several from a list by typing, creating what is missing: made for tags."""

from typing import Any

import reflex as rx

from whop_crm.components.local import ComboboxBox
from whop_crm.components.overlays import popover


def combobox(  # noqa: PLR0913  (keyword-only words and handlers)
    options: Any,
    *,
    label: str,
    on_toggle: Any,
    on_create: Any = None,
    placeholder: str = "Type to filter",
    create_label: str = "Create",
    empty_text: str = "Nothing found.",
    max_length: int = 60,
    once: bool = False,
) -> rx.Component:
    """A filter line over a list; Enter or a click toggles, several in a row. `once`: a choice closes the popover.

    `options`: Var of a list of objects with `value`, `label` and, where wanted, `color` (TagColor)
    and `selected`. Filtering, arrow keys and the choice's first appearance happen in the browser; the
    server hears `on_toggle(value: str, selected: bool)` and `on_create(text: str)`, and what it then
    puts into `options` is what stands.
    """
    props: dict[str, Any] = {} if on_create is None else {"on_create": on_create}
    if once:
        props["once"] = True
    return ComboboxBox.create(
        options=options,
        label=label,
        on_toggle=on_toggle,
        placeholder=placeholder,
        create_label=create_label,
        empty_text=empty_text,
        max_length=max_length,
        **props,
    )


def combobox_popover(trigger: rx.Component, options: Any, *, label: str, **props: Any) -> rx.Component:
    """`combobox(...)` under a button: `combobox_popover(button("Add tag"), State.tag_options, label="Tags", …)`."""
    return popover(trigger, combobox(options, label=label, **props), label=label, padded=False)
