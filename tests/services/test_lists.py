"""Lists: made, renamed, filled by hand, deleted, and all of that taken back."""

from typing import Any

import pytest

from tests.support import factories
from whop_crm import filters
from whop_crm.access import CompanyRef, Role
from whop_crm.db import company_session
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.models import Segment, Usage
from whop_crm.models.enums import TagColor, UsedKind, UserKind
from whop_crm.services import changes, lists, members, undo
from whop_crm.services.lists import ListInput
from whop_crm.services.members import MemberListQuery


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


def session(company: CompanyRef, role: Role = Role.ADMIN) -> Any:
    return company_session(factories.scope(company, role))


async def test_a_list_is_made_described_and_coloured(company: CompanyRef) -> None:
    async with session(company) as db:
        beta = await lists.create_list(db, ListInput("  Beta   testers ", " Early ones. ", TagColor.BLUE))
        await lists.create_list(db, ListInput("alpha"))
        assert [(row.name, row.description, row.color, row.members) for row in await lists.list_lists(db)] == [
            ("alpha", "", TagColor.GRAY, 0),
            ("Beta testers", "Early ones.", TagColor.BLUE, 0),
        ]
        await lists.change_list(db, beta, ListInput("Beta", "", TagColor.RED))
        found = await lists.get_list(db, beta)
    assert (found.name, found.description, found.color, found.created_by_name) == ("Beta", "", TagColor.RED, "Owner")


async def test_who_stands_on_it_is_counted_and_found_by_the_filter(company: CompanyRef) -> None:
    async with session(company) as db:
        ann, hidden = await factories.member(db), await factories.member(db, counted=False)
        await factories.member(db)
        beta = await lists.create_list(db, ListInput("Beta"))
        done = await lists.add_members(db, beta, [ann.id, hidden.id, 10**9])
        assert (done.member_ids, done.unchanged, done.missing) == ([ann.id, hidden.id], 0, 1)
        assert (await lists.add_members(db, beta, [ann.id])).unchanged == 1
        assert (await lists.get_list(db, beta)).members == 1
        assert await lists.lists_of(db, ann.id) == [(beta, "Beta")]
        given = filters.parse({"version": 1, "where": {"field": "list", "op": "is_any_of", "value": ["beta"]}})
        where = filters.resolve(given, await filters.load(db))
        assert [row.id for row in (await members.list_members(db, MemberListQuery(where=where))).rows] == [ann.id]
        assert (await lists.remove_members(db, beta, [ann.id, hidden.id])).member_ids == [ann.id, hidden.id]
        assert await lists.lists_of(db, ann.id) == []


@pytest.mark.parametrize(
    ("wanted", "field"),
    [(ListInput("  "), "name"), (ListInput("x" * 61), "name"), (ListInput("x", "y" * 501), "description")],
)
async def test_a_list_that_cannot_be_is_refused(company: CompanyRef, wanted: ListInput, field: str) -> None:
    async with session(company) as db:
        known = await lists.create_list(db, ListInput("Beta"))
        for ask in (lists.create_list(db, wanted), lists.change_list(db, known, wanted)):
            with pytest.raises(InvalidInput) as refused:
                await ask
            assert refused.value.field == field


async def test_two_lists_do_not_share_a_name(company: CompanyRef) -> None:
    async with session(company) as db:
        await lists.create_list(db, ListInput("Beta"))
        other = await lists.create_list(db, ListInput("Other"))
        for ask in (lists.create_list(db, ListInput("BETA")), lists.change_list(db, other, ListInput("bETA"))):
            with pytest.raises(Conflict, match="already"):
                await ask


async def test_a_list_in_use_names_its_users_instead_of_going(company: CompanyRef) -> None:
    async with session(company) as db:
        beta = await lists.create_list(db, ListInput("Beta"))
        for name in ("One", "Two"):
            segment = Segment(
                company_id=company.id, name=name, filter={}, owner_name="Owner", changed_by="Owner", shared=True
            )
            db.add(segment)
            await db.flush()
            db.add(Usage(company_id=company.id, user_kind=UserKind.SEGMENT, user_id=segment.id,
                         used_kind=UsedKind.LIST, used_id=beta))  # fmt: skip
        await db.flush()
        with pytest.raises(Conflict, match="used by the segment “Two” and the segment “One”"):
            await lists.delete_list(db, beta)


async def test_a_deleted_list_comes_back_with_its_members(company: CompanyRef) -> None:
    async with session(company) as db:
        ann, bob = await factories.member(db), await factories.member(db)
        beta = await lists.create_list(db, ListInput("Beta", "Early", TagColor.TEAL))
        await lists.add_members(db, beta, [ann.id, bob.id])
        before = await lists.get_list(db, beta)
        assert await lists.delete_list(db, beta) == 2
        done = changes.last_change(db)
        assert done is not None
        await db.delete(bob)
        await db.flush()
    async with session(company) as db:
        with pytest.raises(NotFound):
            await lists.get_list(db, beta)
        await undo.undo_change(db, done)
        after = await lists.get_list(db, beta)
        assert (after.name, after.color, after.created_at, after.members) == (
            "Beta",
            TagColor.TEAL,
            before.created_at,
            1,
        )


async def test_a_changed_list_is_called_again_what_it_was(company: CompanyRef) -> None:
    async with session(company) as db:
        beta = await lists.create_list(db, ListInput("Beta", "Early"))
        await lists.change_list(db, beta, ListInput("Gamma"))
        first = changes.last_change(db)
        assert first is not None
        await undo.undo_change(db, first)
        assert (await lists.get_list(db, beta)).description == "Early"
        await lists.change_list(db, beta, ListInput("Gamma"))
        second = changes.last_change(db)
        assert second is not None
        await lists.create_list(db, ListInput("beta"))
        with pytest.raises(Conflict, match="already"):
            await undo.undo_change(db, second)


async def test_who_may_only_read_changes_no_list(company: CompanyRef) -> None:
    async with session(company) as db:
        beta = await lists.create_list(db, ListInput("Beta"))
    for role in (Role.SUPPORT, Role.VIEWER):
        async with session(company, role) as db:
            assert [row.id for row in await lists.list_lists(db)] == [beta]
            with pytest.raises(Forbidden):
                await lists.add_members(db, beta, [1])
