"""How each closed set looks, once for the whole app: the word comes from the enum, the colour repeats it."""

from typing import Any

import reflex as rx

from whop_crm import components as ui
from whop_crm.components.theme import Tone
from whop_crm.models.enums import ActivityKind, EventStatus, RunStatus, ShownStatus, WebhookState
from whop_crm.services.members import PaymentOutcome

_STATUS_TONES = {
    ShownStatus.ACTIVE: Tone.SUCCESS,
    ShownStatus.CANCELING: Tone.WARNING,
    ShownStatus.PAST_DUE: Tone.DANGER,
    ShownStatus.PAUSED: Tone.INFO,
    ShownStatus.TRIALING: Tone.PRIMARY,
    ShownStatus.COMPLETED: Tone.SUCCESS,
    ShownStatus.UNRESOLVED: Tone.WARNING,
}

_OUTCOME_TONES = {
    PaymentOutcome.PAID: Tone.SUCCESS,
    PaymentOutcome.PENDING: Tone.INFO,
    PaymentOutcome.FAILED: Tone.DANGER,
    PaymentOutcome.REFUNDED: Tone.NEUTRAL,
    PaymentOutcome.PARTLY_REFUNDED: Tone.NEUTRAL,
    PaymentOutcome.DISPUTED: Tone.WARNING,
    PaymentOutcome.DISPUTE_LOST: Tone.DANGER,
    PaymentOutcome.VOID: Tone.NEUTRAL,
}

_RUN_LOOKS = {
    RunStatus.RUNNING: ("Running", Tone.INFO, "loader"),
    RunStatus.DONE: ("Done", Tone.SUCCESS, "check"),
    RunStatus.FAILED: ("Failed", Tone.DANGER, "x"),
}

_EVENT_TONES = {
    EventStatus.PENDING: Tone.INFO,
    EventStatus.DONE: Tone.SUCCESS,
    EventStatus.IGNORED: Tone.NEUTRAL,
    EventStatus.FAILED: Tone.DANGER,
}

_KIND_LOOKS: dict[ActivityKind, tuple[str, Tone]] = {
    ActivityKind.JOINED: ("user-plus", Tone.SUCCESS),
    ActivityKind.LEFT: ("user-minus", Tone.DANGER),
    ActivityKind.MEMBERSHIP_STARTED: ("ticket-check", Tone.SUCCESS),
    ActivityKind.MEMBERSHIP_RENEWED: ("refresh-cw", Tone.SUCCESS),
    ActivityKind.MEMBERSHIP_CHANGED: ("arrow-left-right", Tone.INFO),
    ActivityKind.MEMBERSHIP_PAST_DUE: ("clock-alert", Tone.DANGER),
    ActivityKind.MEMBERSHIP_PAUSED: ("circle-pause", Tone.INFO),
    ActivityKind.MEMBERSHIP_RESUMED: ("circle-play", Tone.SUCCESS),
    ActivityKind.CANCEL_SCHEDULED: ("calendar-x", Tone.WARNING),
    ActivityKind.CANCEL_TAKEN_BACK: ("undo-2", Tone.SUCCESS),
    ActivityKind.MEMBERSHIP_ENDED: ("ticket-x", Tone.DANGER),
    ActivityKind.TRIAL_ENDING: ("hourglass", Tone.WARNING),
    ActivityKind.PAYMENT_PAID: ("banknote", Tone.SUCCESS),
    ActivityKind.PAYMENT_FAILED: ("circle-alert", Tone.DANGER),
    ActivityKind.PAYMENT_RECOVERED: ("shield-check", Tone.SUCCESS),
    ActivityKind.REFUNDED: ("undo-2", Tone.NEUTRAL),
    ActivityKind.DISPUTE_OPENED: ("gavel", Tone.WARNING),
    ActivityKind.DISPUTE_CLOSED: ("gavel", Tone.NEUTRAL),
    ActivityKind.INVOICE_CREATED: ("file-text", Tone.INFO),
    ActivityKind.INVOICE_PAID: ("file-text", Tone.SUCCESS),
    ActivityKind.INVOICE_PAST_DUE: ("file-text", Tone.DANGER),
    ActivityKind.POSTED: ("message-square", Tone.PRIMARY),
    ActivityKind.COMMENTED: ("reply", Tone.PRIMARY),
    ActivityKind.CHATTED: ("message-circle", Tone.PRIMARY),
    ActivityKind.LESSON_COMPLETED: ("graduation-cap", Tone.PRIMARY),
    ActivityKind.TAGGED: ("tag", Tone.NEUTRAL),
    ActivityKind.UNTAGGED: ("tag", Tone.NEUTRAL),
    ActivityKind.NOTED: ("sticky-note", Tone.NEUTRAL),
    ActivityKind.PROFILE_CHANGED: ("user-pen", Tone.NEUTRAL),
    ActivityKind.FIELD_CHANGED: ("text-cursor-input", Tone.NEUTRAL),
    ActivityKind.EXPORTED: ("download", Tone.NEUTRAL),
    ActivityKind.IMPORTED: ("upload", Tone.NEUTRAL),
}


_WEBHOOK_TONES = {
    WebhookState.GOOD: Tone.SUCCESS,
    WebhookState.MISSING: Tone.DANGER,
    WebhookState.INCOMPLETE: Tone.WARNING,
    WebhookState.DISABLED: Tone.DANGER,
    WebhookState.FAILING: Tone.DANGER,
    WebhookState.OUTDATED: Tone.WARNING,
    WebhookState.UNSIGNED: Tone.DANGER,
}


def webhook_badge(state: Any, word: Any) -> rx.Component:
    """How a WebhookState looks, given by value."""
    looks = [(one.value, ui.badge(word, tone)) for one, tone in _WEBHOOK_TONES.items()]
    return rx.match(state, *looks, ui.badge(word, Tone.NEUTRAL))


def status_badge(status: Any) -> rx.Component:
    """The one badge for a ShownStatus, given by value."""
    looks = [(one.value, ui.badge(one.label, _STATUS_TONES.get(one, Tone.NEUTRAL))) for one in ShownStatus]
    return rx.match(status, *looks, ui.badge("Unknown", Tone.NEUTRAL))


def outcome_badge(outcome: Any) -> rx.Component:
    """The one badge for a PaymentOutcome, given by value."""
    looks = [(one.value, ui.badge(one.label, _OUTCOME_TONES[one])) for one in PaymentOutcome]
    return rx.match(outcome, *looks, ui.badge("Unknown", Tone.NEUTRAL))


def run_badge(status: Any) -> rx.Component:
    """The one badge for a RunStatus, given by value."""
    looks = [(one.value, ui.badge(label, tone)) for one, (label, tone, _) in _RUN_LOOKS.items()]
    return rx.match(status, *looks, ui.badge("Unknown", Tone.NEUTRAL))


def run_icon(status: Any) -> rx.Component:
    looks = [(one.value, rx.icon(icon, aria_hidden=True)) for one, (_, _, icon) in _RUN_LOOKS.items()]
    return rx.match(status, *looks, rx.icon("circle", aria_hidden=True))


def run_tone(status: Any) -> rx.Var[str]:
    looks = [(one.value, tone.value) for one, (_, tone, _) in _RUN_LOOKS.items()]
    return rx.match(status, *looks, Tone.NEUTRAL.value)


def event_badge(status: Any) -> rx.Component:
    """The one badge for an EventStatus, given by value."""
    looks = [(one.value, ui.badge(one.label, tone)) for one, tone in _EVENT_TONES.items()]
    return rx.match(status, *looks, ui.badge("Unknown", Tone.NEUTRAL))


def kind_icon(kind: Any) -> rx.Component:
    """The icon of an ActivityKind, given by value."""
    looks = [(one.value, rx.icon(icon, aria_hidden=True)) for one, (icon, _) in _KIND_LOOKS.items()]
    return rx.match(kind, *looks, rx.icon("circle", aria_hidden=True))


def kind_tone(kind: Any) -> rx.Var[str]:
    looks = [(one.value, tone.value) for one, (_, tone) in _KIND_LOOKS.items()]
    return rx.match(kind, *looks, Tone.NEUTRAL.value)
