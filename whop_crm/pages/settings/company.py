"""Time zone, week, currency, how a pause counts, what makes the engagement score."""

import reflex as rx

from whop_crm import components as ui
from whop_crm.access import PauseRule
from whop_crm.components.theme import Tone
from whop_crm.pages.parts.frame import framed
from whop_crm.pages.parts.recount import recount_bar
from whop_crm.pages.settings.sections import section, skeleton
from whop_crm.services.settings import CURRENCIES, MOST_WEIGHT, WEEK_STARTS, ZONES
from whop_crm.state.session import SessionState
from whop_crm.state.settings.company import CompanySettingsState as State

ON_LOAD = State.load

_ZONES = [(zone, zone.replace("_", " ").replace("/", " / ")) for zone in ZONES]
_CURRENCIES = [(code, f"{code.upper()} · {name}") for code, name in CURRENCIES.items()]
_WEEKS = [(str(day), name) for day, name in WEEK_STARTS.items()]
_SAVED = {
    "timezone": State.zone, "week_start": State.week_start, "currency": State.currency, "pause_rule": State.pause_rule,
    "posts": State.posts, "comments": State.comments, "courses": State.courses, "recency": State.recency,
}  # fmt: skip
_PAUSES = [(PauseRule.APART.value, "In rows of its own"), (PauseRule.CHURN.value, "As churn")]


def page() -> rx.Component:
    return framed(
        State,
        section(recount_bar(State.recount), rx.cond(SessionState.can_set, _form(), _facts())),
        skeleton=skeleton(),
    )


def _form() -> rx.Component:
    return ui.following(_fields(), _SAVED)


def _fields() -> rx.Component:
    return rx.el.form(
        ui.stack(
            ui.card(ui.stack(_place(), gap=4), title="Time and money"),
            ui.card(_pauses(), title="Pauses"),
            ui.card(_weights(), title="Engagement score"),
            ui.row(
                rx.el.span("Applies to everybody on the team.", class_name="muted small"),
                ui.button("Save changes", variant="primary", type="submit"),
                gap=4,
                justify="between",
                wrap=True,
            ),
            gap=6,
        ),
        on_submit=State.save,
        class_name="measure",
    )


def _place() -> rx.Component:
    return rx.fragment(
        ui.select_field(
            "Time zone",
            "timezone",
            _ZONES,
            default_value=State.zone,
            error=State.zone_error,
            hint="Days, weeks and months begin here. A change counts every day of the past anew.",
        ),
        ui.grid(
            ui.select_field("Week starts on", "week_start", _WEEKS, default_value=State.week_start),
            ui.select_field(
                "Currency",
                "currency",
                _CURRENCIES,
                default_value=State.currency,
                hint="Sums are shown in it, by the rate of each payment's day.",
            ),
            least=220,
        ),
    )


def _pauses() -> rx.Component:
    return ui.select_field(
        "A paused membership counts",
        "pause_rule",
        _PAUSES,
        default_value=State.pause_rule,
        hint="A pause brings no MRR either way. Of its own: paused and resumed stand beside churn, not in it.",
    )


def _weights() -> rx.Component:
    return ui.stack(
        rx.el.p(
            "Each part ranks members among each other over the last 30 days; the score is their weighted mean.",
            class_name="muted",
        ),
        ui.grid(
            _weight("Posts", "posts", State.posts),
            _weight("Comments and chat", "comments", State.comments),
            _weight("Lessons", "courses", State.courses),
            _weight("Last seen", "recency", State.recency),
            least=150,
        ),
        rx.el.p(State.weights_error, id="error-weights", role="alert", class_name="field__error"),
        gap=3,
    )


def _weight(label: str, name: str, value: rx.Var[str]) -> rx.Component:
    return ui.text_field(
        label, name, type="number", min=0, max=MOST_WEIGHT, step=1, required=True, input_mode="numeric",
        default_value=value,
    )  # fmt: skip


def _facts() -> rx.Component:
    pause = rx.match(State.pause_rule, *_PAUSES, "")
    weights = rx.el.span(
        "posts ", State.posts, " · comments ", State.comments, " · lessons ", State.courses, " · last seen ",
        State.recency,
    )  # fmt: skip
    return ui.stack(
        ui.notice("An admin of this company can change these.", tone=Tone.INFO, icon="lock"),
        ui.card(
            ui.facts(
                ("Time zone", State.zone),
                ("Week starts on", rx.match(State.week_start, *_WEEKS, "")),
                ("Currency", State.currency.upper()),
                ("A paused membership counts", pause),
                ("Engagement score", weights),
                as_list=True,
            ),
            title="Company",
        ),
        class_name="measure",
        gap=6,
    )
