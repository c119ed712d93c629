"""The list: pages, orders, filters, search."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import factories
from tests.support.factories import NOW
from whop_crm import filters
from whop_crm.access import Role
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import NotFound
from whop_crm.models import Member, MemberTag, Tag
from whop_crm.models.enums import MemberStatus, ShownStatus, TagColor
from whop_crm.services import members
from whop_crm.services.members import PAGE_SIZE, MemberListQuery, MemberRow, MemberSort


@pytest.fixture
async def here(db: None) -> AsyncIterator[CompanyDb]:
    company = await factories.company()
    async with company_session(factories.scope(company, Role.VIEWER)) as session:
        yield session


async def names(db: CompanyDb, **query: Any) -> list[str]:
    return [row.name for row in (await members.list_members(db, MemberListQuery(**query))).rows]


async def test_nobody_is_one_empty_page(here: CompanyDb) -> None:
    found = await members.list_members(here, MemberListQuery(page=7))
    assert (found.rows, found.total, found.page, found.pages) == ((), 0, 1, 1)
    assert await members.status_counts(here) == []


async def test_a_row_has_what_the_table_shows(here: CompanyDb) -> None:
    member = await factories.member(
        here, name=None, username="ada", canceling=True, plan_name="Pro", net_revenue_minor=1234, mrr_minor=2900
    )
    [row] = (await members.list_members(here, MemberListQuery())).rows
    assert row == MemberRow(
        id=member.id,
        whop_id=member.whop_id,
        name="ada",
        username="ada",
        email=member.email,
        photo_url=None,
        status=ShownStatus.CANCELING,
        plan_name="Pro",
        currency="usd",
        net_revenue_minor=1234,
        mrr_minor=2900,
        joined_at=member.joined_at,
        last_active_at=member.last_active_at,
        payments=0,
        failed_payments=0,
        first_payment_at=None,
        last_payment_at=None,
        next_charge_at=None,
        engagement_score=None,
        posts=0,
        comments=0,
        lessons=0,
    )


async def test_who_is_not_counted_is_not_listed_nor_found(here: CompanyDb) -> None:
    await factories.member(here, name="The owner", counted=False)
    await factories.member(here, name="A member")
    assert await names(here) == ["A member"]
    assert await members.search_members(here, "owner") == []


async def test_pages_hold_everybody_once_and_the_last_one_stands_for_later_ones(here: CompanyDb) -> None:
    for n in range(2 * PAGE_SIZE + 3):
        await factories.member(here, joined_at=NOW - timedelta(days=n // 7))
    pages = [await members.list_members(here, MemberListQuery(page=page)) for page in (1, 2, 3, 4, 0, -5)]
    assert [(len(page.rows), page.page, page.pages, page.total) for page in pages] == [
        (50, 1, 3, 103), (50, 2, 3, 103), (3, 3, 3, 103), (3, 3, 3, 103), (50, 1, 3, 103), (50, 1, 3, 103),
    ]  # fmt: skip
    seen = [row.id for page in pages[:3] for row in page.rows]
    assert len(set(seen)) == len(seen) == 103


@pytest.mark.parametrize(
    ("descending", "expected"), [(False, ["old", "new", "never"]), (True, ["new", "old", "never"])]
)
@pytest.mark.parametrize("sort", [MemberSort.EMAIL, MemberSort.PLAN, MemberSort.JOINED, MemberSort.LAST_ACTIVE])
async def test_what_is_missing_stands_last_in_both_directions(
    here: CompanyDb, sort: MemberSort, descending: bool, expected: list[str]
) -> None:
    old, new = NOW - timedelta(days=9), NOW
    for name, when, word in (("never", None, None), ("new", new, "b"), ("old", old, "a")):
        await factories.member(
            here, name=name, joined_at=when, last_active_at=when, email=word and f"{word}@x.com", plan_name=word or ""
        )
    assert await names(here, sort=sort, descending=descending) == expected


async def test_names_are_sorted_without_case_and_accents(here: CompanyDb) -> None:
    for name in ("zoe", "Émile", "eve", "Adam"):
        await factories.member(here, name=name)
    assert await names(here, sort=MemberSort.NAME, descending=False) == ["Adam", "Émile", "eve", "zoe"]


_KEYS: dict[MemberSort, Any] = {
    MemberSort.NAME: lambda m: m.sort_name,
    MemberSort.EMAIL: lambda m: m.email,
    MemberSort.STATUS: lambda m: (m.status.value, m.canceling),
    MemberSort.PLAN: lambda m: m.plan_name or None,
    MemberSort.REVENUE: lambda m: m.net_revenue_minor,
    MemberSort.MRR: lambda m: m.mrr_minor,
    MemberSort.JOINED: lambda m: m.joined_at,
    MemberSort.LAST_ACTIVE: lambda m: m.last_active_at,
}


def _ordered(people: list[Member], sort: MemberSort, descending: bool) -> list[int]:
    """The order as the words say it: the column, then the id, all reversed when descending, the missing ones last."""
    key = _KEYS[sort]
    known = sorted((m for m in people if key(m) is not None), key=lambda m: (key(m), m.id), reverse=descending)
    missing = sorted((m for m in people if key(m) is None), key=lambda m: m.id, reverse=descending)
    return [m.id for m in (*known, *missing)]


_days = st.one_of(st.none(), st.integers(0, 3).map(lambda n: NOW - timedelta(days=n)))
_person = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Ann", "ann", "Bob", "Čeněk"]),
        "email": st.sampled_from([None, "a@x.com", "b@x.com"]),
        "status": st.sampled_from([MemberStatus.ACTIVE, MemberStatus.PAUSED, MemberStatus.CANCELED]),
        "canceling": st.booleans(),
        "plan_name": st.sampled_from(["", "Pro", "Basic"]),
        "net_revenue_minor": st.integers(0, 2),
        "mrr_minor": st.integers(0, 1),
        "joined_at": _days,
        "last_active_at": _days,
    }
)


@pytest.mark.slow
@pytest.mark.usefixtures("db")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(_person, max_size=9), size=st.integers(1, 4))
async def test_any_order_in_any_size_of_page_is_the_order_as_told(
    monkeypatch: pytest.MonkeyPatch, people: list[dict[str, Any]], size: int
) -> None:
    monkeypatch.setattr("whop_crm.services.members.queries.PAGE_SIZE", size)
    monkeypatch.setattr("whop_crm.services.members.paging.PAGE_SIZE", size)
    monkeypatch.setattr("whop_crm.services.members.paging.NEAR", 2)
    company = await factories.company()
    async with company_session(factories.scope(company)) as db:
        rows = [await factories.member(db, **person) for person in people]
        for sort in MemberSort:
            for descending in (True, False):
                read: list[int] = []
                page = pages = 1
                while page <= pages:
                    found = await members.list_members(db, MemberListQuery(page, sort, descending))
                    same = await members.list_members(db, MemberListQuery(page, sort, descending, search="m"))
                    assert same == found, "everybody is found by the m of member, along another way"
                    read += [row.id for row in found.rows]
                    page, pages = page + 1, found.pages
                assert read == _ordered(rows, sort, descending), (sort, descending)


async def test_the_filter_goes_by_what_the_badge_says(here: CompanyDb) -> None:
    await factories.member(here, name="active")
    await factories.member(here, name="leaving", canceling=True)
    await factories.member(here, name="paused", status=MemberStatus.PAUSED)
    await factories.member(here, name="gone", status=MemberStatus.CANCELED)
    assert await names(here, statuses=(ShownStatus.ACTIVE,)) == ["active"]
    assert await names(here, statuses=(ShownStatus.CANCELING,)) == ["leaving"]
    assert await names(here, statuses=(ShownStatus.PAUSED,)) == ["paused"]
    assert sorted(await names(here, statuses=(ShownStatus.CANCELING, ShownStatus.CANCELED))) == ["gone", "leaving"]
    assert await names(here, statuses=(ShownStatus.UNKNOWN,)) == []
    counts = {each.status: each.members for each in await members.status_counts(here)}
    assert counts == dict.fromkeys(
        (ShownStatus.ACTIVE, ShownStatus.CANCELING, ShownStatus.PAUSED, ShownStatus.CANCELED), 1
    )
    named = filters.parse({"where": {"field": "name", "op": "is", "value": "gone"}})
    assert [each.status for each in await members.status_counts(here, named)] == [ShownStatus.CANCELED]


async def test_the_filter_by_tag(here: CompanyDb) -> None:
    tagged, _ = await factories.member(here, name="tagged"), await factories.member(here, name="plain")
    tag = Tag(company_id=here.scope.company_id, name="VIP", color=TagColor.BLUE)
    here.add(tag)
    await here.flush()
    here.add(MemberTag(company_id=here.scope.company_id, member_id=tagged.id, tag_id=tag.id))
    await here.flush()
    assert await names(here, tag_id=tag.id) == ["tagged"]
    assert await names(here, tag_id=tag.id + 1) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zoë", ["Zoë Smith"]),
        ("ZOE", ["Zoë Smith"]),
        ("smith", ["John Smithson", "Zoë Smith"]),
        ("smith zo", ["Zoë Smith"]),
        ("@jsmith", ["John Smithson"]),
        ("jsmith@example.com", ["John Smithson"]),
        ("  smith   john ", ["John Smithson"]),
        ("50%_off", ["50%_off"]),
        ("50%off", []),
        ("%", ["50%_off"]),
        ("_", ["50%_off"]),
        ("\\", []),
        ("a\x00\ud800b", []),
        ("user_zoe", ["Zoë Smith"]),
        ("mber_nobody", []),
        ("x" * 5000, []),
    ],
)
async def test_search_finds_parts_without_case_and_accents(here: CompanyDb, text: str, expected: list[str]) -> None:
    await factories.member(here, name="Zoë Smith", username="zs", email=None, whop_user_id="user_zoe")
    await factories.member(here, name="John Smithson", username="jsmith", email="jsmith@example.com")
    await factories.member(here, name="50%_off", username="deal", email=None)
    assert await names(here, search=text, sort=MemberSort.NAME, descending=False) == expected
    assert sorted(hit.name for hit in await members.search_members(here, text)) == expected


async def test_no_search_lists_everybody_and_finds_nobody(here: CompanyDb) -> None:
    await factories.member(here, name="Ann")
    assert await names(here, search="   ") == ["Ann"]
    assert await members.search_members(here, "   ") == []


async def test_exact_ones_come_first_then_beginnings_then_the_rest(here: CompanyDb) -> None:
    for name, username in (("Joann", "j"), ("Mary Ann", "m"), ("Annabel", "a"), ("Someone", "ann"), ("Ann", "x")):
        await factories.member(here, name=name, username=username, email=None)
    found = [hit.name for hit in await members.search_members(here, "ann")]
    assert found == ["Ann", "Someone", "Annabel", "Mary Ann", "Joann"]
    assert [hit.name for hit in await members.search_members(here, "ann", limit=2)] == ["Ann", "Someone"]


async def test_another_company_is_not_there(db: None) -> None:
    mine, theirs = await factories.company(), await factories.company()
    async with company_session(factories.scope(theirs)) as there:
        hidden = await factories.member(there, name="Hidden")
    async with company_session(factories.scope(mine)) as here:
        assert await names(here) == []
        assert await members.search_members(here, "hidden") == []
        with pytest.raises(NotFound):
            await members.get_member(here, hidden.whop_id)


async def test_the_list_obeys_a_filter(here: CompanyDb) -> None:
    rich = await factories.member(here, net_revenue_minor=60_000)
    await factories.member(here, net_revenue_minor=40_000)
    given = filters.parse({"where": {"field": "net_revenue", "op": "at_least", "value": 50_000}})
    wanted = filters.resolve(given, await filters.load(here))
    found = await members.list_members(here, MemberListQuery(where=wanted))
    assert [row.id for row in found.rows] == [rich.id]
    assert found.total == 1
