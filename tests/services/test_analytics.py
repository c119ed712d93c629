"""The dashboard's numbers, by their definitions."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support import factories
from tests.support.factories import NOW
from whop_crm.access import Role
from whop_crm.db import CompanyDb, company_session
from whop_crm.models import Member, Membership
from whop_crm.models.enums import MembershipStatus, MemberStatus, SyncResource
from whop_crm.services import analytics, members
from whop_crm.services.analytics import METRICS, MetricKey, MetricValue

START = datetime.fromisoformat("2026-10-23T00:00+00:00")
LONG_AGO = NOW - timedelta(days=200)


@pytest.fixture
async def here(db: None) -> AsyncIterator[CompanyDb]:
    company = await factories.company(currency="eur")
    async with company_session(factories.scope(company, Role.SYSTEM)) as session:
        yield session


async def read(db: CompanyDb, incomplete: frozenset[SyncResource] = frozenset()) -> dict[MetricKey, MetricValue]:
    return {value.key: value for value in await analytics.dashboard(db, incomplete, NOW)}


async def figures(db: CompanyDb, key: MetricKey) -> tuple[int, int | None]:
    value = (await read(db))[key]
    return value.value, value.previous


async def member(db: CompanyDb, joined_at: datetime | None = LONG_AGO, **changes: Any) -> Member:
    return await factories.member(db, joined_at=joined_at, whop_created_at=joined_at or LONG_AGO, **changes)


async def holding(db: CompanyDb, of: Member, mrr: int = 0, **changes: Any) -> Membership:
    return await factories.membership(db, of, mrr_minor=mrr, first_charge_at=LONG_AGO, **changes)


async def test_an_empty_company_compares_with_nothing(here: CompanyDb) -> None:
    for value in (await read(here)).values():
        assert (value.value, value.previous, value.change, value.comparable, value.partial) == (
            0, None, None, False, None,
        )  # fmt: skip


async def test_the_catalogue_says_each_number_once() -> None:
    assert [metric.key for metric in METRICS] == list(MetricKey)
    assert all(metric.definition.endswith(".") and metric.label for metric in METRICS)


async def test_total_is_everybody_who_ever_joined_against_30_days_ago(here: CompanyDb) -> None:
    await member(here, status=MemberStatus.CANCELED)
    await member(here, START - timedelta(seconds=1))
    await member(here, START)
    await member(here, None)
    await member(here, counted=False)
    value = (await read(here))[MetricKey.TOTAL]
    assert (value.value, value.previous, value.change, value.currency) == (4, 3, 1 / 3, None)


async def test_new_is_a_flow_against_the_period_of_the_same_length_before(here: CompanyDb) -> None:
    length = NOW - START
    for joined in (NOW, NOW - timedelta(seconds=1), START, START - timedelta(seconds=1), START - length):
        await member(here, joined)
    await member(here, START - length - timedelta(seconds=1))
    assert await figures(here, MetricKey.NEW) == (2, 2)


async def test_days_are_the_companys(db: None) -> None:
    company = await factories.company(timezone="America/Los_Angeles")
    async with company_session(factories.scope(company)) as session:
        await member(session)
        await member(session, datetime.fromisoformat("2026-10-22T23:30-07:00"))
        await member(session, datetime.fromisoformat("2026-10-23T00:00-07:00"))
        assert (await figures(session, MetricKey.NEW))[0] == 1


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (MemberStatus.ACTIVE, 1),
        (MemberStatus.PAST_DUE, 1),
        (MemberStatus.TRIALING, 1),
        (MemberStatus.COMPLETED, 1),
        (MemberStatus.PAUSED, 0),
        (MemberStatus.UNRESOLVED, 0),
        (MemberStatus.CANCELED, 0),
        (MemberStatus.EXPIRED, 0),
        (MemberStatus.NONE, 0),
    ],
)
async def test_who_is_active(here: CompanyDb, status: MemberStatus, counts: int) -> None:
    await member(here, status=status, canceling=True)
    assert (await figures(here, MetricKey.ACTIVE))[0] == counts


async def test_active_and_mrr_then_are_read_from_history(here: CompanyDb) -> None:
    stayed, left, came = (
        await member(here),
        await member(here, status=MemberStatus.CANCELED),
        await member(here, NOW - timedelta(days=3)),
    )
    await factories.change(here, await holding(here, stayed, 2900), LONG_AGO)
    gone = await holding(here, left, status=MembershipStatus.CANCELED)
    await factories.change(here, gone, LONG_AGO, status=MembershipStatus.ACTIVE, mrr_minor=4900)
    await factories.change(here, gone, START)
    await factories.change(here, await holding(here, came, 1000), NOW - timedelta(days=3))
    assert await figures(here, MetricKey.ACTIVE) == (2, 2)
    assert await figures(here, MetricKey.MRR) == (3900, 7800)


async def test_a_price_change_moves_mrr_and_not_who_is_active(here: CompanyDb) -> None:
    one = await member(here)
    held = await holding(here, one, 9900)
    await factories.change(here, held, LONG_AGO, mrr_minor=4900)
    await factories.change(here, held, NOW - timedelta(days=2))
    value = (await read(here))[MetricKey.MRR]
    assert (value.value, value.previous, value.currency) == (9900, 4900, "eur")
    assert await figures(here, MetricKey.ACTIVE) == (1, 1)


async def test_a_pause_outranks_a_trial_then_as_now(here: CompanyDb) -> None:
    """The member's status is the best of the memberships', and paused is better than trialing."""
    one = await member(here, status=MemberStatus.TRIALING)
    trial = await holding(here, one, status=MembershipStatus.TRIALING)
    ended = await holding(here, one, status=MembershipStatus.CANCELED)
    await factories.change(here, trial, LONG_AGO)
    await factories.change(here, ended, LONG_AGO, status=MembershipStatus.ACTIVE, paused=True)
    await factories.change(here, ended, NOW - timedelta(days=1))
    assert await figures(here, MetricKey.ACTIVE) == (1, 0)


async def test_what_nobody_has_claimed_pays_but_is_no_member(here: CompanyDb) -> None:
    await member(here)
    unclaimed = await factories.membership(here, None, mrr_minor=500)
    await factories.change(here, unclaimed, LONG_AGO)
    assert await figures(here, MetricKey.MRR) == (500, 500)
    assert (await figures(here, MetricKey.ACTIVE))[0] == 1


async def test_a_number_whose_resources_are_still_read_says_so(here: CompanyDb) -> None:
    await member(here)
    values = await read(here, frozenset({SyncResource.PAUSED, SyncResource.FORUMS}))
    assert values[MetricKey.TOTAL].partial is None
    assert values[MetricKey.TOTAL].comparable
    active = values[MetricKey.ACTIVE]
    assert active.partial == "Still reading paused memberships from Whop"
    assert (active.value, active.previous, active.comparable) == (1, None, False)


async def test_the_rank_in_sql_is_the_order_of_the_statuses(here: CompanyDb) -> None:
    """The summary on the row and the history of active members rank by the same expression."""
    for status in MembershipStatus:
        one = await member(here)
        await holding(here, one, status=status)
        await members.summarize_money(here, [one.id])
        await here.refresh(one)
        expected = {"canceling": "active", "unknown": "unresolved"}.get(status.value, status.value)
        assert one.status.value == expected
