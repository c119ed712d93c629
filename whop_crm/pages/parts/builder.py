"""The filter builder, for every page that edits a filter: its state mixes in `Builder`."""

from typing import Any

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.pages.parts.looks import status_badge
from whop_crm.state.builder import Builder, BuilderLine
from whop_crm.state.builder.lines import ANCHORS, DATE_MODES, DAY_UNITS, UNITS
from whop_crm.state.session import SessionState
from whop_crm.state.views import MemberLine

State = type[Builder]
Line = rx.Var[BuilderLine]
_MATCHES = [("all", "all"), ("any", "any"), ("none", "none")]
_YES_NO = [("yes", "yes"), ("no", "no")]
_OFTEN = [("at_least", "at least"), ("at_most", "at most")]
_WHEN = [("ever", "ever"), ("last", "in the last"), ("between", "between")]


def builder(state: State) -> rx.Component:
    """The conditions, line by line."""
    return ui.card(
        _match(state, 0, state.match, "of these conditions"),
        rx.el.div(
            rx.foreach(state.lines, lambda line: _line(state, line)),
            class_name="builder",
            role="group",
            aria_label="Conditions",
        ),
        ui.row(
            _add(state, 0, "Add condition"),
            ui.button(
                rx.icon("group", size=14, aria_hidden=True), "Add group", size="small", on_click=state.add_group()
            ),
            gap=2,
            wrap=True,
        ),
        rx.cond(state.filter_error, ui.notice(state.filter_error, tone="danger"), rx.fragment()),
        title="Conditions",
        foot=_count(state),
    )


def _count(state: State) -> rx.Component:
    return rx.el.p(
        rx.el.strong(state.count, class_name="number"),
        rx.cond(state.count == "1", " member matches", " members match"),
        rx.cond(state.unfinished, rx.el.span(" · ", state.unfinished, class_name="muted"), rx.fragment()),
        role="status",
        aria_busy=rx.cond(state.counting, "true", "false"),
    )


def _match(state: State, group: Any, match: Any, what: str) -> rx.Component:
    return rx.el.div(
        "Match ",
        _select(_MATCHES, match, "How the conditions are joined", lambda text: state.set_match(group, text)),
        f" {what}",
        class_name="builder__match",
    )


def _add(state: State, group: Any, text: str) -> rx.Component:
    return ui.button(
        rx.icon("plus", size=14, aria_hidden=True), text, size="small", on_click=state.add_condition(group)
    )


def _line(state: State, line: Line) -> rx.Component:
    return rx.match(
        line.look,
        ("group", _group_head(state, line)),
        ("end", rx.el.div(_add(state, line.group, "Add to this group"), key=line.key, class_name="builder__end")),
        ("kept", _kept(state, line)),
        _condition(state, line),
    )


def _group_head(state: State, line: Line) -> rx.Component:
    return rx.el.div(
        _match(state, line.key, line.match, "of this group"),
        _remove(state, line, "Remove group "),
        key=line.key,
        class_name="builder__line builder__head",
    )


def _kept(state: State, line: Line) -> rx.Component:
    return rx.el.div(
        rx.icon("lock", size=14, aria_hidden=True),
        rx.el.span("Members ", line.words, class_name="grow"),
        _remove(state, line, "Remove condition "),
        key=line.key,
        data_inner=rx.cond(line.group, "true", "false"),
        class_name="builder__line builder__kept",
    )


def _condition(state: State, line: Line) -> rx.Component:
    spoken = rx.Var.create("Condition ") + line.number
    return rx.el.div(
        rx.el.div(
            _subject(state, line, spoken),
            rx.cond(
                line.ops,
                rx.el.span(
                    rx.el.select(
                        rx.foreach(line.ops, lambda op: rx.el.option(op.label, value=op.value)),
                        value=line.op,
                        on_change=lambda text: state.set_op(line.key, text),
                        aria_label=spoken + ", comparison",
                        class_name="input",
                    ),
                    class_name="select",
                ),
            ),
            _control(state, line, spoken),
            class_name="builder__controls",
        ),
        _remove(state, line, "Remove condition "),
        _effect(state, line),
        key=line.key,
        data_inner=rx.cond(line.group, "true", "false"),
        class_name="builder__line",
    )


def _effect(state: State, line: Line) -> rx.Component:
    cost = state.effects[line.key]
    return rx.cond(
        line.waits,
        rx.el.p(line.waits, class_name="builder__effect"),
        rx.el.p(rx.cond(cost, cost, " "), class_name="builder__effect number"),
    )


def _subject(state: State, line: Line, spoken: Any) -> rx.Component:
    groups = rx.foreach(
        state.fields,
        lambda group: rx.el.optgroup(
            rx.foreach(group.options, lambda one: rx.el.option(one.label, value=one.value)), label=group.label
        ),
    )
    return rx.el.span(
        rx.el.select(
            groups,
            value=line.subject,
            on_change=lambda text: state.set_subject(line.key, text),
            aria_label=spoken + ", field",
            class_name="input",
        ),
        class_name="select",
    )


def _control(state: State, line: Line, spoken: Any) -> rx.Component:
    value = spoken + ", value"
    return rx.match(
        line.control,
        ("choices", _choices(state, line, value)),
        ("text", _input(state, line, "a", line.a, value)),
        ("number", _amount(state, line, "a", line.a, value)),
        (
            "two_numbers",
            rx.fragment(
                _amount(state, line, "a", line.a, spoken + ", from"),
                " and ",
                _amount(state, line, "b", line.b, spoken + ", to"),
            ),
        ),
        ("span", _span(state, line, spoken, UNITS)),
        ("date", _date(state, line, spoken)),
        ("two_dates", _days(state, line, spoken)),
        ("yes_no", _slot(state, line, "a", line.a, _YES_NO, value)),
        ("behaviour", _behaviour(state, line, spoken)),
        ("sequence", _sequence(state, line, spoken)),
        rx.fragment(),
    )


def _choices(state: State, line: Line, label: Any) -> rx.Component:
    trigger = rx.el.button(
        rx.cond(line.chosen, line.chosen, "Choose …"),
        type="button",
        aria_label=label + ": " + rx.cond(line.chosen, line.chosen, "nothing chosen"),
        class_name="input builder__chosen",
    )
    return ui.combobox_popover(
        trigger,
        line.options,
        label="Values",
        on_toggle=lambda value, selected: state.choose(line.key, value, selected),
    )


def _input(state: State, line: Line, slot: str, text: Any, label: Any, **props: Any) -> rx.Component:
    """What is typed belongs to the browser: it is told, not dictated."""
    return rx.el.input(
        default_value=text,
        key=line.key.to_string() + line.subject + line.op + slot,
        on_change=lambda typed: state.set_value(line.key, slot, typed).debounce(250),
        aria_label=label,
        auto_complete="off",
        class_name="input",
        **{"max_length": 200, **props},
    )


def _amount(state: State, line: Line, slot: str, text: Any, label: Any) -> rx.Component:
    return rx.el.span(
        rx.cond(line.prefix, rx.el.span(line.prefix, class_name="muted")),
        _input(state, line, slot, text, label, input_mode="decimal", size=8),
        rx.cond(line.suffix, rx.el.span(line.suffix, class_name="muted")),
        class_name="builder__amount",
    )


def _span(state: State, line: Line, spoken: Any, units: list[tuple[str, str]]) -> rx.Component:
    return rx.el.span(
        _input(state, line, "a", line.a, spoken + ", how many", input_mode="numeric", size=4),
        _slot(state, line, "unit", line.unit, units, spoken + ", unit"),
        class_name="builder__amount",
    )


def _date(state: State, line: Line, spoken: Any) -> rx.Component:
    mode = _slot(state, line, "mode", line.mode, DATE_MODES, spoken + ", kind of day")
    day = _input(state, line, "a", line.a, spoken + ", day", type="date")
    return rx.cond(line.mode == "date", rx.fragment(mode, day), rx.fragment(_span(state, line, spoken, UNITS), mode))


def _days(state: State, line: Line, spoken: Any) -> rx.Component:
    return rx.fragment(
        _input(state, line, "a", line.a, spoken + ", first day", type="date"),
        " and ",
        _input(state, line, "b", line.b, spoken + ", last day", type="date"),
    )


def _behaviour(state: State, line: Line, spoken: Any) -> rx.Component:
    return rx.fragment(
        _slot(state, line, "often", line.often, _OFTEN, spoken + ", at least or at most"),
        _input(state, line, "times", line.times, spoken + ", times", input_mode="numeric", size=3),
        " times ",
        _slot(state, line, "mode", line.mode, _WHEN, spoken + ", when"),
        rx.match(
            line.mode,
            ("last", _span(state, line, spoken, DAY_UNITS)),
            ("between", _days(state, line, spoken)),
            rx.fragment(),
        ),
    )


def _sequence(state: State, line: Line, spoken: Any) -> rx.Component:
    return rx.fragment(
        " within ",
        _span(state, line, spoken, DAY_UNITS),
        _slot(state, line, "mode", line.mode, ANCHORS, spoken + ", after what"),
    )


def _slot(state: State, line: Line, slot: str, value: Any, options: list[tuple[str, str]], label: Any) -> rx.Component:
    return _select(options, value, label, lambda text: state.set_value(line.key, slot, text))


def _select(options: list[tuple[str, str]], value: Any, label: Any, on_change: Any) -> rx.Component:
    return rx.el.span(
        rx.el.select(
            *(rx.el.option(text, value=key) for key, text in options),
            value=value,
            on_change=on_change,
            aria_label=label,
            class_name="input",
        ),
        class_name="select",
    )


def _remove(state: State, line: Line, what: str) -> rx.Component:
    return ui.icon_button(
        "x", rx.Var.create(what) + line.number, size="small", on_click=state.remove_line(line.key)
    )  # fmt: skip


def findings(state: State) -> rx.Component:
    """What the conditions find: how many, what they bring, the first of them."""
    count = rx.el.p(
        rx.el.span(state.count, class_name="number builder__count"),
        rx.el.span(rx.cond(state.total, rx.Var.create(" of ") + state.total + " members", " members")),
    )
    return rx.el.div(
        ui.card(
            count,
            ui.facts(
                ("MRR", ui.number(state.money.mrr)),
                ("Net revenue", ui.number(state.money.net_revenue)),
                ("MRR leaving at period end", ui.number(state.money.leaving)),
                as_list=True,
            ),
            rx.el.ul(rx.foreach(state.first_rows, _first), class_name="stack gap-3", aria_label="First members"),
            title="This matches",
        ),
        class_name="builder__findings",
    )


def _first(row: rx.Var[MemberLine]) -> rx.Component:
    return rx.el.li(
        ui.person(row.photo, row.name, row.handle, size="sm", to=routes.member(SessionState.company, row.id)),
        status_badge(row.status),
        key=row.id,
        class_name="builder__person",
    )
