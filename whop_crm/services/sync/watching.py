"""Whether Whop reaches us: its own word on the webhook, looked at now and then."""

from datetime import datetime

from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.hooks import HookFact
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session
from whop_crm.errors import NotFound, WhopForbidden, WhopUnavailable
from whop_crm.services.sync import care

_NOT_ALLOWED = "Whop does not let the app look at its webhook: grant developer:manage_webhook to see how it does."
_NONE = "The app has no webhook at Whop, so nothing is heard at once."
_DISABLED = "Whop has switched the webhook off, because no delivery arrived for three days."
_OFF = "The webhook is switched off at Whop."
_FAILING = "Whop cannot deliver to this server at the moment."
_LOST = "Whop gave deliveries up."
_AWAY = "Whop could not be reached when it was asked last."
_BACK = "Whop could not be reached for a while."


async def watch_hooks(company: CompanyRef, whop: WhopClient) -> None:
    """Notes how the company's webhook does. While deliveries fail, once some were given up, and after Whop was away
    there is a gap."""
    scope = Scope.system(company)
    try:
        hooks = await whop.hooks(company.whop_id)
    except (WhopForbidden, NotFound):
        hooks = None
    except WhopUnavailable:
        async with company_session(scope) as db:
            await care.note_away(db, _AWAY)
        raise
    async with company_session(scope) as db:
        away_since = await care.note_hook(db, _NOT_ALLOWED if hooks is None else _problem(hooks), _AWAY)
        if away_since is not None:
            await care.open_gap(db, away_since, _BACK)
        if hooks is None:
            return
        known, _ = await care.get_reach(db)
        for since, reason in _gaps(hooks, known):
            await care.open_gap(db, since, reason)


def _problem(hooks: list[HookFact]) -> str | None:
    """One endpoint that is well is enough."""
    if not hooks:
        return _NONE
    if any(hook.enabled and hook.failing_since is None for hook in hooks):
        return None
    if all(not hook.enabled for hook in hooks):
        return _DISABLED if any(hook.disabled_at for hook in hooks) else _OFF
    return _FAILING


def _gaps(hooks: list[HookFact], known: datetime | None) -> list[tuple[datetime, str]]:
    """From when on something is missing: nothing is before the last time that everything was known to be here."""
    if known is None:
        return []
    found: list[tuple[datetime, str]] = []
    for hook in hooks:
        if hook.failing_since is not None or (not hook.enabled and hook.disabled_at is not None):
            found.append((max(hook.failing_since or known, known), _FAILING))
        if hook.lost_at is not None and hook.lost_at > known:
            found.append((known, _LOST))
    return found
