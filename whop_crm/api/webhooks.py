"""Whop's webhooks: verified, stored once, answered; everything else happens later."""

import asyncio

import structlog
from fastapi import APIRouter, Request
from prometheus_client import Counter
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from whop_crm.access import CompanyRef, Scope
from whop_crm.api.problems import problem
from whop_crm.clients.facts import Envelope
from whop_crm.clients.webhooks import WebhookRefused, is_test, verify
from whop_crm.db import company_session, platform_session
from whop_crm.errors import NotConfigured
from whop_crm.services import companies, sync

router = APIRouter()
log = structlog.get_logger(__name__)

MOST_BYTES = 1024 * 1024
_GATHER = 0.02
DELIVERIES = Counter("whop_crm_webhooks_total", "Deliveries by what became of them at the door.", ["outcome"])


class Waker:
    """Tells the workers of companies with new deliveries: once for all that came within a moment."""

    def __init__(self) -> None:
        self._companies: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def wake(self, company_id: int) -> None:
        self._companies.add(company_id)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell(), name="inbox waker")

    async def _tell(self) -> None:
        while self._companies:
            await asyncio.sleep(_GATHER)
            told, self._companies = self._companies, set()
            try:
                async with platform_session() as db:
                    await sync.mark_due(db, sorted(told))
            except Exception:
                log.exception("the inbox's workers could not be told")  # the sweep finds these deliveries
                return


waker = Waker()


@router.post("/api/webhooks/whop")
async def receive(request: Request) -> Response:
    """200: stored, known, or not for us. 401: unsigned or old. 400: unreadable. 413: too large. 503: not stored."""
    raw = await _body(request)
    if raw is None:
        return _counted("too_large", problem(413, f"A delivery has at most {MOST_BYTES:,} bytes."))
    try:
        envelope = verify(raw, request.headers)
    except WebhookRefused as error:
        return _counted(error.refusal.value, problem(error.status, str(error)))
    except NotConfigured as error:
        return _counted("not_configured", problem(503, str(error)))
    if is_test(envelope):
        return _counted("test", _received())
    return await _store(envelope)


async def _store(envelope: Envelope) -> Response:
    try:
        company = await _company(envelope.account_id)
        if company is None:
            return _counted("unknown_company", _received())
        async with company_session(Scope.system(company)) as db:
            new = await sync.store_delivery(db, envelope)
    except Exception:
        log.exception("a webhook could not be stored", webhook=envelope.id)  # Whop tries again after a 503
        return _counted("not_stored", problem(503, "This could not be stored. Send it again.", {"Retry-After": "5"}))
    if new:
        waker.wake(company.id)
    return _counted("stored" if new else "duplicate", _received())


async def _company(whop_id: str | None) -> CompanyRef | None:
    if whop_id is None:
        return None
    async with platform_session() as db:
        return await companies.find_company(db, whop_id)


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
