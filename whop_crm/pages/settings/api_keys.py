"""The keys that programs use: which there are, making one, ending one."""

import reflex as rx

from whop_crm import components as ui
from whop_crm import routes
from whop_crm.access import KeyScope
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.settings.sections import section, skeleton
from whop_crm.services.api_keys import NAME_LIMIT
from whop_crm.state.settings.api_keys import KeySettingsState as State
from whop_crm.state.settings.api_keys import NewKeyState
from whop_crm.state.views import KeyLine

ON_LOAD = State.load


def page() -> rx.Component:
    return framed(State, section(_keys(), _new_dialog()), skeleton=skeleton())


def _keys() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("Key", _key),
            ui.Column("May", lambda row: rx.el.span(row.scopes), hide="sm"),
            ui.Column("Made by", lambda row: rx.el.span(row.maker), hide="md"),
            ui.Column("Last used", _used),
            ui.Column("Actions", _revoke, align="right", spoken_only=True, width="120px"),
        ],
        State.keys,
        label="API keys",
        row_key=lambda row: row.id,
    )
    nothing = ui.empty_state(
        "key-round", "No API keys yet", "A key lets a program of yours read members, write notes and more.", small=True
    )
    new = ui.button(rx.icon("plus", size=14, aria_hidden=True), "New API key", size="small", on_click=NewKeyState.start)
    foot = ui.outside_link("What a program can do with a key", href=routes.API_DOCS, class_name="link small")
    return ui.card(rx.cond(State.keys, table, nothing), title="API keys", actions=new, flush=True, foot=foot)


def _key(row: rx.Var[KeyLine]) -> rx.Component:
    return rx.el.div(
        rx.el.div(row.name, class_name="strong"), rx.el.code(row.prefix, class_name="muted small"), class_name="stack"
    )


def _used(row: rx.Var[KeyLine]) -> rx.Component:
    used = rx.cond(row.used, ui.relative_time(row.used, class_name="nowrap"), rx.el.span("Never", class_name="muted"))
    return rx.cond(row.revoked, ui.badge("Revoked", Tone.NEUTRAL), used)


def _revoke(row: rx.Var[KeyLine]) -> rx.Component:
    question = ui.confirm_dialog(
        ui.button("Revoke", size="small", aria_label=rx.Var.create("Revoke ") + row.name),
        title=rx.Var.create("Revoke the key “") + row.name + "”?",
        text="Whatever uses it is refused at once. A key cannot be brought back.",
        confirm="Revoke key",
        on_confirm=State.revoke(row.id),
    )
    return rx.cond(row.revoked, rx.fragment(), question)


def _new_dialog() -> rx.Component:
    return ui.dialog(
        rx.cond(NewKeyState.secret, _shown_once(), _form()),
        title=rx.cond(NewKeyState.secret, "Your new API key", "New API key"),
        open=NewKeyState.is_open,
        on_open_change=NewKeyState.opened,
    )


def _form() -> rx.Component:
    choices = rx.el.fieldset(
        rx.el.legend("What it may do", class_name="field__label"),
        *(_scope(scope) for scope in KeyScope),
        rx.el.p(NewKeyState.scopes_error, id="error-scopes", role="alert", class_name="field__error"),
        class_name="field stack gap-2",
    )
    return rx.el.form(
        ui.stack(
            ui.text_field(
                "Name",
                "name",
                hint="What it is for: weekly report, our website.",
                error=NewKeyState.name_error,
                max_length=NAME_LIMIT,
                required=True,
                data_autofocus=True,
            ),
            choices,
            gap=4,
        ),
        ui.dialog_actions(
            ui.button("Cancel", data_close=True), ui.button("Make key", variant="primary", type="submit")
        ),
        on_submit=NewKeyState.make,
        class_name="stack gap-4",
    )


def _scope(scope: KeyScope) -> rx.Component:
    return ui.checkbox(scope.words, name=scope.value, value="yes", default_checked=scope is KeyScope.READ)


def _shown_once() -> rx.Component:
    return rx.fragment(
        ui.stack(
            ui.notice("Copy it now: it is not shown again. Whoever has it can use it.", tone=Tone.WARNING),
            ui.copy_button(NewKeyState.secret, "Copy the key", text=NewKeyState.secret),
            gap=4,
        ),
        ui.dialog_actions(ui.button("Done", variant="primary", data_close=True)),
    )
