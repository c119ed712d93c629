"""Whether the app is fit, for a machine: `GET /api/health` in JSON, `GET /metrics` for Prometheus.

`/metrics` answers this machine alone. Prometheus runs beside the app or scrapes through a proxy that checks who asks.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import structlog
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest
from starlette.responses import JSONResponse, Response

from whop_crm.access import Scope
from whop_crm.db import company_session, platform_session
from whop_crm.errors import NotFound
from whop_crm.services import companies
from whop_crm.services.companies import Fitness, LastHeard

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)

MOST_LAG = 300.0
"""Seconds that webhooks may wait for a worker before the app counts as unfit."""

_MOST_COMPANIES = 10
_PATIENCE = 5.0
_FIT = Gauge("whop_crm_fit", "1 when the database answers, its migrations are current and the queue keeps up.")
_QUEUE_LAG = Gauge("whop_crm_queue_lag_seconds", "How long the oldest webhook has waited for a worker.")
_SYNC_LAG = Gauge("whop_crm_sync_lag_seconds", "How long the oldest sync has waited for a worker.")
_WEBHOOK_AGE = Gauge("whop_crm_last_webhook_timestamp_seconds", "When the last webhook came, in unix seconds.")
_SYNC_AGE = Gauge("whop_crm_last_sync_timestamp_seconds", "When the last sync was done, in unix seconds.")


@router.get("/api/health")
async def health() -> Response:
    """200 when fit, 503 when not; the body says why."""
    said, fit = await report()
    return JSONResponse(said, 200 if fit else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    if not _from_this_machine(request):
        raise NotFound("There is nothing here.")
    await report()
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _from_this_machine(request: Request) -> bool:
    host = request.client.host if request.client else ""
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    return host in {"127.0.0.1", "::1"} and not forwarded


async def report() -> tuple[dict[str, Any], bool]:
    """What the answer says, and whether that is fit."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(_PATIENCE):
            fitness, heard = await _ask()
    except Exception as error:  # any failure to ask is what the answer is about
        log.warning("unfit", reason=type(error).__name__)
        _FIT.set(0)
        return {"status": "unfit", "database": "unreachable"}, False
    fit = fitness.migrated and fitness.queue_lag <= MOST_LAG
    _count(fitness, heard, fit)
    return {
        "status": "fit" if fit else "unfit",
        "database": "reachable",
        "database_ms": round((time.perf_counter() - began) * 1000, 1),
        "migrations": "current" if fitness.migrated else "behind",
        "clock": "ticking" if fitness.clock else "stopped",
        "queue_lag_seconds": round(fitness.queue_lag, 1),
        "sync_lag_seconds": round(fitness.sync_lag, 1),
        "last_webhook_at": _iso(heard.webhook_at),
        "last_sync_at": _iso(heard.sync_at),
    }, fit


async def _ask() -> tuple[Fitness, LastHeard]:
    async with platform_session() as db:
        fitness = await companies.get_fitness(db)
        latest = await companies.list_latest_companies(db, _MOST_COMPANIES)
    heard: list[LastHeard] = []
    for company in latest:
        async with company_session(Scope.system(company)) as company_db:
            heard.append(await companies.get_last_heard(company_db))
    return fitness, LastHeard(_newest(one.webhook_at for one in heard), _newest(one.sync_at for one in heard))


def _newest(times: Any) -> datetime | None:
    return max((one for one in times if one is not None), default=None)


def _count(fitness: Fitness, heard: LastHeard, fit: bool) -> None:
    _FIT.set(1 if fit else 0)
    _QUEUE_LAG.set(fitness.queue_lag)
    _SYNC_LAG.set(fitness.sync_lag)
    for gauge, at in ((_WEBHOOK_AGE, heard.webhook_at), (_SYNC_AGE, heard.sync_at)):
        if at is not None:
            gauge.set(at.timestamp())


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None
