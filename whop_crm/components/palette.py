"""Global search: a dialog over the page, open with Ctrl/⌘-K, "/" or the button in the bar.

How it works. The dialog, the shortcuts, the arrow keys and Enter live in the browser
(`assets/js/palette.jsx`, `listbox.js`): the focus stays in the input, `aria-activedescendant` names the
active option, Enter clicks it. The server hears the text (debounced) and answers with options. Each
option is a link; choosing it navigates and closes the dialog. `palette_results(query=...)` echoes the
text the options answer: Enter pressed earlier than the answer waits for it, and a spinner turns.

    palette(
        palette_input("Search members", on_change=Search.look_up.debounce(150)),
        palette_results(
            rx.foreach(Search.hits, hit_option), query=Search.answered, label="Members",
            status=Search.summary, empty=Search.nothing_found, empty_text="No member matches.",
        ),
        label="Search members",
    )
"""

from typing import Any

import reflex as rx

from whop_crm.components.local import PageLink, PaletteBox, ShortcutHint

_LIST_ID = "palette-results"


def palette(*children: Any, label: str, on_open_change: Any = None) -> rx.Component:
    """The dialog; put it once into the page, for instance into the shell's `search` slot.

    `on_open_change(open: bool)` is for clearing the last results; the input is empty at each opening.
    """
    props = {} if on_open_change is None else {"on_open_change": on_open_change}
    return PaletteBox.create(*children, label=label, **props)


def palette_trigger(text: str) -> rx.Component:
    """Looks like a search line and opens the palette; an icon alone under 1024 px."""
    return rx.el.button(
        rx.icon("search", aria_hidden=True),
        rx.el.span(text, class_name="search-trigger__text", aria_hidden=True),
        ShortcutHint.create(),
        type="button",
        class_name="search-trigger",
        aria_label=text,
        aria_haspopup="dialog",
        data_palette_open=True,
    )


def palette_input(placeholder: str, **props: Any) -> rx.Component:
    """The line to type in; pass `on_change=State.look_up.debounce(150)`."""
    return rx.el.div(
        rx.icon("search", aria_hidden=True),
        rx.el.input(
            type="text",
            role="combobox",
            class_name="palette__input",
            placeholder=placeholder,
            aria_label=placeholder,
            aria_controls=_LIST_ID,
            aria_expanded="false",
            aria_autocomplete="list",
            auto_complete="off",
            spell_check=False,
            max_length=200,
            data_autofocus=True,
            **props,
        ),
        rx.el.span(class_name="palette__wait", aria_hidden=True),
        rx.el.button(rx.el.kbd("Esc", class_name="kbd"), type="button", data_close=True, aria_label="Close"),
        class_name="palette__search",
    )


def palette_results(
    *options: Any,
    label: str,
    query: Any = None,
    status: Any = None,
    empty: Any = False,
    empty_text: str = "Nothing found.",
    idle_text: str = "Type a part of a name, an email or a username.",
) -> rx.Component:
    """The list under the input.

    `query`: the text these options answer. `status`: said aloud ("5 members"). `empty`: true once the
    server found nothing. `idle_text` stands while nothing is typed.
    """
    props = {} if query is None else {"data_query": query}
    return rx.fragment(
        rx.el.div(
            rx.el.div(*options, id=_LIST_ID, role="listbox", aria_label=label, class_name="options", **props),
            rx.cond(empty, rx.el.p(empty_text, class_name="palette__text")),
            class_name="palette__results",
        ),
        rx.el.p(idle_text, class_name="palette__text palette__idle"),
        rx.el.p(status, role="status", class_name="sr-only") if status is not None else None,
        rx.el.div(
            rx.el.span(rx.el.kbd("↑", class_name="kbd"), " ", rx.el.kbd("↓", class_name="kbd"), " to move"),
            rx.el.span(rx.el.kbd("↵", class_name="kbd"), " to open"),
            class_name="palette__foot",
            aria_hidden=True,
        ),
    )


def palette_option(*children: Any, to: Any, **props: Any) -> rx.Component:
    """One result: a link in the app. `key` should be its id; put right-hand facts into `palette_side`."""
    return PageLink.create(
        *children,
        to=to,
        role="option",
        tab_index=-1,
        class_name="option",
        **props,
    )


def palette_side(*children: Any) -> rx.Component:
    """Facts at the right of a result: a badge, an amount."""
    return rx.el.span(*children, class_name="palette__side")
