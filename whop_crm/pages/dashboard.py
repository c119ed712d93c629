"""The first page of the morning: four numbers and what happened lately."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.looks import kind_icon, kind_tone
from whop_crm.pages.parts.recount import recount_bar
from whop_crm.state.dashboard import DashboardState
from whop_crm.state.session import SessionState
from whop_crm.state.views import FeedLine, Figure

ON_LOAD = [DashboardState.load, DashboardState.ask_zone]


def page() -> rx.Component:
    return framed(DashboardState, _dashboard(), skeleton=_skeleton())


def _dashboard() -> rx.Component:
    return ui.stack(
        ui.page_header("Dashboard", SessionState.company_title),
        _sync(),
        ui.metric_grid(rx.foreach(DashboardState.figures, _figure)),
        _feed(),
        gap=6,
    )


def _sync() -> rx.Component:
    sync = DashboardState.sync
    return rx.fragment(
        recount_bar(DashboardState.recount),
        rx.cond(sync.running, ui.card(ui.progress_bar(sync.percent, sync.title, sync.detail))),
        rx.cond(
            sync.problem, ui.notice(sync.problem, title="The last sync ended early", tone=Tone.DANGER, action=_again())
        ),
        rx.cond(
            DashboardState.attention,
            ui.notice(
                rx.cond(sync.skipped, sync.skipped, "Some changes may be missing here."),
                title=DashboardState.attention,
                tone=Tone.WARNING,
                icon="key-round",
                action=ui.button_link("See the connection", to=routes.connection(SessionState.company), size="small"),
            ),
        ),
    )


def _again() -> rx.Component:
    return rx.cond(
        SessionState.can_sync, ui.button("Sync again", size="small", on_click=DashboardState.sync_now), rx.fragment()
    )


def _figure(figure: rx.Var[Figure]) -> rx.Component:
    return ui.metric_card(
        figure.label,
        figure.value,
        moved=ui.change(figure.change, direction=figure.direction, tone=_good_or_bad(figure)),
        against=figure.against,
        hint=figure.hint,
        note=figure.note,
    )


def _good_or_bad(figure: rx.Var[Figure]) -> rx.Var[str]:
    return rx.match(figure.direction, ("up", Tone.SUCCESS.value), ("down", Tone.DANGER.value), Tone.NEUTRAL.value)


def _feed() -> rx.Component:
    rows = ui.feed(rx.foreach(DashboardState.feed, _line), label="Recent activity")
    nothing = ui.empty_state(
        "activity",
        "Nothing has happened yet",
        "Joins, payments, cancellations and posts appear here the moment Whop tells of them.",
        small=True,
    )
    return ui.card(rx.cond(DashboardState.feed, rows, nothing), title="Recent activity", flush=True)


def _line(line: rx.Var[FeedLine]) -> rx.Component:
    name = rx.cond(
        line.member,
        ui.link(line.name, to=routes.member(SessionState.company, line.member), class_name="link cover strong"),
        rx.el.span(line.name, class_name="muted"),
    )
    return ui.feed_row(
        ui.event_icon(kind_icon(line.kind), kind_tone(line.kind)),
        rx.fragment(
            name,
            rx.el.span(" · ", line.title),
            rx.cond(line.detail, rx.el.span(" ", line.detail, class_name="muted")),
            rx.cond(line.by, rx.el.span(" by ", line.by, class_name="muted")),
        ),
        ui.relative_time(line.at),
        key=line.id,
    )


def _skeleton() -> rx.Component:
    cards = ui.metric_grid(*(ui.skeleton_card(2) for _ in range(4)))
    return ui.stack(ui.page_header("Dashboard", SessionState.company_title), cards, ui.card(ui.skeleton_rows(8)), gap=6)
