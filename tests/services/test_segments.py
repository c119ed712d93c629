"""Segments: made, counted, what each condition costs, who entered and left."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from tests.support import factories
from whop_crm import filters
from whop_crm.access import CompanyRef, Role, Scope
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.filters import BadFilter
from whop_crm.models import Member, Segment, SegmentMember
from whop_crm.models.enums import MembershipStatus, MemberStatus, TagColor, UsedKind, UserKind
from whop_crm.services import segments, tags, usages
from whop_crm.services.segments import SegmentInput

ACTIVE = {"field": "status", "op": "is", "value": "active"}
RICH = {"field": "net_revenue", "op": "at_least", "value": 50_000}


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


@pytest.fixture
async def here(company: CompanyRef) -> AsyncIterator[CompanyDb]:
    async with company_session(factories.scope(company)) as session:
        yield session


def wanted(where: Any, **changes: Any) -> SegmentInput:
    return SegmentInput(**{"name": "Rich", "filter": filters.parse({"where": where}), **changes})


async def test_a_segment_says_how_many_are_in_it_now(here: CompanyDb) -> None:
    made = await segments.create_segment(here, wanted(RICH, description="Big spenders", color=TagColor.VIOLET))
    await factories.member(here, net_revenue_minor=50_000, mrr_minor=2900)
    await factories.member(here, net_revenue_minor=50_000, counted=False)
    row = await segments.get_segment(here, made)
    assert (row.members, row.mrr_minor, row.mine, row.shared) == (1, 2900, True, False)
    assert row.words == "Members whose net revenue is at least $500.00."
    assert [one.id for one in await segments.list_segments(here)] == [made]


async def test_a_private_segment_is_there_for_its_owner_alone(company: CompanyRef) -> None:
    async with company_session(factories.scope(company)) as db:
        private = await segments.create_segment(db, wanted(RICH))
        shared = await segments.create_segment(db, wanted(RICH, name="Ours", shared=True))
    async with company_session(factories.scope(company, Role.SUPPORT, "user_other")) as db:
        assert [one.id for one in await segments.list_segments(db)] == [shared]
        with pytest.raises(NotFound):
            await segments.get_segment(db, private)
        with pytest.raises(Forbidden, match="Duplicate it"):
            await segments.delete_segment(db, shared)
        near = filters.parse({"where": {"field": "segment", "op": "is_any_of", "value": ["Ric"]}})
        with pytest.raises(BadFilter) as caught:
            await segments.resolved(db, near)
        assert "Rich" not in str(caught.value)
        copied = await segments.get_segment(db, await segments.duplicate_segment(db, shared))
        assert (copied.name, copied.mine, copied.shared) == ("Ours (copy)", True, False)
    async with company_session(factories.scope(company, Role.VIEWER, "user_viewer")) as db:
        with pytest.raises(Forbidden):
            await segments.create_segment(db, wanted(RICH))


async def test_everybody_is_no_segment_and_a_name_is_needed(here: CompanyDb) -> None:
    with pytest.raises(InvalidInput, match="at least one condition"):
        await segments.create_segment(here, wanted({"all": []}))
    with pytest.raises(ValueError, match="needs a name"):
        wanted(RICH, name="  ")


async def test_what_is_used_is_not_deleted_but_names_its_users(here: CompanyDb) -> None:
    inner = await segments.create_segment(here, wanted(RICH, shared=True))
    asks = {"field": "segment", "op": "is_any_of", "value": [inner]}
    outer = await segments.create_segment(here, wanted(asks, name="Outer", shared=True))
    with pytest.raises(Conflict, match="used by the segment “Outer”"):
        await segments.delete_segment(here, inner)
    with pytest.raises(Conflict, match="cannot be private"):
        await segments.change_segment(here, inner, wanted(RICH))
    with pytest.raises(BadFilter, match="in a circle"):
        await segments.change_segment(
            here, inner, wanted({"field": "segment", "op": "is_any_of", "value": [outer]}, shared=True)
        )
    await segments.delete_segment(here, outer)
    assert await segments.delete_segment(here, inner) == "Rich"


async def test_a_tag_in_use_is_known(here: CompanyDb) -> None:
    tag = await tags.create_tag(here, "VIP")
    made = await segments.create_segment(here, wanted({"field": "tags", "op": "has", "value": ["vip"]}))
    users = await usages.list_users(here, UsedKind.TAG, tag)
    assert [(one.kind, one.id, one.name) for one in users] == [(UserKind.SEGMENT, made, "Rich")]


async def test_a_tag_in_use_is_not_deleted_and_merging_rewrites_who_asks_for_it(here: CompanyDb) -> None:
    old, new = await tags.create_tag(here, "VIP"), await tags.create_tag(here, "Gold")
    asks = {"any": [{"field": "tags", "op": "has_any", "value": [old, new]}, RICH]}
    made = await segments.create_segment(here, wanted(asks))
    for wrong in (tags.delete_tag(here, old), tags.merge_tags(here, old, new)):
        with pytest.raises(Conflict, match="“VIP” is used by the segment “Rich”"):
            await wrong
    await segments.merge_tags(here, old, new)
    row = await segments.get_segment(here, made)
    assert row.words == "Members with the tag “Gold”, or whose net revenue is at least $500.00."
    assert [one.id for one in await usages.list_users(here, UsedKind.TAG, new)] == [made]


async def test_a_broken_segment_matches_nobody_and_says_why(here: CompanyDb) -> None:
    made = await segments.create_segment(here, wanted(RICH))
    gone = {"version": 1, "where": {"field": "tags", "op": "has_none", "value": [999]}}
    await here.execute(update(Segment).where(col(Segment.id) == made).values(filter=gone))
    here.expire_all()
    row = await segments.get_segment(here, made)
    assert row.members is None
    assert row.problem == "There is no tag “999”."
    with pytest.raises(BadFilter):
        await segments.get_filter(here, made)


@pytest.mark.parametrize(
    ("where", "path", "figures"),
    [
        ({"all": [ACTIVE, RICH]}, (), (1, [(3, 2), (2, 3)])),
        ({"any": [ACTIVE, RICH]}, (), (4, [(3, 2), (2, 3)])),
        ({"all": [ACTIVE, {"any": [RICH]}]}, (1,), (1, [(2, 0)])),
        ({"not": {"all": [ACTIVE, RICH]}}, (0,), (4, [(3, 3), (2, 2)])),
    ],
)
async def test_what_each_condition_costs(here: CompanyDb, where: Any, path: tuple[int, ...], figures: Any) -> None:
    for status, revenue in (("active", 60_000), ("active", 0), ("active", 0), ("expired", 60_000), ("expired", 0)):
        await factories.member(here, status=MemberStatus(status), net_revenue_minor=revenue)
    found = await segments.losses(here, filters.parse({"where": where}), path)
    total, children = figures
    assert (found.total, found.everybody) == (total, 5)
    assert [(one.alone, one.without) for one in found.children] == children
    assert found.total == await segments.count(here, filters.parse({"where": where}))


async def test_losses_of_no_group_are_refused(here: CompanyDb) -> None:
    given = filters.parse({"where": {"all": [ACTIVE, {"membership": {"all": []}}]}})
    for path in ((0,), (1,), (7,), (1, 0)):
        with pytest.raises(NotFound):
            await segments.losses(here, given, path)


async def test_the_money_of_a_segment(here: CompanyDb) -> None:
    leaving = await factories.member(here, mrr_minor=5000, net_revenue_minor=70_000)
    await factories.membership(here, leaving, mrr_minor=3000, cancel_at_period_end=True)
    await factories.membership(here, leaving, mrr_minor=2000)
    other = await factories.member(here, mrr_minor=900, net_revenue_minor=10)
    await factories.membership(here, other, mrr_minor=900, cancel_at_period_end=True)
    found = await segments.preview(here, filters.parse({"where": RICH}))
    assert (found.money.mrr_minor, found.money.net_revenue_minor, found.money.leaving_minor) == (5000, 70_000, 3000)
    assert [row.id for row in found.rows] == [leaving.id]


async def test_the_templates_work_out_of_the_box(here: CompanyDb) -> None:
    now = datetime.now(UTC)
    seen = await factories.member(here, last_active_at=now, joined_at=now - timedelta(days=5))
    lost = await factories.member(here, last_active_at=now - timedelta(days=60), net_revenue_minor=50_000)
    await factories.membership(here, lost, status=MembershipStatus.ACTIVE)
    offered = {one.key: size for one, size in await segments.list_templates(here)}
    assert len(offered) == 8
    assert (offered["active"], offered["at_risk"], offered["new"], offered["high_value"]) == (2, 1, 1, 1)
    made = await segments.create_from_template(here, "at_risk")
    row = await segments.get_segment(here, made)
    assert (row.name, row.members, row.shared) == ("At risk", 1, True)
    assert "at_risk" not in {one.key for one, _ in await segments.list_templates(here)}
    assert seen.id != lost.id


async def test_who_entered_and_left_is_told(company: CompanyRef) -> None:
    async with company_session(factories.scope(company)) as db:
        made = await segments.create_segment(db, wanted(RICH))
        member = await factories.member(db, name="Ada", net_revenue_minor=0)
        other = await factories.member(db, net_revenue_minor=90_000)
    await _compared(company, [other.id])
    await _changed(company, member.id, 50_000)
    await _compared(company, [member.id])
    await _changed(company, member.id, 0)
    await _compared(company, None)
    async with company_session(factories.scope(company)) as db:
        moves = await segments.list_moves(db, made)
        assert [(one.name, one.entered) for one in moves if one.name == "Ada"] == [("Ada", False), ("Ada", True)]
        assert list(await db.scalars(select(col(SegmentMember.member_id)))) == [other.id]
        [day] = await segments.list_days(db, made)
        assert (day.members, day.day) == (1, datetime.now(UTC).date())


async def _compared(company: CompanyRef, ids: list[int] | None) -> None:
    async with company_session(Scope.system(company)) as db:
        await segments.compare_some(db, ids)


async def _changed(company: CompanyRef, member_id: int, revenue: int) -> None:
    async with company_session(Scope.system(company)) as db:
        await db.execute(update(Member).where(col(Member.id) == member_id).values(net_revenue_minor=revenue))


async def test_time_alone_moves_a_segment_within_the_hour(company: CompanyRef) -> None:
    new = {"field": "joined", "op": "in_last", "value": {"n": 1, "unit": "hours"}}
    async with company_session(factories.scope(company)) as db:
        made = await segments.create_segment(db, wanted(new))
        plain = await segments.create_segment(db, wanted(RICH))
        await factories.member(db, name="Ada", joined_at=datetime.now(UTC))
        await db.execute(text("UPDATE segments SET compared_at = now() - interval '61 minutes'"))
    async with company_session(Scope.system(company)) as db:
        midnight_passed = datetime.now(UTC).hour == 0
        await segments.compare_due(db)
    async with company_session(factories.scope(company)) as db:
        assert [one.name for one in await segments.list_moves(db, made)] == ["Ada"]
        compared = {one.id: one.compared_at for one in await db.scalars(select(Segment))}
        assert compared[made] > compared[plain] or midnight_passed
