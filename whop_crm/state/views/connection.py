"""How the company hangs together with Whop, in words."""

from dataclasses import dataclass

from whop_crm.clients.scopes import ScopeNeed
from whop_crm.models.enums import WebhookState
from whop_crm.services.connection import Connection, ScopeRow, WebhookReport
from whop_crm.state.views.text import counted, iso

_LACKS = {
    ScopeNeed.READ: "Part of Whop CRM stays empty without it.",
    ScopeNeed.NICE: "A column stays empty without it.",
    ScopeNeed.WEBHOOK: "Without it such changes are seen only by the next sync.",
}


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """`state` is granted, missing or unknown."""

    action: str
    purpose: str
    lack: str
    state: str


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """`state` is a WebhookState, empty before the first look; `act` is what the button says, empty for none."""

    word: str = "Not looked at yet"
    state: str = ""
    text: str = "Whop is asked when this page is opened."
    act: str = ""
    missing: str = ""
    url: str = ""
    checked: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """The company as it is connected. `attention` says in a line what is missing, empty for nothing."""

    title: str = ""
    whop_id: str = ""
    logo: str = ""
    since: str = ""
    asked: str = ""
    granted: str = ""
    attention: str = ""


_WORDS: dict[WebhookState, tuple[str, str, str]] = {
    WebhookState.GOOD: ("Working", "Whop tells of every change at once.", "Test it"),
    WebhookState.MISSING: (
        "Missing", "Nothing is heard at once: changes show with the next sync only.", "Create the webhook",
    ),
    WebhookState.INCOMPLETE: ("Incomplete", "Some changes are not told.", "Add what is missing"),
    WebhookState.DISABLED: (
        "Switched off", "It is switched off at Whop, so nothing is heard at once.", "Switch it on",
    ),
    WebhookState.FAILING: ("Failing", "Whop's latest deliveries did not arrive here.", "Try again"),
    WebhookState.OUTDATED: (
        "Outdated", "It is made for another version of Whop's API.", "Bring it up to date",
    ),
    WebhookState.UNSIGNED: (
        "Not trusted", "Its secret is not known here, so its deliveries are refused.", "Make a new one",
    ),
    WebhookState.FORBIDDEN: (
        "Unknown",
        "Whop does not let the app look at its webhook. Whoever runs Whop CRM sees to it in Whop's dashboard.", "",
    ),
}  # fmt: skip


def webhook_line(report: WebhookReport | None, url: str) -> WebhookLine:
    if report is None:
        return WebhookLine(url=url)
    word, text, act = _WORDS[report.state]
    missing = ", ".join(report.missing_events)
    return WebhookLine(word, report.state.value, text, act, missing, url, iso(report.checked_at))


def scope_line(scope: ScopeRow) -> ScopeLine:
    state = {True: "granted", False: "missing", None: "unknown"}[scope.granted]
    return ScopeLine(scope.action, scope.purpose, _LACKS[scope.need] if state == "missing" else "", state)


def connection_view(found: Connection) -> ConnectionView:
    asked = found.company.scopes_checked_at
    return ConnectionView(
        title=found.company.title,
        whop_id=found.company.whop_id,
        logo=found.company.logo_url or "",
        since=iso(found.company.connected_at),
        asked=iso(asked),
        granted=f"{len(found.scopes) - len(found.missing)} of {len(found.scopes)} granted"
        if asked
        else "Not asked yet",
        attention=attention(found),
    )


def attention(found: Connection) -> str:
    """What is missing, in one line; empty for nothing."""
    parts = [f"{counted(len(found.missing), 'permission')} not granted"] if found.missing else []
    if found.webhook is not None and not found.webhook.good and found.webhook.state is not WebhookState.FORBIDDEN:
        parts.append(f"webhook {_WORDS[found.webhook.state][0].lower()}")
    return ", ".join(parts).capitalize()
