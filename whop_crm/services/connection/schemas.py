"""Shapes of a connection."""

from dataclasses import dataclass
from datetime import datetime

from whop_crm.clients.scopes import ScopeNeed
from whop_crm.models.enums import WebhookState
from whop_crm.services.companies import CompanyDetail


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """A permission we ask for. `granted` None: Whop has not been asked yet."""

    action: str
    purpose: str
    need: ScopeNeed
    granted: bool | None


@dataclass(frozen=True, slots=True)
class WebhookReport:
    """What Whop last said of the webhook. `hook_id` None: there is none."""

    state: WebhookState
    hook_id: str | None = None
    missing_events: tuple[str, ...] = ()
    failing_since: datetime | None = None
    checked_at: datetime | None = None

    @property
    def good(self) -> bool:
        return self.state is WebhookState.GOOD


@dataclass(frozen=True, slots=True)
class Connection:
    """`webhook` None: it has not been looked at yet."""

    company: CompanyDetail
    scopes: tuple[ScopeRow, ...]
    webhook: WebhookReport | None
    webhook_url: str

    @property
    def missing(self) -> tuple[ScopeRow, ...]:
        return tuple(scope for scope in self.scopes if scope.granted is False)

    @property
    def attention(self) -> bool:
        """Whether something is known to be missing."""
        return bool(self.missing) or (self.webhook is not None and not self.webhook.good)
