"""Webhooks signed as Whop signs them, made by hand."""

import json
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from tests.support.factories import number

SECRET = "ws_test_secret"
PATH = "/api/webhooks/whop"


def envelope(company: str, kind: str = "product.updated", data: dict[str, Any] | None = None, **changes: Any) -> Any:
    return {
        "id": f"msg_{number()}",
        "api_version": "v1",
        "api_version_date": "2026-10-15-1",
        "timestamp": "2026-11-22T12:00:00.000Z",
        "type": kind,
        "account_id": company,
        "data": {"id": "prod_1", "title": "Ridge Pro"} if data is None else data,
        **changes,
    }


def signed(
    body: bytes, webhook_id: str | None = None, at: datetime | None = None, secret: str = SECRET
) -> dict[str, str]:
    """The three headers of a delivery."""
    sent = at or datetime.now(UTC)
    webhook_id = webhook_id or f"msg_{number()}"
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(secret.encode()).sign(webhook_id, sent, body.decode("utf-8", "surrogateescape")),
        "content-type": "application/json",
    }


def encoded(what: Any) -> bytes:
    return json.dumps(what).encode()
