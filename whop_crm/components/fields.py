"""Form fields. Each has a visible label (or a spoken one), a hint and a place for its error.

Use them in `rx.el.form(..., on_submit=State.save)`: the handler receives the values by `name`.
"""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from whop_crm.components.layout import classes
from whop_crm.components.local import DraftBox, FollowingBox, NavLink


def _described(control: rx.Component, name: str, label: Any, hint: Any, error: Any) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"field-{name}", class_name="field__label"),
        control,
        rx.el.p(hint, id=f"hint-{name}", class_name="field__hint") if hint is not None else None,
        rx.el.p(error, id=f"error-{name}", role="alert", class_name="field__error") if error is not None else None,
        class_name="field",
    )


def _attributes(name: str, hint: Any, error: Any) -> dict[str, Any]:
    described = classes(hint is not None and f"hint-{name}", error is not None and f"error-{name}")
    attributes: dict[str, Any] = {"id": f"field-{name}", "name": name}
    if described:
        attributes["aria_describedby"] = described
    if error is not None:
        attributes["aria_invalid"] = rx.cond(error, "true", "false")
    return attributes


def text_field(
    label: Any, name: str, *, hint: Any = None, error: Any = None, type: str = "text", **props: Any
) -> rx.Component:
    """One line of text. `error` (str Var, "" when fine) stands below and is read out when it appears."""
    control = rx.el.input(type=type, class_name="input", auto_complete="off", **_attributes(name, hint, error), **props)
    return _described(control, name, label, hint, error)


def textarea_field(
    label: Any, name: str, *, hint: Any = None, error: Any = None, rows: int = 3, **props: Any
) -> rx.Component:
    """Several lines; grows with what is typed."""
    control = rx.el.textarea(class_name="input", rows=str(rows), **_attributes(name, hint, error), **props)
    return _described(control, name, label, hint, error)


def select_field(
    label: Any,
    name: str,
    options: Sequence[tuple[str, str]] | rx.Var,
    *,
    hint: Any = None,
    error: Any = None,
    **props: Any,
) -> rx.Component:
    """One of a few: `options` are (value, text) pairs, or a Var of a list of such pairs."""
    if isinstance(options, rx.Var):
        children = rx.foreach(options, lambda option: rx.el.option(option[1], value=option[0]))
    else:
        children = rx.fragment(*(rx.el.option(text, value=value) for value, text in options))
    control = rx.el.select(children, class_name="input", **_attributes(name, hint, error), **props)
    return _described(rx.el.span(control, class_name="select"), name, label, hint, error)


def search_field(label: str, *, placeholder: str = "Search", **props: Any) -> rx.Component:
    """A search line with its label spoken only. Pass `on_change=State.search.debounce(250)` and
    `default_value` (not `value`: what is being typed belongs to the browser)."""
    return rx.el.div(
        rx.icon("search", aria_hidden=True),
        rx.el.input(
            type="search",
            class_name="input",
            aria_label=label,
            placeholder=placeholder,
            auto_complete="off",
            spell_check=False,
            **props,
        ),
        class_name="search",
        role="search",
    )


def checkbox(label: Any, *, spoken_only: bool = False, **props: Any) -> rx.Component:
    """A checkbox with its label; `spoken_only` for table rows."""
    return rx.el.label(
        rx.el.input(type="checkbox", **props),
        rx.el.span(label, class_name="sr-only" if spoken_only else ""),
        class_name="checkbox",
    )


def filter_chip(label: Any, *, active: Any, count: Any = None, **props: Any) -> rx.Component:
    """One choice in `chips(...)`; `active` is a bool or bool Var."""
    return rx.el.button(
        label,
        rx.el.span(count, class_name="chip__count") if count is not None else None,
        type="button",
        class_name="chip",
        aria_pressed=rx.cond(active, "true", "false"),
        **props,
    )


def chips(label: str, *children: rx.Component) -> rx.Component:
    """A group of filter chips, named aloud by `label`."""
    return rx.el.div(*children, role="group", aria_label=label, class_name="chips")


def tab(label: Any, *, active: Any, **props: Any) -> rx.Component:
    """One choice in `tabs(...)`."""
    return rx.el.button(label, type="button", class_name="tab", aria_pressed=rx.cond(active, "true", "false"), **props)


def tabs(label: str, *children: rx.Component) -> rx.Component:
    """A line of choices that look like tabs; what they show stands below, in the page's own rx.match."""
    return rx.el.div(*children, role="group", aria_label=label, class_name="tabs")


def link_tabs(label: str, *links: tuple[Any, Any, bool]) -> rx.Component:
    """Pages of one subject as tabs: each a name, its address, and whether only exactly that address counts."""
    return rx.el.nav(
        *(NavLink.create(name, to=to, end=exact, class_name="tab") for name, to, exact in links),
        aria_label=label,
        class_name="tabs",
    )


def color_field(label: str, name: str, options: Sequence[tuple[str, str]], *, value: Any) -> rx.Component:
    """One of the tag colours: `options` are (value, spoken name), `value` the one chosen at first."""
    return rx.el.fieldset(
        rx.el.legend(label, class_name="field__label"),
        rx.el.div(*(_color(name, option, text, value) for option, text in options), class_name="swatches"),
        class_name="field",
    )


def _color(name: str, option: str, text: str, value: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name=name,
            value=option,
            default_checked=value == option,
            class_name="sr-only",
            aria_label=text,
        ),
        rx.el.span(class_name="swatch__dot", data_color=option, aria_hidden=True),
        title=text,
        class_name="swatch",
    )


def draft(field: rx.Component, name: Any, version: Any) -> rx.Component:
    """A field whose text outlives a lost connection and a reload, until it is saved.

    `name` (str Var) says whose draft it is: person and subject. `version` (int Var) grows with each one saved, which
    empties the field.
    """
    return DraftBox.create(field, name=name, version=version)


def following(form: rx.Component, values: dict[str, Any]) -> rx.Component:
    """A form whose fields show what is saved, by name, whoever saves it. A field that somebody has changed here stays
    as it is until it is saved.
    """
    return FollowingBox.create(form, values=values)


class _BrowserForm(rx.el.Form):
    """Reflex stops every form that has no handler of ours; this one is the browser's to send."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        form = super().create(*children, handle_submit_unique_name="", **props)
        del form.event_triggers["on_submit"]
        return form


def post_form(*children: Any, action: str, **props: Any) -> rx.Component:
    """A form for an HTTP address of ours that is left by a full page load, such as signing out."""
    return _BrowserForm.create(*children, action=action, method="post", **props)
