"""Asking Whop how the connection does, and mending its webhook. No transaction is open while Whop is asked."""

from sqlalchemy.dialects.postgresql import insert

from whop_crm.access import Permission, Scope
from whop_crm.clients.hooks import HookFact
from whop_crm.clients.scopes import API_VERSION, WEBHOOK_EVENTS
from whop_crm.clients.whop import WhopClient
from whop_crm.config import settings
from whop_crm.db import CompanyDb, Topic, company_session
from whop_crm.errors import NotFound, WhopError, WhopForbidden
from whop_crm.models import WebhookCheck
from whop_crm.models.columns import now
from whop_crm.models.enums import WebhookState
from whop_crm.services import companies
from whop_crm.services.connection.schemas import WebhookReport
from whop_crm.services.connection.secrets import keep_secret

_UNKNOWN = (401, 503)
"""How our door answers what is signed with a secret that it does not know, and what comes while it knows none."""
_PATH = "/api/webhooks/whop"


def webhook_url() -> str:
    """Where Whop's webhook has to lead."""
    return settings().origin + _PATH


async def look(proof: Scope, whop: WhopClient) -> None:
    """Asks Whop what is granted and how the webhook does, and keeps the answers."""
    proof.require(Permission.SYNC_READ)
    system = Scope.system(proof.company)
    permissions = await whop.permissions(proof.company.whop_id)
    report, _ = await _looked_at(whop, proof.company.whop_id)
    async with company_session(system) as db:
        await companies.record_scopes(db, permissions.missing)
        await _record(db, report)
        db.touch((), Topic.COMPANIES)


async def mend(proof: Scope, whop: WhopClient) -> WebhookReport:
    """Makes the webhook, or puts right what is amiss with it, and has Whop try it out."""
    proof.require(Permission.SYNC_RUN)
    company = proof.company.whop_id
    report, hook = await _looked_at(whop, company)
    if report.state is WebhookState.FORBIDDEN:
        raise WhopForbidden("Whop does not let the app see to its webhook. Create it by hand, in Whop's dashboard.")
    if hook is None:
        await _make(proof, whop)
    else:
        if not report.good:
            await whop.mend_hook(hook)
        if await whop.try_hook(hook.id) in _UNKNOWN:
            await _make(proof, whop)
            await whop.close_hook(hook.id)
    return await _tried(proof, whop)


async def _make(proof: Scope, whop: WhopClient) -> None:
    made = await whop.create_hook(webhook_url())
    async with company_session(proof) as db:
        await keep_secret(db, made, webhook_url())


async def _tried(proof: Scope, whop: WhopClient) -> WebhookReport:
    """The report after a made-up delivery of Whop's, which is the proof that it arrives."""
    status = 0
    report, hook = await _looked_at(whop, proof.company.whop_id)
    if hook is not None:
        status = await whop.try_hook(hook.id)
    if status in _UNKNOWN:
        report = WebhookReport(WebhookState.UNSIGNED, report.hook_id)
    elif not 200 <= status < 300:
        report = WebhookReport(WebhookState.FAILING, report.hook_id, failing_since=now())
    async with company_session(Scope.system(proof.company)) as db:
        await _record(db, report)
        db.touch((), Topic.COMPANIES)
    if not report.good:
        raise WhopError(f"The webhook is there, but Whop's test delivery to {webhook_url()} did not arrive ({status}).")
    return report


async def _looked_at(whop: WhopClient, company: str) -> tuple[WebhookReport, HookFact | None]:
    try:
        hooks = [hook for hook in await whop.hooks(company) if hook.url == webhook_url()]
    except (WhopForbidden, NotFound):
        return WebhookReport(WebhookState.FORBIDDEN), None
    if not hooks:
        return WebhookReport(WebhookState.MISSING), None
    best = max(hooks, key=lambda hook: (hook.enabled, hook.failing_since is None, len(hook.events)))
    return _report(best), best


def _report(hook: HookFact) -> WebhookReport:
    missing = tuple(event for event in WEBHOOK_EVENTS if event not in hook.events)
    if not hook.enabled:
        state = WebhookState.DISABLED
    elif missing:
        state = WebhookState.INCOMPLETE
    elif hook.version != API_VERSION:
        state = WebhookState.OUTDATED
    else:
        state = WebhookState.GOOD if hook.failing_since is None else WebhookState.FAILING
    return WebhookReport(state, hook.id, missing, hook.failing_since)


async def _record(db: CompanyDb, report: WebhookReport) -> None:
    values = {
        "whop_id": report.hook_id,
        "state": report.state,
        "missing_events": " ".join(report.missing_events),
        "failing_since": report.failing_since,
        "checked_at": now(),
    }
    await db.execute(
        insert(WebhookCheck)
        .values(url=webhook_url(), **values)
        .on_conflict_do_update(index_elements=["url"], set_=values)
    )
