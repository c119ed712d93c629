"""How facts look: badges, tags, people, figures, progress, what happened when."""

from collections.abc import Sequence
from typing import Any, Literal

import reflex as rx

from whop_crm.components.layout import classes
from whop_crm.components.local import AvatarImage, LiveList, LiveValue, PageLink, Sentinel
from whop_crm.components.overlays import info
from whop_crm.components.theme import Tone, ToneLike

AvatarSize = Literal["xs", "sm", "md", "lg", "xl"]


def badge(label: Any, tone: ToneLike = Tone.NEUTRAL, *, icon: str | None = None) -> rx.Component:
    """A state in a word, with a dot (or `icon`) in the tone's colour. The word says it; colour repeats it."""
    mark = rx.icon(icon, size=12, aria_hidden=True) if icon else rx.el.span(class_name="badge__dot", aria_hidden=True)
    return rx.el.span(mark, label, class_name="badge", data_tone=tone)


def tag_pill(label: Any, color: Any = "gray", *, to: Any = None, on_remove: Any = None, **props: Any) -> rx.Component:
    """A tag. `to`: its page or filter; `on_remove`: shows a cross. `color`: a TagColor."""
    name = (
        PageLink.create(label, to=to, class_name="tag__label")
        if to is not None
        else rx.el.span(label, class_name="tag__label")
    )
    cross = None
    if on_remove is not None:
        spoken = rx.Var.create("Remove ") + rx.Var.create(label).to(str)
        cross = rx.el.button(
            rx.icon("x", aria_hidden=True),
            type="button",
            class_name="tag__remove",
            aria_label=spoken,
            on_click=on_remove,
        )
    return rx.el.span(name, cross, class_name="tag above", data_color=color, **props)


def tags(*children: Any, **props: Any) -> rx.Component:
    """A line of tags that wraps."""
    return rx.el.div(*children, class_name="tags", **props)


def avatar(src: Any, name: Any, size: AvatarSize = "md", *, square: bool = False, **props: Any) -> rx.Component:
    """A photo; initials on a colour of their own when there is none or it does not load."""
    if square:
        props["square"] = True
    return AvatarImage.create(src=src, name=name, size=size, **props)


def person(src: Any, name: Any, detail: Any = None, *, to: Any = None, size: AvatarSize = "md") -> rx.Component:
    """Photo, name, a line below. With `to` inside a table row or feed row, the whole row is the link."""
    label = (
        PageLink.create(name, to=to, class_name="person__name cover")
        if to is not None
        else rx.el.span(name, class_name="person__name")
    )
    return rx.el.div(
        avatar(src, name, size),
        rx.el.div(
            label,
            rx.el.span(detail, class_name="person__detail") if detail is not None else None,
            class_name="person__text",
        ),
        class_name="person",
    )


def number(text: Any, *, class_name: str = "") -> rx.Component:
    """A number or an amount of money, already formatted, in figures of equal width."""
    return rx.el.span(text, class_name=classes("number", class_name))


def live_value(value: Any, *, class_name: str = "") -> rx.Component:
    """Text that lights up for a moment when it changes while somebody looks."""
    return LiveValue.create(value, class_name=class_name)


def change(text: Any, *, direction: Any = "flat", tone: ToneLike = Tone.NEUTRAL) -> rx.Component:
    """How a figure moved: `text` "+4.2 %", `direction` "up", "down" or "flat", `tone` good or bad."""
    arrow = rx.match(
        direction,
        ("up", rx.icon("arrow-up-right", aria_hidden=True)),
        ("down", rx.icon("arrow-down-right", aria_hidden=True)),
        rx.icon("arrow-right", aria_hidden=True),
    )
    return rx.el.span(arrow, text, class_name="change", data_tone=tone)


def metric_card(
    label: str,
    value: Any,
    *,
    moved: rx.Component | None = None,
    against: Any = None,
    hint: str | rx.Var[str] | None = None,
    note: Any = None,
    loading: Any = False,
) -> rx.Component:
    """A figure: label, big number, how it moved (`change(...)`) and against what ("vs previous 30 days").

    `hint` explains the metric behind an "i". `note` (str Var, "" for none) says that the number is
    still partial and then takes the change's place. `loading` (bool Var) shows a skeleton.
    """
    foot = rx.fragment(moved, rx.el.span(against) if against is not None else None)
    if note is not None:
        partial = rx.el.span(rx.icon("loader", size=14, aria_hidden=True), note, class_name="metric__note")
        foot = rx.cond(note, partial, foot)
    return rx.el.div(
        rx.el.div(
            rx.el.h2(label, class_name="metric__label"),
            info(hint, label) if hint is not None else None,
            class_name="metric__head",
        ),
        rx.cond(
            loading,
            rx.el.div(
                rx.el.span(class_name="skeleton skeleton--metric"),
                rx.el.span(class_name="skeleton skeleton--text", style={"width": "60%"}),
                aria_hidden=True,
            ),
            rx.fragment(
                rx.el.div(live_value(value), class_name="metric__value"),
                rx.el.div(foot, class_name="metric__foot"),
            ),
        ),
        class_name="card metric",
    )


def metric_grid(*cards: Any) -> rx.Component:
    """Metric cards (or an rx.foreach of them) in one line; two a line under 1024 px."""
    return rx.el.div(*cards, class_name="metric-grid")


def facts(*pairs: tuple[Any, Any], as_list: bool = False) -> rx.Component:
    """Names and values: in columns, or (`as_list`) one a line for an aside."""
    return rx.el.dl(
        *(
            rx.el.div(
                rx.el.dt(name, class_name="fact__label"),
                rx.el.dd(value, class_name="fact__value"),
                class_name="fact",
            )
            for name, value in pairs
        ),
        class_name=classes("facts", as_list and "facts--list"),
    )


def progress_bar(percent: Any, text: Any, detail: Any = None) -> rx.Component:
    """`percent` 0 to 100 (None: unknown, the bar wanders); `text` says it in words, `detail` what is next."""
    known = percent is not None
    values = {"aria_valuenow": percent, "aria_valuemin": 0, "aria_valuemax": 100} if known else {}
    fill = (
        rx.el.span(class_name="progress__fill", style={"width": rx.Var.create(percent).to(str) + "%"})
        if known
        else rx.el.span(class_name="progress__fill", data_unknown=True)
    )
    return rx.el.div(
        rx.el.div(
            rx.el.span(text, class_name="strong"),
            rx.el.span(detail, class_name="muted number") if detail is not None else None,
            class_name="progress__text",
        ),
        rx.el.div(fill, role="progressbar", aria_label=text, class_name="progress__track", **values),
        class_name="progress",
    )


def timeline(*children: Any, label: str) -> rx.Component:
    """What happened, newest first; children are `timeline_item(..., key=id)`. New ones light up."""
    return LiveList.create(*children, label=label, class_name="timeline")


def timeline_item(
    icon: rx.Component,
    title: Any,
    when: rx.Component,
    *,
    tone: ToneLike = Tone.NEUTRAL,
    detail: Any = None,
    body: rx.Component | None = None,
    **props: Any,
) -> rx.Component:
    """One event: `icon` (rx.icon, or rx.match over kinds), a sentence, `relative_time(...)`.

    `detail` is a quiet line; `body` a boxed content such as a note. Pass `key`: the event's id.
    """
    return rx.el.li(
        rx.el.span(icon, class_name="event__icon", data_tone=tone, aria_hidden=True),
        rx.el.div(
            rx.el.div(title, class_name="event__title"),
            rx.el.div(detail, class_name="event__detail") if detail is not None else None,
            rx.el.div(body, class_name="event__card") if body is not None else None,
            class_name="event__body",
        ),
        rx.el.div(when, class_name="event__time"),
        class_name="event",
        **props,
    )


def feed(*children: Any, label: str) -> rx.Component:
    """Recent activity; children are `feed_row(..., key=id)`. New ones light up."""
    return LiveList.create(*children, label=label, class_name="feed")


def feed_row(lead: rx.Component, text: Any, when: rx.Component, **props: Any) -> rx.Component:
    """`lead`: an avatar or icon; `text`: a sentence, its name a `link(..., class_name="link cover")`."""
    return rx.el.li(
        lead,
        rx.el.div(text, class_name="feed__text"),
        rx.el.div(when, class_name="feed__time"),
        class_name="feed__row",
        **props,
    )


def event_icon(icon: rx.Component, tone: ToneLike = Tone.NEUTRAL) -> rx.Component:
    """An icon on a round ground in a tone, for a feed row's lead."""
    return rx.el.span(icon, class_name="event__icon", data_tone=tone, aria_hidden=True)


def load_more(on_reach: Any, *, count: Any, has_more: Any, loading_look: rx.Component) -> rx.Component:
    """At the end of a list: asks for more when it comes into view, once per `count` of rows loaded."""
    return rx.cond(
        has_more,
        rx.fragment(Sentinel.create(on_reach=on_reach, count=count), loading_look),
    )


def markdown_body(html: Any) -> rx.Component:
    """HTML that the server has made from markdown and sanitised; nothing else may come in here."""
    return rx.html(html, class_name="prose")


def note_card(
    author: Any, when: rx.Component, html: Any, actions: Sequence[rx.Component] = (), **props: Any
) -> rx.Component:
    """A note: who, when, what, and what may be done with it."""
    return rx.el.article(
        rx.el.header(
            avatar("", author, "sm"),
            rx.el.span(author, class_name="strong truncate"),
            rx.el.span(when, class_name="faint nowrap"),
            rx.el.span(*actions, class_name="note__actions"),
            class_name="note__head",
        ),
        markdown_body(html),
        class_name="note",
        **props,
    )
