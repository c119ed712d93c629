"""Whop's shapes into facts: what is said, what is left unsaid, and what no database should see."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.support.whop import World, open_world
from whop_crm.clients.facts import UNSAID, ChatFact, InvoiceFact, LessonFact, PlanFact, ProductFact, RefundFact
from whop_crm.clients.parse import clean, parse_object
from whop_crm.errors import InvalidInput
from whop_crm.sandbox.hooks import TESTABLE
from whop_crm.sandbox.outbox import Message
from whop_crm.sandbox.samples import sample_message

SENT = datetime(2026, 11, 22, 12, 31, tzinfo=UTC)
LESSON = {
    "id": "crsi_1", "completed": True, "created_at": "2026-11-20T18:02:44.000Z",
    "user": {"id": "user_1", "name": "Ines", "username": "ines"},
    "lesson": {"id": "lesn_1", "title": "Sizing", "chapter": {"id": "chap_1"}},
    "course": {"id": "cors_1", "title": "Foundations", "experience": {"id": "exp_1"}},
}  # fmt: skip
INVOICE = {
    "id": "inv_1", "number": "NRT-0042", "status": "past_due", "collection_method": "send_invoice",
    "due_date": "2026-11-21T00:00:00.000Z", "created_at": "2026-11-07T09:00:00.000Z",
    "updated_at": "2026-11-22T00:00:10.000Z", "company": {"id": "biz_1"},
    "product": {"id": "prod_1", "title": "Ridge Pro"},
    "current_plan": {"id": "plan_1", "currency": "usd", "formatted_price": "$300.00", "description": None},
    "line_items": [
        {"label": "Coaching", "position": 0, "quantity": 2.0, "unit_price": 150.0, "total": 300.0},
        {"label": "Extra", "position": 1, "quantity": 1.0, "unit_price": 0.1, "total": 0.1},
    ],
    "customer_name": "Dee", "email_address": "dee@example.net",
    "user": {"id": "user_2", "name": "Dee", "username": "dee", "email": None},
    "member": {"id": "mber_2"}, "payment": None, "payment_processing": False, "pay_online_url": None,
    "fetch_invoice_token": "t", "charge_buyer_fee": False, "mailing_address": None,
    "automatically_finalizes_at": None, "subscription_billing_anchor_at": None,
}  # fmt: skip
REFUND = {
    "id": "rf_1", "amount": 15.01, "currency": "usd", "created_at": "2026-11-21T00:00:00.000Z", "status": "succeeded",
    "provider": "stripe", "provider_created_at": None, "reference_status": None, "reference_type": None,
    "reference_value": None, "metadata": None,
    "payment": {"id": "pay_1", "created_at": "2026-11-20T00:00:00.000Z", "currency": "usd"},
}  # fmt: skip


@pytest.fixture(scope="module")
async def world(tmp_path_factory) -> AsyncIterator[World]:
    async with open_world(tmp_path_factory.mktemp("whop")) as made:
        yield made


def test_a_lesson_is_completed_when_whop_says_so() -> None:
    fact = parse_object("course_lesson_interaction.completed", LESSON, SENT)

    assert fact == LessonFact("crsi_1", "user_1", SENT, "lesn_1", "Sizing", "Foundations")
    assert parse_object("course_lesson_interaction.completed", {**LESSON, "completed": False}, SENT) is None


def test_an_invoice_is_the_sum_of_its_lines() -> None:
    fact = parse_object("invoice.past_due", INVOICE, SENT)

    assert isinstance(fact, InvoiceFact)
    assert (fact.amount, fact.currency, fact.member_id) == (30010, "usd", "mber_2")
    assert fact.version == datetime(2026, 11, 22, 0, 0, 10, tzinfo=UTC)
    empty = parse_object("invoice.past_due", {**INVOICE, "line_items": []}, SENT)
    assert isinstance(empty, InvoiceFact)
    assert empty.amount is None


def test_a_refund_of_a_webhook_has_the_envelopes_version() -> None:
    fact = parse_object("refund.updated", REFUND, SENT)

    assert isinstance(fact, RefundFact)
    assert (fact.version, fact.amount, fact.payment_id, fact.reason) == (SENT, 1501, "pay_1", UNSAID)
    assert parse_object("refund.updated", {**REFUND, "payment": None}, SENT) is None


def test_what_is_not_ours_is_none() -> None:
    for event_type in ("payout.created", "membership", "", "dispute_alert.created", "chat.reaction.created"):
        assert parse_object(event_type, {"id": "x"}, SENT) is None


def test_an_unreadable_object_names_the_field() -> None:
    with pytest.raises(InvalidInput, match=r"Invoice cannot be read: line_items\.0\.total"):
        parse_object("invoice.paid", {**INVOICE, "line_items": [{**INVOICE["line_items"][0], "total": "?"}]}, SENT)
    with pytest.raises(InvalidInput):
        parse_object("membership.updated", {}, SENT)


@pytest.mark.parametrize("event_type", sorted(TESTABLE))
async def test_reads_every_event_whop_sends(world, event_type) -> None:
    message = sample_message(world.sandbox.store, world.sandbox.hooks.list()[0], event_type, SENT)
    assert isinstance(message, Message)
    body = json.loads(message.body)

    fact = parse_object(event_type, body["data"], SENT)

    assert fact is not None
    assert not isinstance(fact, ChatFact) or fact.channel_id
    if event_type.endswith(".deleted"):
        assert isinstance(fact, ProductFact | PlanFact)
        assert fact.deleted
        assert fact.version >= SENT


def test_text_is_cleaned() -> None:
    assert clean.text("a\x00b") == "ab"
    assert clean.text("\ud800x") == "x"
    assert clean.text("  ") is None
    assert clean.text("\x00") is None
    assert clean.text("y" * 500) == "y" * 200
    assert clean.excerpt("word " * 200) == ("word " * 56)[:279] + "…"
    assert clean.excerpt(None) == ""


def test_numbers_are_bounded() -> None:
    assert clean.minor("1e400", "usd") == clean.MOST_MONEY
    assert clean.minor("-1E9999999", "usd") == -clean.MOST_MONEY
    assert [clean.minor(amount, "usd") for amount in ("NaN", "Infinity", "many", "", None, "0", "-0.005")] == [0] * 7
    assert clean.minor("12.345", "jpy") == 12
    assert clean.whole(float("nan")) is None
    assert clean.whole(1e30) == 2**31 - 1
    assert clean.percent(float("inf")) == 0
    assert clean.percent(101) == 100


def test_times_are_aware_and_of_this_age() -> None:
    assert clean.moment("2026-01-01T12:00:00.000Z") == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert clean.moment("2026-01-01T12:00:00+02:00") == datetime(2026, 1, 1, 10, tzinfo=UTC)
    assert clean.moment("2026-01-01") == datetime(2026, 1, 1, tzinfo=UTC)
    for value in ("soon", "", None, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        assert clean.moment(value) is None
    assert clean.moment_or("soon", SENT) == SENT
