"""What a machine is told of the app's state."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from tests.support import factories
from tests.support.web import Web
from whop_crm.db import LEADER_LOCK, company_session, dispose, leadership, platform_session
from whop_crm.models import SyncRun
from whop_crm.models.enums import RunKind, RunStatus


async def test_a_fit_app_says_so(web: Web) -> None:
    async with web.http() as http:
        answer = await http.get("/api/health")
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("database_ms") > 0
    assert body == {
        "status": "fit",
        "database": "reachable",
        "migrations": "current",
        "clock": "stopped",
        "queue_lag_seconds": 0.0,
        "sync_lag_seconds": 0.0,
        "last_webhook_at": None,
        "last_sync_at": None,
    }


async def test_webhooks_that_wait_too_long_make_it_unfit(web: Web) -> None:
    await factories.company()
    async with platform_session() as db:
        await db.execute(text("UPDATE inboxes SET due_at = now() - interval '10 minutes'"))
    async with web.http() as http:
        answer = await http.get("/api/health")
        metrics = (await http.get("/metrics")).text
    assert answer.status_code == 503
    assert answer.json()["queue_lag_seconds"] >= 600
    assert "whop_crm_fit 0.0" in metrics


async def test_the_last_sync_is_named(web: Web) -> None:
    company = await factories.company()
    done = datetime(2026, 11, 22, 12, tzinfo=UTC)
    async with company_session(factories.scope(company)) as db:
        db.add(SyncRun(company_id=company.id, kind=RunKind.INITIAL, status=RunStatus.DONE, finished_at=done))
    async with web.http() as http:
        assert (await http.get("/api/health")).json()["last_sync_at"] == "2026-11-22T12:00:00+00:00"


async def test_without_a_database_it_is_unfit_and_does_not_wait(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    from whop_crm.config import settings

    await dispose()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    settings.cache_clear()
    try:
        async with web.http() as http:
            answer = await http.get("/api/health")
        assert answer.status_code == 503
        assert answer.json() == {"status": "unfit", "database": "unreachable"}
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        await dispose()


async def test_metrics_speak_prometheus(web: Web) -> None:
    async with web.http() as http:
        answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("whop_crm_fit", "whop_crm_queue_lag_seconds", "whop_crm_open_tabs", "whop_crm_events_total"):
        assert name in answer.text


async def test_a_clock_that_ticks_anywhere_is_seen(web: Web) -> None:
    async with leadership(LEADER_LOCK) as leader, web.http() as http:
        assert leader is not None
        assert (await http.get("/api/health")).json()["clock"] == "ticking"
