"""One segment: how many, what they bring, how it grew, who came and went, and the list of its members."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.pages.members import look, member_list, waiting_list
from whop_crm.pages.parts.frame import framed
from whop_crm.state.members import MembersState
from whop_crm.state.segments.one import SegmentState as State
from whop_crm.state.session import SessionState
from whop_crm.state.views.segments import MoveLine

ON_LOAD = MembersState.load


def page() -> rx.Component:
    waiting = ui.stack(ui.skeleton_card(), waiting_list(), gap=4)
    return framed(MembersState, _segment(), skeleton=waiting, what="segment")


def _segment() -> rx.Component:
    return ui.stack(
        ui.page_header(
            State.segment.name,
            rx.cond(State.segment.description, State.segment.description, State.segment.words),
            look.views_menu(),
            *_actions(),
        ),
        rx.cond(
            State.segment.problem,
            ui.notice(State.segment.problem + " Until it is mended it matches nobody.", tone=Tone.DANGER),
        ),
        _figures(),
        ui.grid(_about(), _growth(), _moves(), least=280, gap=4),
        *member_list(),
        gap=4,
    )


def _actions() -> tuple[rx.Component, ...]:
    edit = ui.button_link("Edit", to=routes.segment_edit(SessionState.company, State.segment.id))
    delete = ui.confirm_dialog(
        ui.button("Delete"),
        title=rx.Var.create("Delete the segment “") + State.segment.name + "”?",
        text=rx.cond(
            State.used_by,
            rx.Var.create("It is used by ") + State.used_by + ": change that first.",
            "Nothing uses it. Its members stay; only the question and its history go.",
        ),
        confirm="Delete segment",
        on_confirm=State.delete,
    )
    return (
        rx.cond(SessionState.can_segment, ui.button("Duplicate", on_click=State.duplicate), rx.fragment()),
        rx.cond(State.segment.may_change, ui.row(edit, delete, gap=2), rx.fragment()),
    )


def _figures() -> rx.Component:
    return ui.metric_grid(
        ui.metric_card("Members", ui.live_value(State.segment.members)),
        ui.metric_card("MRR", ui.live_value(State.money.mrr)),
        ui.metric_card("Net revenue", ui.live_value(State.money.net_revenue)),
        ui.metric_card("MRR leaving at period end", ui.live_value(State.money.leaving)),
    )


def _about() -> rx.Component:
    shared = rx.cond(State.segment.shared, "The whole team", "Only you")
    return ui.card(
        ui.facts(
            ("Meaning", State.segment.words),
            ("Made by", State.segment.owner),
            ("Who sees it", shared),
            ("Changed", rx.el.span(ui.relative_time(State.segment.changed), " by ", State.segment.changed_by)),
            as_list=True,
        ),
        title="About",
    )


def _growth() -> rx.Component:
    said = rx.Var.create("Size by day, between ") + State.growth.least + " and " + State.growth.most
    chart = rx.el.svg(
        rx.el.path(d=State.growth.line, fill="none", stroke="currentColor", vector_effect="non-scaling-stroke"),
        view_box="0 0 100 30",
        preserve_aspect_ratio="none",
        class_name="growth",
        role="img",
        aria_label=said,
    )
    drawn = rx.fragment(chart, ui.row(ui.date(State.growth.first), ui.date(State.growth.last), justify="between"))
    begun = rx.el.p("Counted every day from now on. Come back tomorrow for the first line.", class_name="muted small")
    return ui.card(rx.cond(State.growth.first == State.growth.last, begun, drawn), title="Size over time")


def _moves() -> rx.Component:
    nothing = rx.el.p("Nobody has entered or left since it was saved.", class_name="muted small")
    return ui.card(
        rx.cond(State.moves, ui.feed(rx.foreach(State.moves, _move), label="Entered and left"), nothing),
        title="Entered and left",
    )


def _move(one: rx.Var[MoveLine]) -> rx.Component:
    return ui.feed_row(
        ui.avatar(one.photo, one.name, "sm"),
        rx.fragment(
            ui.link(one.name, to=routes.member(SessionState.company, one.id), class_name="link cover"),
            rx.cond(one.entered, " entered", " left"),
        ),
        ui.relative_time(one.at),
        key=one.key,
    )
