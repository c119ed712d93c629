"""The timeline of one member and the feed of the company."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import factories
from tests.support.factories import NOW
from whop_crm.access import Role
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import Forbidden
from whop_crm.models.enums import ActivityGroup, ActivityKind
from whop_crm.services import activities


@pytest.fixture
async def here(db: None) -> AsyncIterator[CompanyDb]:
    company = await factories.company()
    async with company_session(factories.scope(company)) as session:
        yield session


async def test_a_payment_on_the_timeline(here: CompanyDb) -> None:
    member = await factories.member(here)
    await factories.activity(
        here, member, kind=ActivityKind.PAYMENT_PAID, title="Paid $29.00", detail="Visa 4242", amount_minor=2900,
        currency="usd",
    )  # fmt: skip
    [item] = (await activities.timeline(here, member.id)).items
    assert (item.title, item.detail, item.amount_minor, item.currency) == ("Paid $29.00", "Visa 4242", 2900, "usd")
    assert (item.group, item.note_id, item.html, item.actor_name) == (ActivityGroup.PAYMENT, None, "", None)


async def test_it_is_filtered_by_type(here: CompanyDb) -> None:
    member, other = await factories.member(here), await factories.member(here)
    for kind in (ActivityKind.JOINED, ActivityKind.PAYMENT_PAID, ActivityKind.CHATTED):
        await factories.activity(here, member, kind=kind)
    await factories.activity(here, other)
    assert len((await activities.timeline(here, member.id)).items) == 3
    found = await activities.timeline(here, member.id, (ActivityGroup.PAYMENT, ActivityGroup.MEMBERSHIP))
    assert {item.kind for item in found.items} == {ActivityKind.JOINED, ActivityKind.PAYMENT_PAID}


@pytest.mark.usefixtures("db")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=st.lists(st.sampled_from([0, 1, 2, 40, 400, 4000]), max_size=12), limit=st.integers(1, 5))
async def test_page_by_page_nothing_is_missed_and_nothing_comes_twice(ages: list[int], limit: int) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
        rows = [await factories.activity(db, member, occurred_at=NOW - timedelta(days=age)) for age in ages]
        newest_first = sorted(rows, key=lambda row: (row.occurred_at, row.id), reverse=True)
        read: list[int] = []
        before = None
        while True:
            page = await activities.timeline(db, member.id, (), before, limit)
            read += [item.id for item in page.items]
            assert len(page.items) <= limit
            if page.next is None:
                break
            before = page.next
        assert read == [row.id for row in newest_first]
        whole = await activities.timeline(db, member.id, (), None, len(ages) + 1)
        assert [item.id for item in whole.items] == read


async def test_the_feed_tells_of_everybody_what_is_worth_a_line(here: CompanyDb) -> None:
    ann, now = await factories.member(here, name="Ann", photo_url="https://x/a.png"), datetime.now(UTC)
    joined = await factories.activity(here, ann, kind=ActivityKind.JOINED, occurred_at=now)
    await factories.activity(here, ann, kind=ActivityKind.CHATTED, occurred_at=now)
    nobody = await factories.activity(
        here, None, kind=ActivityKind.PAYMENT_PAID, occurred_at=now - timedelta(minutes=1)
    )
    found = await activities.feed(here)
    assert [(line.id, line.member_name, line.member_whop_id, line.member_photo_url) for line in found] == [
        (joined.id, "Ann", ann.whop_id, "https://x/a.png"),
        (nobody.id, "No member", None, None),
    ]


async def test_the_feed_reaches_back_until_it_is_full(here: CompanyDb) -> None:
    member, now = await factories.member(here), datetime.now(UTC)
    rows = [await factories.activity(here, member, occurred_at=now - timedelta(days=days)) for days in (1, 100, 1000)]
    assert [line.id for line in await activities.feed(here)] == [row.id for row in rows]
    assert [line.id for line in await activities.feed(here, limit=1)] == [rows[0].id]


async def test_what_the_team_did_needs_the_permission_to_do_it(db: None) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as session:
        member = await factories.member(session)
    async with company_session(factories.scope(company, Role.SUPPORT)) as session:
        await activities.record_by_team(session, ActivityKind.NOTED, member.id, "note:1", "Wrote a note")
        for kind in (ActivityKind.TAGGED, ActivityKind.PAYMENT_PAID):
            with pytest.raises(Forbidden):
                await activities.record_by_team(session, kind, member.id, "tag:1", "Tagged VIP")
