"""Whop's webhooks: verified, stored once, answered; everything else happens later."""

from collections.abc import Mapping

import structlog
from fastapi import APIRouter, Request
from prometheus_client import Counter
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from whop_crm.api.intake import Intake
from whop_crm.api.made_secrets import MadeSecrets
from whop_crm.api.problems import problem
from whop_crm.clients.facts import Envelope
from whop_crm.clients.webhooks import Refusal, WebhookRefused, is_test, verify
from whop_crm.errors import NotConfigured

router = APIRouter()
log = structlog.get_logger(__name__)

MOST_BYTES = 1024 * 1024
DELIVERIES = Counter("whop_crm_webhooks_total", "Deliveries by what became of them at the door.", ["outcome"])


intake = Intake()
made = MadeSecrets()


@router.post("/api/webhooks/whop")
async def receive(request: Request) -> Response:
    """200: stored, known, or not for us. 401: unsigned or old. 400: unreadable. 413: too large. 503: not stored."""
    raw = await _body(request)
    if raw is None:
        return _counted("too_large", problem(413, f"A delivery has at most {MOST_BYTES:,} bytes."))
    try:
        envelope = await _verified(raw, request.headers)
    except WebhookRefused as error:
        return _counted(error.refusal.value, problem(error.status, str(error)))
    except NotConfigured as error:
        return _counted("not_configured", problem(503, str(error)))
    if is_test(envelope):
        return _counted("test", _received())
    return await _store(envelope)


async def _verified(raw: bytes, headers: Mapping[str, str]) -> Envelope:
    """With the secret of the settings or of a webhook we made, which another process may have done just now."""
    try:
        return verify(raw, headers, made.known)
    except (WebhookRefused, NotConfigured) as error:
        if isinstance(error, WebhookRefused) and error.refusal is not Refusal.SIGNATURE:
            raise
        if not await made.read_again():
            raise
    return verify(raw, headers, made.known)


async def _store(envelope: Envelope) -> Response:
    try:
        outcome = await intake.store(envelope)
    except Exception:
        log.exception("a webhook could not be stored", webhook=envelope.id)  # Whop tries again after a 503
        return _counted("not_stored", problem(503, "This could not be stored. Send it again.", {"Retry-After": "5"}))
    return _counted(outcome.value, _received())


async def _body(request: Request) -> bytes | None:
    """The raw body; None where it is too large, read no further than that."""
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MOST_BYTES:
                return None
    except ClientDisconnect:
        return b""
    return bytes(raw)


def _received() -> Response:
    return JSONResponse({"received": True})


def _counted(outcome: str, response: Response) -> Response:
    DELIVERIES.labels(outcome).inc()
    return response
