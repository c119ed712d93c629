"""Deliveries that nobody should send leave nothing behind but a count. Ten thousand of them: tests/faults."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from tests.support import factories
from tests.support.deliveries import PATH, SECRET
from tests.support.hostile import ANSWERS, Forge, Hostile
from tests.support.web import Web
from whop_crm.access import Scope
from whop_crm.api import webhooks
from whop_crm.config import settings
from whop_crm.db import company_session
from whop_crm.models import WebhookEvent

AT_ONCE = 8


@pytest.fixture(autouse=True)
def _secret(web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WHOP_WEBHOOK_SECRET", SECRET)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def counted() -> float:
    return sum(
        each.value
        for metric in webhooks.DELIVERIES.collect()
        for each in metric.samples
        if each.name.endswith("_total")
    )


@pytest.mark.slow
async def test_five_hundred_hostile_deliveries_are_counted_and_nothing_else(web: Web) -> None:
    company = await factories.company()
    wrong, before = Counter[tuple[str, int]](), counted()
    deliveries = iter(list(Forge(1, SECRET, company.whop_id).make(500)))

    async def send(http) -> None:
        for one in deliveries:
            answer = await http.post(PATH, content=one.body, headers=_sendable(one))
            if answer.status_code not in ANSWERS:
                wrong[one.kind, answer.status_code] += 1

    async with web.http() as http, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(send(http))
    assert not wrong
    assert counted() == before + 500
    async with company_session(Scope.system(company)) as db:
        assert await db.scalar(select(func.count()).select_from(WebhookEvent)) == 0


def _sendable(one: Hostile) -> dict[str, bytes]:
    return {name: value.encode() for name, value in one.headers.items()}
