"""How Whop signs a webhook: Standard Webhooks, but the key is the secret's own bytes, prefix included."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class SignedDelivery:
    """One request as it would go over the wire: POST `body` with `headers` to `url`.

    `event_id` is the envelope's `msg_…`, equal to the `webhook-id` header.
    """

    hook_id: str
    event_id: str
    type: str
    url: str
    headers: dict[str, str]
    body: bytes


def signature(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signed_headers(secret: str, event_id: str, body: bytes, at: datetime | None = None) -> dict[str, str]:
    """The headers of one attempt made `at` that moment (now, when not given)."""
    timestamp = int((at or datetime.now(UTC)).timestamp())
    return {
        "content-type": "application/json",
        "user-agent": "Whop-Webhooks/1.0",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, event_id, timestamp, body),
    }
