"""The inbox: batches, retries, what is ignored, what is kept as failed, and trying again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from tests.support import factories
from tests.support.factories import number
from whop_crm.access import CompanyRef, Role, Scope
from whop_crm.clients.facts import Envelope
from whop_crm.db import company_session, platform_session
from whop_crm.errors import Forbidden, NotFound
from whop_crm.models import Product, WebhookEvent
from whop_crm.models.enums import EventStatus
from whop_crm.services import sync
from whop_crm.services.sync import inbox

pytestmark = pytest.mark.usefixtures("db")

SENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def product(title: str, at: datetime = SENT, product_id: str = "prod_1") -> dict[str, Any]:
    stamp = at.isoformat()
    return {
        "id": product_id, "title": title, "route": "ridge", "visibility": "visible", "member_count": 1,
        "average_review_rating": 0.0, "gallery_images": [], "marketplace_status": "inactive", "verified": False,
        "published_reviews_count": 0, "labels": [], "created_at": stamp, "updated_at": stamp,
    }  # fmt: skip


async def deliver(company: CompanyRef, kind: str, data: dict[str, Any], at: datetime = SENT) -> None:
    async with company_session(Scope.system(company)) as db:
        assert await sync.store_deliveries(db, [Envelope(f"msg_{number()}", kind, company.whop_id, at, data)])
    async with platform_session() as db:
        await sync.mark_due(db, [company.id])


async def events(company: CompanyRef) -> list[WebhookEvent]:
    async with company_session(Scope.system(company)) as db:
        return list((await db.scalars(select(WebhookEvent).order_by(WebhookEvent.id))).all())


async def titles(company: CompanyRef) -> dict[str, str]:
    async with company_session(Scope.system(company)) as db:
        return {row.whop_id: row.title for row in await db.scalars(select(Product))}


async def hurry(company: CompanyRef) -> None:
    """The next attempt is due now."""
    async with company_session(Scope.system(company)) as db:
        await db.execute(update(WebhookEvent).values(next_attempt_at=SENT))
    async with platform_session() as db:
        await sync.mark_due(db, [company.id])


async def test_deliveries_become_rows_in_one_batch() -> None:
    company = await factories.company()
    for name in ("First", "Second"):
        await deliver(company, "product.updated", product(name, product_id=f"prod_{name}"))
    assert await sync.drain_batch(company) == 2
    assert await titles(company) == {"prod_First": "First", "prod_Second": "Second"}
    assert [event.status for event in await events(company)] == [EventStatus.DONE, EventStatus.DONE]
    assert await sync.drain_batch(company) == 0


async def test_an_older_delivery_that_comes_late_undoes_nothing() -> None:
    company = await factories.company()
    await deliver(company, "product.updated", product("New", SENT + timedelta(hours=1)))
    await sync.drain_batch(company)
    await deliver(company, "product.updated", product("Old", SENT))
    await sync.drain_batch(company)
    assert await titles(company) == {"prod_1": "New"}


async def test_a_kind_that_nothing_uses_is_kept_and_marked() -> None:
    company = await factories.company()
    await deliver(company, "payout.created", {"id": "po_1"})
    await sync.drain_batch(company)
    assert [event.status for event in await events(company)] == [EventStatus.IGNORED]


async def test_an_unreadable_one_steps_aside_is_tried_three_times_and_kept_with_its_reason() -> None:
    company = await factories.company()
    await deliver(company, "product.updated", {"id": "prod_bad"})
    await deliver(company, "product.updated", product("Good"))
    await sync.drain_batch(company)
    assert await titles(company) == {"prod_1": "Good"}
    first, second = await events(company)
    assert (first.status, first.attempts, second.status) == (EventStatus.PENDING, 1, EventStatus.DONE)
    for _ in range(2):
        await hurry(company)
        await sync.drain_batch(company)
    (failed, _) = await events(company)
    assert (failed.status, failed.attempts) == (EventStatus.FAILED, 3)
    assert "cannot be read" in (failed.reason or "")
    await hurry(company)
    assert await sync.drain_batch(company) == 0


async def test_when_a_batch_breaks_only_the_one_at_fault_steps_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    company = await factories.company()
    for name in ("One", "Two", "Three"):
        await deliver(company, "product.updated", product(name, product_id=f"prod_{name}"))
    whole = inbox.apply_facts

    async def breaks(db: Any, facts: Any, *rest: Any) -> Any:
        if any(fact.id == "prod_Two" for fact in facts):
            await db.execute(text("SELECT 1 / 0"))
        return await whole(db, facts, *rest)

    monkeypatch.setattr(inbox, "apply_facts", breaks)
    await sync.drain_batch(company)
    assert sorted(await titles(company)) == ["prod_One", "prod_Three"]
    statuses = [event.status for event in await events(company)]
    assert statuses == [EventStatus.DONE, EventStatus.PENDING, EventStatus.DONE]


async def test_a_failed_one_can_be_tried_again_by_an_admin_alone() -> None:
    company = await factories.company()
    await deliver(company, "product.updated", product("Good"))
    async with company_session(Scope.system(company)) as db:
        await db.execute(update(WebhookEvent).values(status=EventStatus.FAILED, attempts=3, reason="It broke."))
    with pytest.raises(Forbidden):
        async with company_session(factories.scope(company, Role.SUPPORT)) as db:
            await sync.replay_failed(db)
    async with company_session(factories.scope(company)) as db:
        assert await sync.replay_failed(db) == 1
    await sync.drain_batch(company)
    assert await titles(company) == {"prod_1": "Good"}
    with pytest.raises(NotFound):
        async with company_session(factories.scope(company)) as db:
            await sync.replay(db, 999_999)


async def test_another_companys_webhook_cannot_be_replayed() -> None:
    ours, theirs = await factories.company(), await factories.company()
    await deliver(theirs, "product.updated", product("Theirs"))
    (event,) = await events(theirs)
    with pytest.raises(NotFound):
        async with company_session(factories.scope(ours)) as db:
            await sync.replay(db, event.id)


async def test_the_sweep_finds_what_nobody_was_told_of() -> None:
    company = await factories.company()
    async with company_session(Scope.system(company)) as db:
        await sync.store_deliveries(
            db, [Envelope("msg_lost", "product.updated", company.whop_id, SENT, product("Lost"))]
        )
    assert await sync.drain_batch(company) == 0
    async with company_session(Scope.system(company)) as db:
        assert await sync.sweep(db)
    await sync.drain_batch(company)
    assert await titles(company) == {"prod_1": "Lost"}
    async with company_session(Scope.system(company)) as db:
        assert not await sync.sweep(db)
