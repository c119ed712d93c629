"""Sync: whether everything that happens at Whop is here, and what was done so that it is."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.models.enums import EventStatus
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.looks import event_badge, run_badge, run_icon, run_tone
from whop_crm.state.session import SessionState
from whop_crm.state.sync import SyncState
from whop_crm.state.views import DifferenceLine, EventLine, RunLine

ON_LOAD = SyncState.load


def page() -> rx.Component:
    return framed(SyncState, _sync(), skeleton=_skeleton())


def _sync() -> rx.Component:
    return ui.stack(
        ui.page_header("Sync", "Everything that happens at Whop, and how it got here.", _actions()),
        _problems(),
        _standing(),
        ui.grid(_runs(), _drift(), least=420, gap=6),
        _log(),
        _event(),
        gap=6,
    )


def _actions() -> rx.Component:
    buttons = rx.fragment(
        ui.button("Reconcile now", on_click=SyncState.reconcile),
        ui.button("Sync now", variant="primary", on_click=SyncState.catch_up),
    )
    return rx.cond(SessionState.can_sync & SyncState.now.known, buttons, rx.fragment())


def _problems() -> rx.Component:
    now = SyncState.now
    return rx.fragment(
        rx.cond(now.hook_problem, ui.notice(now.hook_problem, title="The webhook at Whop", tone=Tone.WARNING)),
        rx.cond(
            now.gap_since,
            ui.notice(rx.fragment(now.gap, " Catching up begins in a moment."), title="Something may be missing"),
        ),
        rx.cond(now.poll_problem, ui.notice(now.poll_problem, title="Visits and posts", tone=Tone.WARNING)),
    )


def _standing() -> rx.Component:
    now = SyncState.now
    return ui.card(
        ui.facts(
            ("Last event", ui.relative_time(now.last_event, missing="None yet")),
            ("Lag", ui.number(now.lag)),
            ("Waiting", ui.live_value(now.waiting, class_name="number")),
            ("Failed", ui.live_value(now.failed, class_name="number")),
            ("Complete up to", ui.relative_time(now.caught_up_to, missing="First sync not done")),
            ("Visits and posts read", ui.relative_time(now.polled, missing="Not yet")),
            ("Next reconciliation", ui.date_time(now.next_night, missing="After the first sync")),
            ("Webhook checked", ui.relative_time(now.hook_checked, missing="Not yet")),
        ),
        title="Right now",
    )


def _runs() -> rx.Component:
    nothing = ui.empty_state("refresh-cw", "Nothing was read yet", "The first sync begins by itself.", small=True)
    rows = ui.feed(rx.foreach(SyncState.runs, _run), label="Runs")
    return ui.card(rx.cond(SyncState.runs, rows, nothing), title="Runs", flush=True)


def _run(run: rx.Var[RunLine]) -> rx.Component:
    closed = rx.el.div(run.gap, " Reads from ", ui.date_time(run.since), " on.", class_name="muted small")
    told = rx.el.div(run.words, rx.cond(run.took, rx.el.span(" · ", run.took)), class_name="muted small")
    return ui.feed_row(
        ui.event_icon(run_icon(run.status), run_tone(run.status)),
        rx.fragment(
            ui.row(rx.el.span(run.title, class_name="strong"), run_badge(run.status)),
            rx.cond(run.gap, closed),
            rx.cond(run.running, ui.progress_bar(run.percent, run.percent.to_string() + " %", run.words), told),
        ),
        ui.relative_time(run.started),
        key=run.id,
    )


def _drift() -> rx.Component:
    drift = SyncState.drift
    never = ui.empty_state(
        "scale",
        "Nothing was compared yet",
        "Every night everything is compared with Whop and repaired where it differs.",
        small=True,
    )
    head = ui.row(
        rx.cond(drift.clean, ui.badge("In step", Tone.SUCCESS), ui.badge("Differed", Tone.WARNING)),
        rx.el.span(drift.summary, class_name="grow"),
        ui.relative_time(drift.at, class_name="faint nowrap"),
        gap=3,
        wrap=True,
        class_name="card__body",
    )
    rows = ui.feed(rx.foreach(SyncState.differences, _difference), label="Differences")
    more = rx.cond(drift.more, rx.el.div(drift.more, class_name="card__foot"))
    found = rx.fragment(head, rx.cond(SyncState.differences, rows), more)
    return ui.card(rx.cond(drift.known, found, never), title="Last reconciliation", flush=True)


def _difference(row: rx.Var[DifferenceLine]) -> rx.Component:
    return ui.feed_row(
        ui.event_icon(rx.icon("equal-not", aria_hidden=True), Tone.WARNING),
        rx.fragment(
            ui.row(
                rx.el.span(row.resource, class_name="strong"),
                rx.el.span(row.whop_id, class_name="mono muted"),
                rx.cond(row.repaired, ui.badge("Repaired", Tone.SUCCESS), ui.badge("Kept", Tone.NEUTRAL)),
                wrap=True,
            ),
            rx.el.div(row.words, class_name="muted small"),
        ),
        rx.fragment(),
        key=row.id,
    )


def _log() -> rx.Component:
    return ui.stack(
        ui.row(rx.el.h2("Webhooks", class_name="card__title grow"), _replay_failed(), gap=3),
        _filters(),
        rx.cond(SyncState.total == 0, ui.card(_no_events()), ui.card(_table(), foot=_foot(), flush=True)),
        gap=4,
    )


def _replay_failed() -> rx.Component:
    ask = ui.confirm_dialog(
        ui.button("Replay all failed", size="small"),
        title="Replay all failed webhooks?",
        text="Each is worked off once more. What was applied before is not applied twice.",
        confirm="Replay all",
        on_confirm=SyncState.replay_failed,
        danger=False,
    )
    return rx.cond(SessionState.can_sync & SyncState.now.any_failed, ask, rx.fragment())


def _filters() -> rx.Component:
    return ui.row(
        ui.search_field(
            "Search in the webhooks",
            placeholder="Type, id or member",
            default_value=SyncState.search_text,
            key=SyncState.search_key,
            on_change=SyncState.search.debounce(250),
        ),
        ui.chips(
            "Status",
            ui.filter_chip("All", active=SyncState.chosen == "", on_click=SyncState.filter_status("")),
            *(
                ui.filter_chip(
                    one.label, active=SyncState.chosen == one.value, on_click=SyncState.filter_status(one.value)
                )
                for one in EventStatus
            ),
        ),
        gap=3,
        wrap=True,
    )


def _table(*, loading: bool = False) -> rx.Component:
    return ui.data_table(
        [
            ui.Column("Type", _type),
            ui.Column("Status", lambda row: event_badge(row.status)),
            ui.Column("Member", _member, hide="sm"),
            ui.Column("Object", lambda row: rx.el.span(row.object, class_name="mono muted clip"), hide="md"),
            ui.Column("Tries", lambda row: ui.number(row.attempts), align="right", hide="sm"),
            ui.Column("Received", lambda row: ui.relative_time(row.received, class_name="nowrap")),
            ui.Column("What to do", _deeds, align="right", spoken_only=True),
        ],
        SyncState.events,
        label="Webhooks",
        row_key=lambda row: row.id,
        busy=SyncState.busy,
        loading=loading,
        small_screen="cards",
    )


def _type(row: rx.Var[EventLine]) -> rx.Component:
    return rx.el.div(
        ui.row(
            rx.el.span(row.type, class_name="mono strong"), rx.cond(row.caught_up, ui.badge("Read back", Tone.INFO))
        ),
        rx.cond(row.reason, rx.el.div(row.reason, class_name="muted small")),
    )


def _member(row: rx.Var[EventLine]) -> rx.Component:
    link = ui.link(row.name, to=routes.member(SessionState.company, row.member), class_name="link clip")
    return rx.cond(row.member, link, rx.el.span("–", class_name="faint"))


def _deeds(row: rx.Var[EventLine]) -> rx.Component:
    again = ui.icon_button("rotate-ccw", "Replay", size="small", on_click=SyncState.replay(row.id))
    return ui.row(
        ui.icon_button("braces", "Show payload", size="small", on_click=SyncState.show(row.id)),
        rx.cond(SessionState.can_sync, again),
        gap=1,
        justify="end",
    )


def _foot() -> rx.Component:
    return ui.table_foot(
        rx.el.span(SyncState.range_text, class_name="muted number", role="status"),
        ui.pagination(SyncState.page, SyncState.pages, href_for=SyncState.page_link, label="Pages of webhooks"),
    )


def _no_events() -> rx.Component:
    return rx.cond(
        SyncState.filtered,
        ui.empty_state(
            "search-x",
            "No webhook matches",
            "Try a type such as payment.failed, an id of Whop's, or a member's name.",
            ui.button("Show all", on_click=SyncState.clear_all),
        ),
        ui.empty_state("webhook", "No webhooks yet", "What Whop tells appears here the moment it comes. Kept 30 days."),
    )


def _event() -> rx.Component:
    shown = SyncState.opened
    return ui.dialog(
        ui.facts(
            ("Status", event_badge(shown.line.status)),
            ("Tries", ui.number(shown.line.attempts)),
            ("Sent", ui.date_time(shown.sent)),
            ("Received", ui.date_time(shown.line.received)),
            ("Worked off", ui.date_time(shown.processed, missing="Not yet")),
            ("Webhook id", rx.el.span(shown.webhook_id, class_name="mono small")),
        ),
        rx.cond(shown.line.reason, ui.notice(shown.line.reason, title="What happened", tone=Tone.WARNING)),
        rx.el.pre(shown.payload, class_name="payload", tab_index=0, aria_label="Payload"),
        title=rx.cond(shown.line.type, shown.line.type, "Webhook"),
        text="As Whop sent it, without what is secret or says where somebody lives.",
        open=SyncState.is_open,
        on_open_change=SyncState.close,
        wide=True,
    )


def _skeleton() -> rx.Component:
    return ui.stack(
        ui.page_header("Sync", "Everything that happens at Whop, and how it got here."),
        ui.skeleton_card(3),
        ui.grid(ui.card(ui.skeleton_rows(4)), ui.card(ui.skeleton_rows(4)), least=420, gap=6),
        ui.card(ui.skeleton_rows(6)),
        gap=6,
    )
