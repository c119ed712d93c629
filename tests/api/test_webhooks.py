"""The webhook door: signed deliveries are stored once; everything else is turned away and leaves nothing."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.support import factories
from tests.support.deliveries import PATH, SECRET, encoded, envelope, signed
from tests.support.web import Web
from whop_crm.access import CompanyRef, Scope
from whop_crm.api import intake, webhooks
from whop_crm.clients.facts import Envelope
from whop_crm.config import settings
from whop_crm.db import CompanyDb, company_session, platform_session
from whop_crm.models import Inbox, WebhookEvent


@pytest.fixture(autouse=True)
def _secret(web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WHOP_WEBHOOK_SECRET", SECRET)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def stored(company: CompanyRef) -> int:
    async with company_session(Scope.system(company)) as db:
        return await db.scalar(select(func.count()).select_from(WebhookEvent)) or 0


def counted(outcome: str) -> float:
    return webhooks.DELIVERIES.labels(outcome)._value.get()


async def test_a_signed_delivery_is_stored_once_and_wakes_the_inbox(web: Web) -> None:
    company = await factories.company()
    body = encoded(envelope(company.whop_id))
    headers = signed(body)
    async with web.http() as http:
        answers = [await http.post(PATH, content=body, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert await stored(company) == 1
    async with asyncio.timeout(5):
        while await _due(company) is None:  # noqa: ASYNC110 - a row has no event to wait for
            await asyncio.sleep(0.01)


async def test_deliveries_that_come_together_are_each_stored_once(web: Web) -> None:
    one, other = await factories.company(), await factories.company()
    bodies = [encoded(envelope((one, other)[n % 2].whop_id)) for n in range(40)]
    posts = [(body, signed(body)) for body in bodies] * 2
    duplicates = counted("duplicate")
    async with web.http() as http:
        answers = await asyncio.gather(*(http.post(PATH, content=body, headers=head) for body, head in posts))
    assert {answer.status_code for answer in answers} == {200}
    assert (await stored(one), await stored(other)) == (20, 20)
    assert counted("duplicate") - duplicates == 40


async def test_one_that_cannot_be_stored_does_not_keep_the_others_out(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await factories.company()
    good = [encoded(envelope(company.whop_id)) for _ in range(10)]
    bad_one = encoded(envelope(company.whop_id, "poison"))
    store = intake.sync.store_deliveries

    async def choosy(db: CompanyDb, envelopes: Sequence[Envelope]) -> set[str]:
        if any(each.type == "poison" for each in envelopes):
            raise ValueError("no")
        return await store(db, envelopes)

    monkeypatch.setattr(intake.sync, "store_deliveries", choosy)
    async with web.http() as http:
        posts = [http.post(PATH, content=body, headers=signed(body)) for body in (*good[:5], bad_one, *good[5:])]
        answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [503]
    assert await stored(company) == 10


async def _due(company: CompanyRef) -> datetime | None:
    async with platform_session() as db:
        return await db.scalar(select(Inbox.due_at).where(Inbox.company_id == company.id))


async def test_an_unpinned_envelope_names_its_company_differently(web: Web) -> None:
    company = await factories.company()
    body = encoded({**envelope(company.whop_id, account_id=None), "company_id": company.whop_id})
    async with web.http() as http:
        assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 200
    assert await stored(company) == 1


def bad(case: str, company: str) -> tuple[bytes, dict[str, str]]:
    """A delivery that is wrong in one way."""
    good, now = encoded(envelope(company)), datetime.now(UTC)
    huge = encoded(envelope(company, data={"id": "prod_1", "text": "x" * (1024 * 1024)}))
    deep = b'{"type": "x", "data": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001
    cases = {
        "forged": (good, signed(good, secret="ws_somebody_else")),
        "unsigned": (good, {}),
        "altered": (good.replace(b"Ridge", b"Rigde"), signed(good)),
        "old": (good, signed(good, at=now - timedelta(minutes=6))),
        "from the future": (good, signed(good, at=now + timedelta(minutes=6))),
        "truncated": (good[:-20], signed(good[:-20])),
        "a list": (b"[]", signed(b"[]")),
        "no data": (b'{"type": "product.updated"}', signed(b'{"type": "product.updated"}')),
        "not text": (b"\xff\xfe{}", signed(good)),
        "deep": (deep, signed(deep)),
        "huge": (huge, signed(huge)),
    }
    return cases[case]


@pytest.mark.parametrize(
    ("case", "status", "outcome"),
    [
        ("forged", 401, "signature"),
        ("unsigned", 401, "signature"),
        ("altered", 401, "signature"),
        ("old", 401, "too_old"),
        ("from the future", 401, "too_old"),
        ("truncated", 400, "not_json"),
        ("a list", 400, "not_json"),
        ("no data", 400, "not_json"),
        ("not text", 400, "not_json"),
        ("deep", 400, "not_json"),
        ("huge", 413, "too_large"),
    ],
)
async def test_bad_deliveries_are_turned_away_and_only_counted(web: Web, case: str, status: int, outcome: str) -> None:
    company = await factories.company()
    body, headers = bad(case, company.whop_id)
    before = counted(outcome)
    async with web.http() as http:
        answer = await http.post(PATH, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert counted(outcome) == before + 1
    assert await stored(company) == 0


@pytest.mark.parametrize(
    ("account", "data", "outcome"),
    [
        ("biz_xxxxxxxxxxxxxx", None, "test"),
        (None, {"id": "pay_xxxxxxxxxxxxxx"}, "test"),
        ("biz_nobodyopenedthis", None, "unknown_company"),
        (None, {"id": "prod_1"}, "unknown_company"),
    ],
)
async def test_what_is_not_for_us_is_answered_and_forgotten(
    web: Web, account: str | None, data: dict[str, str] | None, outcome: str
) -> None:
    company = await factories.company()
    body = encoded(envelope(account or "", data=data, account_id=account))
    before = counted(outcome)
    async with web.http() as http:
        answer = await http.post(PATH, content=body, headers=signed(body))
    assert answer.status_code == 200
    assert counted(outcome) == before + 1
    assert await stored(company) == 0


async def test_what_no_text_holds_is_taken_out_before_it_is_stored(web: Web) -> None:
    company = await factories.company()
    body = encoded(envelope(company.whop_id, data={"id": "prod_1", "title": "A\x00B \ud800"}))
    async with web.http() as http:
        assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 200
    async with company_session(Scope.system(company)) as db:
        event = (await db.scalars(select(WebhookEvent))).one()
    assert event.payload["title"] == "AB "


async def test_whop_is_asked_to_try_again_when_nothing_can_be_stored(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    company = await factories.company()
    body = encoded(envelope(company.whop_id))

    async def broken(*_args: object) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(intake.sync, "store_deliveries", broken)
    async with web.http() as http:
        answer = await http.post(PATH, content=body, headers=signed(body))
    assert answer.status_code == 503
    assert await stored(company) == 0
