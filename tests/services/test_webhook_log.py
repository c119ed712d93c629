"""The log of deliveries: found by what they are about, page by page, without what is secret."""

import json
from typing import Any

import pytest
from sqlalchemy import update

from tests.support import factories
from whop_crm.access import CompanyRef, Role, Scope
from whop_crm.db import company_session
from whop_crm.errors import NotFound
from whop_crm.models import WebhookEvent
from whop_crm.models.enums import EventStatus
from whop_crm.services import sync
from whop_crm.services.sync import EventPage, EventQuery

pytestmark = pytest.mark.usefixtures("db")


async def deliver(company: CompanyRef, kind: str, **data: Any) -> str:
    envelope = factories.envelope(company.whop_id, kind, data)
    async with company_session(Scope.system(company)) as db:
        assert await sync.store_deliveries(db, [envelope]) == {envelope.id}
    return envelope.id


async def found(company: CompanyRef, role: Role = Role.VIEWER, **query: Any) -> EventPage:
    async with company_session(factories.scope(company, role)) as db:
        return await sync.list_events(db, EventQuery(**query))


async def test_a_delivery_is_found_by_whatever_it_is_about() -> None:
    company = await factories.company()
    paid = await deliver(company, "payment.succeeded", id="pay_1", member_id="mber_1", user={"id": "user_1"})
    await deliver(company, "member.updated", id="mber_2", user={"id": "user_2"})
    refund = await deliver(company, "refund.created", id="rf_1", payment={"id": "pay_1", "user": {"id": "user_1"}})

    async def ids(search: str) -> set[str]:
        return {row.webhook_id for row in (await found(company, search=search)).rows}

    assert await ids("pay_1") == await ids("mber_1") == {paid}
    assert await ids("user_1") == {paid, refund}
    assert await ids(paid) == {paid}
    assert await ids("payment.s") == {paid}
    assert await ids("mber_2") == await ids("member.updated")
    assert await ids("50%") == await ids("pay\\_") == set()


async def test_a_member_is_found_by_name() -> None:
    company = await factories.company()
    async with company_session(Scope.system(company)) as db:
        member = await factories.member(db, name="Ines Okafor")
    told = await deliver(company, "membership.updated", id="mem_1", member_id=member.whop_id)
    await deliver(company, "membership.updated", id="mem_2", member_id="mber_other")

    [row] = (await found(company, search="okaf")).rows

    assert (row.webhook_id, row.member_name, row.member_whop_id) == (told, "Ines Okafor", member.whop_id)


async def test_pages_and_statuses() -> None:
    company = await factories.company()
    ids = [await deliver(company, "product.updated", id=f"prod_{number}") for number in range(30)]
    async with company_session(Scope.system(company)) as db:
        await db.execute(
            update(WebhookEvent).where(WebhookEvent.webhook_id == ids[3]).values(status=EventStatus.FAILED)
        )

    first, last, beyond = [await found(company, page=page) for page in (1, 2, 99)]

    assert [row.webhook_id for row in first.rows + last.rows] == ids[::-1]
    assert (first.total, first.pages, beyond.page) == (30, 2, 2)
    assert [row.webhook_id for row in (await found(company, status=EventStatus.FAILED)).rows] == [ids[3]]


async def test_what_is_secret_is_hidden_at_any_depth() -> None:
    company = await factories.company()
    payment = {"client_secret": "s3cret", "billing_address": {"line1": "1 Street"}, "status": "paid"}
    values: dict[str, Any] = {"fetch_invoice_token": "t0p", "license_key": None, "payments": [payment]}
    await deliver(company, "invoice.created", id="inv_1", **values)
    [row] = (await found(company)).rows

    async with company_session(factories.scope(company, Role.VIEWER)) as db:
        detail = await sync.get_event(db, row.id)

    assert json.loads(detail.payload) == {
        "id": "inv_1", "fetch_invoice_token": "(hidden)", "license_key": None,
        "payments": [{"client_secret": "(hidden)", "billing_address": "(hidden)", "status": "paid"}],
    }  # fmt: skip


async def test_nobody_sees_the_deliveries_of_another_company() -> None:
    mine, theirs = await factories.company(), await factories.company()
    await deliver(theirs, "product.updated", id="prod_1")
    [row] = (await found(theirs)).rows

    assert (await found(mine, search="prod_1")).total == 0
    async with company_session(factories.scope(mine, Role.ADMIN)) as db:
        with pytest.raises(NotFound):
            await sync.get_event(db, row.id)
