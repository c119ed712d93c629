"""Where one is signed in, and the way to end it there."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.settings.sections import section, skeleton
from whop_crm.state.settings.sessions import SessionSettingsState as State
from whop_crm.state.views import SessionLine

ON_LOAD = State.load


def page() -> rx.Component:
    return framed(State, section(_sessions()), skeleton=skeleton())


def _sessions() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("Device", _device),
            ui.Column("Signed in", lambda row: ui.relative_time(row.began, class_name="nowrap"), hide="sm"),
            ui.Column("Last seen", _seen),
            ui.Column("Actions", _end, align="right", spoken_only=True, width="140px"),
        ],
        State.sessions,
        label="My sessions",
        row_key=lambda row: row.id,
    )
    everywhere = ui.post_form(
        rx.el.button("Sign out everywhere", type="submit", class_name="btn btn--secondary btn--small"),
        action=routes.SIGN_OUT_EVERYWHERE,
    )
    foot = rx.el.span("Ending a session closes its tabs at once.", class_name="muted small")
    return ui.card(table, title="My sessions", actions=everywhere, flush=True, foot=foot)


def _device(row: rx.Var[SessionLine]) -> rx.Component:
    icon = rx.cond(
        row.icon == "smartphone",
        rx.icon("smartphone", size=16, aria_hidden=True),
        rx.icon("monitor", size=16, aria_hidden=True),
    )
    return ui.row(icon, rx.el.span(row.device, class_name="strong"), gap=2)


def _seen(row: rx.Var[SessionLine]) -> rx.Component:
    return rx.cond(row.mine, ui.badge("This session", Tone.SUCCESS), ui.relative_time(row.seen, class_name="nowrap"))


def _end(row: rx.Var[SessionLine]) -> rx.Component:
    question = ui.confirm_dialog(
        ui.button("End", size="small", aria_label=rx.Var.create("End the session ") + row.device),
        title="End this session?",
        text=row.device + " is signed out at once.",
        confirm="End session",
        on_confirm=State.end(row.id),
    )
    return rx.cond(row.mine, rx.fragment(), question)
