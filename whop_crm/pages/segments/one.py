"""One segment: how many, what they bring, who they are, how it grew, who came and went."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.export import export_button
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.looks import status_badge
from whop_crm.state.segments.one import SegmentState as State
from whop_crm.state.session import SessionState
from whop_crm.state.views import MemberLine
from whop_crm.state.views.segments import MoveLine

ON_LOAD = State.load


def page() -> rx.Component:
    return framed(State, _segment(), skeleton=ui.stack(ui.skeleton_card(), ui.skeleton_rows(6), gap=4), what="segment")


def _segment() -> rx.Component:
    return ui.stack(
        ui.page_header(
            State.segment.name,
            rx.cond(State.segment.description, State.segment.description, State.segment.words),
            *_actions(),
        ),
        rx.cond(
            State.segment.problem,
            ui.notice(State.segment.problem + " Until it is mended it matches nobody.", tone=Tone.DANGER),
            rx.fragment(),
        ),
        _figures(),
        ui.split(_members(), ui.stack(_about(), _growth(), _moves(), gap=4)),
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
    export = export_button(rx.Var.create("segment=") + State.segment.id.to_string(), "the members of this segment")
    return (
        rx.cond(State.segment.problem, rx.fragment(), export),
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


def _members() -> rx.Component:
    all_of_them = ui.link(
        rx.Var.create("All ") + State.segment.members,
        to=routes.members_of_segment(SessionState.company, State.segment.id),
        aria_label="All members of this segment",
    )
    table = ui.data_table(
        [
            ui.Column("Name", _name),
            ui.Column("Status", lambda row: status_badge(row.status)),
            ui.Column("Net revenue", lambda row: ui.number(row.revenue), align="right"),
            ui.Column("Joined", lambda row: ui.date(row.joined, class_name="nowrap"), hide="sm"),
        ],
        State.rows,
        label="Newest members of this segment",
        row_key=lambda row: row.id,
        small_screen="cards",
    )
    nobody = ui.empty_state(
        "users", "Nobody is in it now", "As soon as somebody meets it, they appear here.", small=True
    )
    return ui.card(rx.cond(State.rows, table, nobody), title="Newest members", actions=all_of_them, flush=True)


def _name(row: rx.Var[MemberLine]) -> rx.Component:
    return ui.person(row.photo, row.name, row.handle, to=routes.member(SessionState.company, row.id))


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
