"""Who is on the team at Whop, and what that means here."""

import reflex as rx

from whop_crm import components as ui
from whop_crm.access import ROLE_PERMISSIONS, Permission, Role
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.settings.sections import section, skeleton
from whop_crm.state.settings.team import TeamSettingsState as State
from whop_crm.state.views import TeammateLine

ON_LOAD = State.load
_ROLES = (Role.ADMIN, Role.SUPPORT, Role.VIEWER)


def page() -> rx.Component:
    return framed(State, section(_team(), _roles()), skeleton=skeleton())


def _team() -> rx.Component:
    table = ui.data_table(
        [
            ui.Column("Name", lambda row: ui.person(row.photo, row.name, row.handle)),
            ui.Column("At Whop", _whop_role),
            ui.Column("Here", lambda row: ui.badge(row.role, Tone.PRIMARY)),
        ],
        State.team,
        label="Team",
        row_key=lambda row: row.id,
    )
    nothing = ui.empty_state(
        "users-round", "Nobody yet", "The team appears here once it has been read from Whop.", small=True
    )
    foot = rx.el.span("Teammates are invited, removed and given their role at Whop.", class_name="muted small")
    return ui.card(rx.cond(State.team, table, nothing), title="Team", flush=True, foot=foot)


def _whop_role(row: rx.Var[TeammateLine]) -> rx.Component:
    return rx.el.span(row.whop_role, rx.cond(row.waiting, rx.el.span(" · invited", class_name="muted")))


def _roles() -> rx.Component:
    shown = [one for one in Permission if any(one in ROLE_PERMISSIONS[role] for role in _ROLES)]
    head = rx.el.tr(
        rx.el.th("May", scope="col"), *(rx.el.th(role.label, scope="col", data_align="center") for role in _ROLES)
    )
    lines = [rx.el.tr(rx.el.td(one.words), *(_mark(one in ROLE_PERMISSIONS[role]) for role in _ROLES)) for one in shown]
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(*lines), class_name="table table--still")
    frame = rx.el.div(table, class_name="table-frame", role="region", aria_label="What each role may do", tab_index=0)
    return ui.card(frame, title="What each role may do", flush=True)


def _mark(allowed: bool) -> rx.Component:
    word = rx.el.span("Yes" if allowed else "No", class_name="sr-only")
    sign = rx.icon("check", size=16, aria_hidden=True) if allowed else rx.el.span("–", aria_hidden=True)
    return rx.el.td(sign, word, data_align="center", class_name="" if allowed else "faint")
