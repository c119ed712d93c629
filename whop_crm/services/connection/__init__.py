"""How a company hangs together with Whop: what it has granted, and the webhook that brings its news."""

from whop_crm.services.connection.mending import look, mend, webhook_url
from whop_crm.services.connection.queries import get_connection
from whop_crm.services.connection.schemas import Connection, ScopeRow, WebhookReport
from whop_crm.services.connection.secrets import list_secrets, seal_anew

__all__ = [
    "Connection",
    "ScopeRow",
    "WebhookReport",
    "get_connection",
    "list_secrets",
    "look",
    "mend",
    "seal_anew",
    "webhook_url",
]
