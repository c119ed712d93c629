"""Bulk actions: whom they mean, what they change and skip, how they survive a death, and how they are taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.support import factories
from whop_crm import filters
from whop_crm.access import CompanyRef, Role
from whop_crm.db import CompanyDb, company_session, platform_session
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.jobs import bulk, upkeep
from whop_crm.models.action import BulkKind, BulkStatus
from whop_crm.models.enums import ActivityKind, MemberStatus, Origin, ShownStatus
from whop_crm.services import activities, bulk_actions, lists, members, tags
from whop_crm.services.bulk_actions import BulkRow
from whop_crm.services.lists import ListInput
from whop_crm.services.members import MemberListQuery

ADD, REMOVE = BulkKind.ADD_TAG, BulkKind.REMOVE_TAG


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is so little that it is done at once, and a chunk holds two."""
    monkeypatch.setattr("whop_crm.services.bulk_actions.actions.AT_ONCE", 0)
    monkeypatch.setattr("whop_crm.services.bulk_actions.actions.CHUNK", 2)


def session(company: CompanyRef, role: Role = Role.ADMIN) -> Any:
    return company_session(factories.scope(company, role))


async def people(company: CompanyRef, count: int = 5) -> list[int]:
    async with session(company) as db:
        return [(await factories.member(db)).id for _ in range(count)]


async def tag(company: CompanyRef, name: str = "VIP") -> int:
    async with session(company) as db:
        return await tags.create_tag(db, name)


async def start(company: CompanyRef, kind: BulkKind, target: int, who: Any) -> BulkRow:
    async with session(company) as db:
        return await bulk_actions.start(db, kind, target, who if isinstance(who, MemberListQuery) else tuple(who))


async def undo(company: CompanyRef, action: BulkRow) -> BulkRow:
    async with session(company) as db:
        return await bulk_actions.undo(db, action.id)


async def now(company: CompanyRef, action: BulkRow) -> BulkRow:
    async with session(company) as db:
        return await bulk_actions.get_action(db, action.id)


async def carriers(company: CompanyRef, tag_id: int) -> list[int]:
    async with session(company) as db:
        found = await db.execute(
            text("SELECT member_id FROM member_tags WHERE tag_id = :tag ORDER BY 1"), {"tag": tag_id}
        )
        return list(found.scalars())


async def marks(company: CompanyRef) -> list[Any]:
    async with session(company) as db:
        found = await db.execute(text("SELECT member_id, tag_id, tagged_by, tagged_at FROM member_tags ORDER BY 1, 2"))
        return [tuple(row) for row in found]


async def lease_again() -> None:
    async with platform_session() as db:
        await db.execute(text("UPDATE inboxes SET bulk_due_at = now() WHERE bulk_due_at IS NOT NULL"))


async def test_few_are_done_at_once_and_told(company: CompanyRef) -> None:
    one, other = await people(company, 2)
    vip = await tag(company)
    async with session(company) as db:
        await tags.add_tag(db, one, vip)
    done = await start(company, ADD, vip, [one, other, other, 10**9])
    assert (done.status, done.total, done.changed, done.unchanged, done.missing) == (BulkStatus.DONE, 3, 1, 1, 1)
    assert done.title == "Added the tag VIP to 1 member"
    assert done.detail == "1 had it already · 1 no longer there"
    assert await carriers(company, vip) == [one, other]
    async with session(company) as db:
        [item] = (await activities.timeline(db, other)).items
    assert (item.kind, item.title, item.actor_name) == (ActivityKind.TAGGED, "Tagged VIP", "Owner")


async def test_taking_back_puts_everything_as_it_was_by_whom_and_when(company: CompanyRef) -> None:
    ids = await people(company, 3)
    vip = await tag(company)
    async with company_session(factories.scope(company, user_id="user_ann", name="Ann")) as db:
        await tags.add_tag(db, ids[0], vip)
    before = await marks(company)
    added = await start(company, ADD, vip, ids)
    undone = await undo(company, added)
    assert (undone.status, undone.undone, undone.undo_skipped) == (BulkStatus.UNDONE, 2, 0)
    assert await marks(company) == before
    removed = await start(company, REMOVE, vip, ids)
    assert (removed.changed, removed.unchanged, await carriers(company, vip)) == (1, 2, [])
    assert (await undo(company, removed)).detail == "2 did not have it · 1 undone by Owner"
    assert await marks(company) == before
    async with session(company) as db:
        origins = await db.execute(text("SELECT DISTINCT title, origin, detail FROM activities WHERE detail <> ''"))
        assert sorted(tuple(row) for row in origins) == [
            ("Tagged VIP", Origin.UNDO, "Undone"),
            ("Took off the tag VIP", Origin.UNDO, "Undone"),
        ]


async def test_only_what_is_still_as_it_was_left_is_taken_back(company: CompanyRef) -> None:
    ids = await people(company, 3)
    vip = await tag(company)
    action = await start(company, ADD, vip, ids)
    async with session(company) as db:
        await tags.remove_tag(db, ids[0], vip)
        await tags.remove_tag(db, ids[1], vip)
    async with session(company) as db:
        await tags.add_tag(db, ids[1], vip)  # another tagging than ours
    undone = await undo(company, action)
    assert (undone.undone, undone.undo_skipped) == (1, 2)
    assert await carriers(company, vip) == [ids[1]]
    with pytest.raises(Conflict, match="undone"):
        await undo(company, action)


async def test_lists_are_filled_and_emptied_likewise(company: CompanyRef) -> None:
    ids = await people(company, 3)
    async with session(company) as db:
        number = await lists.create_list(db, ListInput("Beta"))
        await lists.add_members(db, number, ids[:1])
    added = await start(company, BulkKind.ADD_TO_LIST, number, ids)
    assert (added.changed, added.unchanged, added.title) == (2, 1, "Added to the list Beta: 2 members")
    removed = await start(company, BulkKind.REMOVE_FROM_LIST, number, ids[:2])
    assert (removed.changed, removed.title) == (2, "Removed from the list Beta: 2 members")
    await undo(company, removed)
    await undo(company, added)
    async with session(company) as db:
        assert [row.id for row in (await members.list_members(db, await on_list(db, number))).rows] == ids[:1]


async def on_list(db: CompanyDb, number: int) -> MemberListQuery:
    given = filters.parse({"version": 1, "where": {"field": "list", "op": "is_any_of", "value": [number]}})
    return MemberListQuery(where=filters.resolve(given, await filters.load(db)))


@pytest.fixture
async def crowd(company: CompanyRef) -> list[int]:
    """Five named Ann of whom one is canceled, and two others."""
    async with session(company) as db:
        anns = [await factories.member(db, name=f"Ann {n}") for n in range(5)]
        anns[0].status = MemberStatus.CANCELED
        for name in ("Bob", "Cy"):
            await factories.member(db, name=name)
        return [one.id for one in anns]


async def test_all_that_match_are_those_of_the_beginning(company: CompanyRef, crowd: list[int], few: None) -> None:
    vip, old = await tag(company), await tag(company, "Old")
    await start(company, ADD, old, crowd)
    await bulk.work()
    query = MemberListQuery(page=7, search="ann", statuses=(ShownStatus.ACTIVE,), tag_id=old)
    action = await start(company, ADD, vip, query)
    assert (action.status, action.total, action.title) == (BulkStatus.RUNNING, 4, "Adding the tag VIP to 4 members")
    async with session(company) as db:
        await factories.member(db, name="Ann too late")
        await tags.remove_tag(db, crowd[1], old)
    await bulk.work()
    assert await carriers(company, vip) == crowd[1:]
    wanted = {"version": 1, "where": {"field": "tags", "op": "has_any", "value": [vip]}}
    async with session(company) as db:
        where = filters.resolve(filters.parse(wanted), await filters.load(db))
    removed = await start(company, REMOVE, vip, MemberListQuery(where=where))
    await bulk.work()
    assert (await now(company, removed)).changed == 4


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
async def test_a_death_in_between_neither_loses_nor_repeats(company: CompanyRef, few: None, steps: int) -> None:
    ids, vip = await people(company, 5), await tag(company)
    action = await start(company, ADD, vip, ids)
    for kind in ("do", "undo"):
        if kind == "undo":
            await undo(company, action)
        for _ in range(steps):
            await bulk_actions.work_step(company)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tags, "tag_members", _killed)
            patch.setattr(tags, "undo_tagging", _killed)
            if (await now(company, action)).fraction < 1.0:
                with pytest.raises(SystemExit):
                    await bulk_actions.work_step(company)
        await lease_again()
        await bulk.work()
        assert await carriers(company, vip) == (ids if kind == "do" else [])
    found = await now(company, action)
    assert (found.status, found.changed, found.undone) == (BulkStatus.UNDONE, 5, 5)
    async with session(company) as db:
        told = await db.scalar(text("SELECT count(*) FROM activities"))
    assert told == 10


async def _killed(*_: Any) -> None:
    raise SystemExit


async def test_it_can_be_stopped_and_then_taken_back(company: CompanyRef, few: None) -> None:
    ids, vip = await people(company, 5), await tag(company)
    action = await start(company, ADD, vip, ids)
    await bulk_actions.work_step(company)
    with pytest.raises(Conflict, match="under way"):
        await undo(company, action)
    half = await now(company, action)
    assert (half.fraction, half.undoable) == (0.4, False)
    async with session(company) as db:
        stopped = await bulk_actions.cancel(db, action.id)
    assert (stopped.status, stopped.detail) == (BulkStatus.CANCELED, "Stopped before 3 more")
    await bulk.work()
    assert await carriers(company, vip) == ids[:2]
    assert (await undo(company, action)).status is BulkStatus.UNDOING
    assert await bulk_actions.work_step(company)
    assert await carriers(company, vip) == []
    async with session(company) as db:
        stopped = await bulk_actions.cancel(db, action.id)
    assert (stopped.status, stopped.undone, stopped.undoable) == (BulkStatus.CANCELED, 2, False)


async def test_a_tag_that_is_deleted_meanwhile_ends_it_in_words(company: CompanyRef, few: None) -> None:
    ids, vip = await people(company, 3), await tag(company)
    action = await start(company, ADD, vip, ids)
    await bulk_actions.work_step(company)
    async with session(company) as db:
        await tags.delete_tag(db, vip)
    await lease_again()
    await bulk.work()
    found = await now(company, action)
    assert (found.status, found.detail) == (
        BulkStatus.FAILED,
        "There is no such tag in this company. Somebody may have removed it.",
    )
    await undo(company, action)
    await bulk.work()
    assert (await now(company, action)).status is BulkStatus.FAILED


@pytest.mark.slow
async def test_what_fails_again_and_again_is_given_up(company: CompanyRef, few: None) -> None:
    ids, vip = await people(company, 3), await tag(company)
    action = await start(company, ADD, vip, ids)

    async def broken(*_: Any) -> None:
        raise RuntimeError("no")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tags, "tag_members", broken)
        for _ in range(5):
            assert (await now(company, action)).status is BulkStatus.RUNNING
            await lease_again()
            await bulk.work()
    found = await now(company, action)
    assert (found.status, found.reason) == (BulkStatus.FAILED, "It went wrong several times, so it was given up.")


async def test_one_company_is_leased_once(company: CompanyRef, few: None) -> None:
    ids, vip = await people(company, 3), await tag(company)
    await start(company, ADD, vip, ids)
    async with platform_session() as db:
        assert [one.id for one in await bulk_actions.lease_due_actions(db)] == [company.id]
    async with platform_session() as db:
        assert await bulk_actions.lease_due_actions(db) == []


async def test_who_may_not_tag_may_not_tag_many(company: CompanyRef) -> None:
    [one], vip = await people(company, 1), await tag(company)
    action = await start(company, ADD, vip, [one])
    async with session(company) as db:
        number = await lists.create_list(db, ListInput("Beta"))
    for role in (Role.SUPPORT, Role.VIEWER):
        for ask in (
            lambda db: bulk_actions.start(db, REMOVE, vip, (one,)),
            lambda db: bulk_actions.start(db, BulkKind.ADD_TO_LIST, number, (one,)),
            lambda db: bulk_actions.cancel(db, action.id),
            lambda db: bulk_actions.undo(db, action.id),
        ):
            with pytest.raises(Forbidden):
                async with session(company, role) as db:
                    await ask(db)
    assert await carriers(company, vip) == [one]


async def test_nobody_an_unknown_tag_and_an_old_action_are_refused_in_words(company: CompanyRef) -> None:
    [one], vip = await people(company, 1), await tag(company)
    with pytest.raises(InvalidInput, match="at least one"):
        await start(company, ADD, vip, [])
    with pytest.raises(NotFound, match="tag"):
        await start(company, ADD, vip + 1, [one])
    with pytest.raises(NotFound, match="list"):
        await start(company, BulkKind.ADD_TO_LIST, 1, [one])
    action = await start(company, ADD, vip, [one])
    async with session(company) as db:
        await db.execute(
            text("UPDATE bulk_actions SET created_at = :at"), {"at": datetime.now(UTC) - timedelta(days=31)}
        )
    with pytest.raises(Conflict, match="30 days"):
        await undo(company, action)
    assert await upkeep.forget_old_actions() == 1
    with pytest.raises(NotFound, match="30 days"):
        await undo(company, action)


async def test_another_companys_members_are_nobody(company: CompanyRef) -> None:
    theirs = await people(await factories.company(), 2)
    mine, vip = await people(company, 1), await tag(company)
    action = await start(company, ADD, vip, [*mine, *theirs])
    assert (action.changed, action.missing) == (1, 2)
