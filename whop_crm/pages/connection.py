"""How the company hangs together with Whop: as whom, what is granted, how far the sync is, and the webhook."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.looks import webhook_badge
from whop_crm.pages.settings.sections import tabs
from whop_crm.state.connection import ConnectionState
from whop_crm.state.session import SessionState
from whop_crm.state.views import ScopeLine

ON_LOAD = [ConnectionState.load, ConnectionState.look]
_view = ConnectionState.view
_hook = ConnectionState.webhook
_sync = ConnectionState.sync


def page() -> rx.Component:
    return framed(ConnectionState, _connection(), skeleton=_skeleton())


def _header(*actions: rx.Component) -> rx.Component:
    return ui.page_header("Connection", "What Whop has granted, and how its news arrives.", *actions)


def _connection() -> rx.Component:
    check = ui.button("Check again", on_click=ConnectionState.look_again, loading=ConnectionState.asking)
    return ui.stack(
        _header(check),
        tabs(),
        rx.cond(
            ConnectionState.unasked,
            ui.notice(ConnectionState.unasked, title="Whop could not be asked", tone=Tone.WARNING),
        ),
        ui.split(
            ui.stack(_webhook(), _missing(), _granted(), gap=6),
            ui.stack(_connected(), _progress(), gap=6),
        ),
        gap=6,
    )


def _connected() -> rx.Component:
    return ui.card(
        ui.facts(
            ("Company", _view.title),
            ("At Whop", ui.copy_button(_view.whop_id, "Copy the company's id")),
            ("You", SessionState.user_name),
            ("Your role", SessionState.role),
            ("Connected", ui.date(_view.since)),
            as_list=True,
        ),
        title="Connected as",
    )


def _progress() -> rx.Component:
    running = ui.stack(
        ui.progress_bar(_sync.percent, _sync.title, _sync.detail),
        rx.el.p(
            "What has been read can be used already: ",
            ui.link("look at your members", to=routes.members(SessionState.company)),
            ", write notes and tag them. Numbers that are still partial say so.",
            class_name="muted small",
        ),
        gap=3,
    )
    done = ui.facts(("Everything read", ui.relative_time(_sync.finished, missing="Not yet")), as_list=True)
    trouble = ui.notice(_sync.problem, title="The last sync ended early", tone=Tone.DANGER)
    return ui.card(
        rx.cond(_sync.running, running, ui.stack(rx.cond(_sync.problem, trouble), done, gap=3)), title="Sync"
    )


def _webhook() -> rx.Component:
    act = rx.cond(
        SessionState.can_sync & (_hook.act != ""),
        ui.button(_hook.act, size="small", on_click=ConnectionState.mend, loading=ConnectionState.asking),
        rx.fragment(),
    )
    return ui.card(
        ui.stack(
            ui.row(webhook_badge(_hook.state, _hook.word), rx.el.span(_hook.text), wrap=True),
            rx.cond(_hook.missing, rx.el.p("Not told: ", _hook.missing, class_name="muted small")),
            ui.facts(
                ("Address", ui.copy_button(_hook.url, "Copy the address")),
                ("Checked", ui.relative_time(_hook.checked, missing="Never")),
                as_list=True,
            ),
            gap=4,
        ),
        title="Webhook",
        actions=act,
    )


def _missing() -> rx.Component:
    where = rx.el.p("Grant them in Whop, under Settings → Authorized apps, then check again.", class_name="small")
    return rx.cond(
        ConnectionState.missing,
        ui.card(
            ui.feed(rx.foreach(ConnectionState.missing, _scope), label="Missing permissions"),
            title="Missing permissions",
            foot=where,
            flush=True,
        ),
    )


def _granted() -> rx.Component:
    return ui.card(
        ui.feed(rx.foreach(ConnectionState.granted, _scope), label="Permissions"),
        title="Permissions",
        actions=rx.el.span(_view.granted, class_name="muted small"),
        flush=True,
    )


def _scope(scope: rx.Var[ScopeLine]) -> rx.Component:
    icon = rx.match(
        scope.state,
        ("granted", ui.event_icon(rx.icon("check", aria_hidden=True), Tone.SUCCESS)),
        ("missing", ui.event_icon(rx.icon("x", aria_hidden=True), Tone.DANGER)),
        ui.event_icon(rx.icon("minus", aria_hidden=True), Tone.NEUTRAL),
    )
    word = rx.match(
        scope.state,
        ("granted", ui.badge("Granted", Tone.SUCCESS)),
        ("missing", ui.badge("Missing", Tone.DANGER)),
        ui.badge("Not asked", Tone.NEUTRAL),
    )
    text = ui.stack(
        rx.el.span(scope.purpose),
        rx.el.span(scope.action, rx.cond(scope.lack, rx.el.span(" · ", scope.lack)), class_name="faint small"),
        gap=1,
    )
    return ui.feed_row(icon, text, word, key=scope.action)


def _skeleton() -> rx.Component:
    aside = ui.stack(ui.skeleton_card(4), ui.skeleton_card(2), gap=6)
    return ui.stack(_header(), ui.split(ui.stack(ui.skeleton_card(3), ui.skeleton_card(8), gap=6), aside), gap=6)
