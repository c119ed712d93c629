"""Deliveries at the door: whose they are, how old, and whether they can be read."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import time

import pytest

from whop_crm.clients.webhooks import Refusal, WebhookRefused, is_test, verify
from whop_crm.config import settings
from whop_crm.errors import NotConfigured
from whop_crm.sandbox.signing import signed_headers

SECRET = "ws_0123456789abcdef"
BODY = {
    "id": "msg_1", "api_version": "v1", "api_version_date": "2026-10-15-1", "timestamp": "2026-11-22T10:05:31.220Z",
    "type": "payment.succeeded", "account_id": "biz_1", "data": {"id": "pay_1"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _secret(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("WHOP_WEBHOOK_SECRET", SECRET)
    settings.cache_clear()
    yield
    settings.cache_clear()


def raw(**changes: object) -> bytes:
    return json.dumps({**BODY, **changes}).encode()


def delivered(body: bytes, later: timedelta = timedelta(), secret: str = SECRET):
    return verify(body, signed_headers(secret, "msg_1", body, datetime.now(UTC) + later))


def refusal(*arguments, **options) -> WebhookRefused:
    with pytest.raises(WebhookRefused) as caught:
        delivered(*arguments, **options)
    return caught.value


def test_a_delivery_of_whops() -> None:
    envelope = delivered(raw())

    assert (envelope.id, envelope.type, envelope.account_id) == ("msg_1", "payment.succeeded", "biz_1")
    assert envelope.sent_at == datetime(2026, 11, 22, 10, 5, 31, 220000, tzinfo=UTC)
    assert envelope.data == {"id": "pay_1"}
    assert not is_test(envelope)


def test_header_names_are_of_any_case() -> None:
    headers = {name.upper(): value for name, value in signed_headers(SECRET, "msg_1", raw()).items()}

    assert verify(raw(), headers).id == "msg_1"


def test_the_company_of_an_unpinned_hook() -> None:
    assert delivered(raw(account_id=None, company_id="biz_2")).account_id == "biz_2"
    assert delivered(raw(account_id=None)).account_id is None
    assert delivered(raw(account_id=7)).account_id is None


def test_a_wrong_signature() -> None:
    error = refusal(raw(), secret="ws_another")

    assert (error.refusal, error.status) == (Refusal.SIGNATURE, 401)


@pytest.mark.parametrize("headers", [
    {}, {"webhook-id": "msg_1"}, {"webhook-id": "", "webhook-timestamp": "", "webhook-signature": ""},
    {"webhook-id": "msg_1", "webhook-timestamp": "soon", "webhook-signature": "v1,AAAA"},
    {"webhook-id": "msg_1", "webhook-timestamp": str(int(time())), "webhook-signature": "v1,é"},
    {"webhook-id": "msg_1", "webhook-timestamp": "9" * 40, "webhook-signature": "v1"},
])  # fmt: skip
def test_missing_or_malformed_headers(headers) -> None:
    with pytest.raises(WebhookRefused) as caught:
        verify(raw(), headers)

    assert caught.value.status == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_too_old_or_too_new(minutes) -> None:
    error = refusal(raw(), later=timedelta(minutes=minutes))

    assert (error.refusal, error.status) == (Refusal.TOO_OLD, 401)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000, b"{}", b'{"type":"x"}', b'{"type":1,"data":{}}',
    b'{"type":"x","data":[]}', b'{"type":"x","data":{"n":' + b"9" * 5000 + b"}}",
])  # fmt: skip
def test_what_cannot_be_read(body) -> None:
    error = refusal(body)

    assert (error.refusal, error.status) == (Refusal.NOT_JSON, 400)


def test_without_a_timestamp_the_signed_one_counts() -> None:
    assert abs(delivered(raw(timestamp="soon")).sent_at - datetime.now(UTC)) < timedelta(seconds=60)


def test_what_no_database_stores_is_dropped() -> None:
    body = raw(data={"a\x00": ["b\x00", "\\u0000", 1], "n": 1.5}).replace(b'"n": 1.5', b'"n": NaN, "s": "\\ud800x"')

    assert delivered(body).data == {"a": ["b", "\\u0000", 1], "n": None, "s": "x"}


def test_made_up_deliveries_are_recognised() -> None:
    assert is_test(delivered(raw(account_id="biz_xxxxxxxxxxxxxx")))
    assert is_test(delivered(raw(data={"id": "pay_xxxxxxxxxxxxxx"})))


def test_without_a_secret_nothing_can_be_checked(monkeypatch) -> None:
    monkeypatch.setenv("WHOP_WEBHOOK_SECRET", "")
    settings.cache_clear()

    with pytest.raises(NotConfigured, match="WHOP_WEBHOOK_SECRET"):
        delivered(raw())
