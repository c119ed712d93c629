"""Tags: put on, made on the fly, taken off, told on the timeline."""

from typing import Any

import pytest
from sqlalchemy import event

from tests.support import factories
from whop_crm.access import CompanyRef, Role
from whop_crm.db import CompanyDb, company_session, engine
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.models.enums import ActivityKind, TagColor
from whop_crm.services import activities, tags


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


def session(company: CompanyRef, role: Role = Role.ADMIN) -> Any:
    return company_session(factories.scope(company, role))


async def told(db: CompanyDb, member_id: int) -> list[tuple[ActivityKind, str]]:
    return [(item.kind, item.title) for item in (await activities.timeline(db, member_id)).items]


async def test_a_tag_is_made_on_the_fly_and_counted(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        added = await tags.add_tag(db, member.id, "  Big   spender ")
        assert added.name == "Big spender"
        assert [row.name for row in await tags.tags_of(db, member.id)] == ["Big spender"]
        assert [(row.name, row.members) for row in await tags.list_tags(db)] == [("Big spender", 1)]
        assert (await tags.get_tag(db, added.id)).members == 1
        assert await told(db, member.id) == [(ActivityKind.TAGGED, "Tagged Big spender")]


async def test_a_name_is_one_tag_whatever_its_case(company: CompanyRef) -> None:
    async with session(company) as db:
        ann, bob = await factories.member(db), await factories.member(db)
        first, second = await tags.add_tag(db, ann.id, "VIP"), await tags.add_tag(db, bob.id, "vip")
        assert first.id == second.id
        assert await tags.create_tag(db, "Vip ") == first.id
        assert [(row.name, row.members) for row in await tags.list_tags(db)] == [("VIP", 2)]


async def test_colors_go_round(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        colors = [(await tags.add_tag(db, member.id, f"Tag {n}")).color for n in range(9)]
        assert len(set(colors[:8])) == 8
        assert colors[8] is colors[0]


async def test_twice_is_once(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        first = await tags.add_tag(db, member.id, "VIP")
        assert await tags.add_tag(db, member.id, first.id) == first
        assert len(await told(db, member.id)) == 1


async def test_taking_off_is_told_once_and_the_tag_stays(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        tag = await tags.add_tag(db, member.id, "VIP")
        for _ in range(2):
            await tags.remove_tag(db, member.id, tag.id)
        assert await tags.tags_of(db, member.id) == []
        assert [(row.name, row.members) for row in await tags.list_tags(db)] == [("VIP", 0)]
        assert await told(db, member.id) == [
            (ActivityKind.UNTAGGED, "Took off the tag VIP"),
            (ActivityKind.TAGGED, "Tagged VIP"),
        ]


async def test_who_is_not_counted_is_not_counted(company: CompanyRef) -> None:
    async with session(company) as db:
        owner = await factories.member(db, counted=False)
        tag = await tags.add_tag(db, owner.id, "VIP")
        assert (await tags.get_tag(db, tag.id)).members == 0
        assert [row.members for row in await tags.list_tags(db)] == [0]


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 41])
async def test_a_name_that_cannot_be(company: CompanyRef, name: str) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        with pytest.raises(InvalidInput) as caught:
            await tags.add_tag(db, member.id, name)
        assert caught.value.field == "name"


async def test_unknown_members_and_tags(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        with pytest.raises(NotFound):
            await tags.add_tag(db, member.id + 1, "VIP")
        for wrong in (tags.add_tag(db, member.id, 7), tags.remove_tag(db, member.id, 7), tags.get_tag(db, 7),
                      tags.rename_tag(db, 7, "x"), tags.recolor_tag(db, 7, TagColor.RED)):  # fmt: skip
            with pytest.raises(NotFound):
                await wrong


async def test_renaming_and_coloring(company: CompanyRef) -> None:
    async with session(company) as db:
        vip, other = await tags.create_tag(db, "VIP"), await tags.create_tag(db, "Other")
        await tags.rename_tag(db, vip, "vip")
        await tags.recolor_tag(db, vip, TagColor.PINK)
        tag = await tags.get_tag(db, vip)
        assert (tag.name, tag.color) == ("vip", TagColor.PINK)
        with pytest.raises(Conflict, match="VIP"):
            await tags.rename_tag(db, other, "VIP")
        assert (await tags.get_tag(db, other)).name == "Other"


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_only_an_admin_writes_tags(company: CompanyRef, role: Role) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        tag = await tags.create_tag(db, "VIP")
    async with session(company, role) as db:
        assert len(await tags.list_tags(db)) == 1
        for forbidden in (tags.add_tag(db, member.id, "VIP"), tags.remove_tag(db, member.id, tag),
                          tags.create_tag(db, "x"), tags.rename_tag(db, tag, "x"),
                          tags.recolor_tag(db, tag, TagColor.RED)):  # fmt: skip
            with pytest.raises(Forbidden):
                await forbidden


async def test_another_companys_member_cannot_be_tagged(company: CompanyRef) -> None:
    other = await factories.company()
    async with session(other) as db:
        member = await factories.member(db)
        tag = await tags.create_tag(db, "Theirs")
    async with session(company) as db:
        with pytest.raises(NotFound):
            await tags.add_tag(db, member.id, "VIP")
        mine = await factories.member(db)
        with pytest.raises(NotFound):
            await tags.add_tag(db, mine.id, tag)
        assert await tags.list_tags(db) == []


async def test_merging_rewrites_who_carries_what(company: CompanyRef) -> None:
    async with session(company) as db:
        ann, bob, cyd = [await factories.member(db) for _ in range(3)]
        vip, kept = await tags.add_tag(db, ann.id, "VIP"), await tags.add_tag(db, bob.id, "Big spender")
        await tags.add_tag(db, bob.id, "VIP")
        assert await tags.merge_tags(db, vip.id, kept.id) == 2
    async with session(company) as db:
        assert [(row.name, row.members) for row in await tags.list_tags(db)] == [("Big spender", 2)]
        assert await tags.tags_of(db, bob.id) == [kept]
        assert [row.name for row in await tags.tags_of(db, ann.id)] == ["Big spender"]
        assert await tags.tags_of(db, cyd.id) == []
        assert (await told(db, ann.id))[0] == (ActivityKind.TAGGED, "Tagged Big spender")
        assert (await activities.timeline(db, ann.id)).items[0].detail == "The tag VIP was merged into it."
        assert len(await told(db, bob.id)) == 2


async def test_a_tag_is_not_merged_into_itself_or_nothing(company: CompanyRef) -> None:
    other = await factories.company()
    async with session(other) as db:
        theirs = await tags.create_tag(db, "Theirs")
    async with session(company) as db:
        vip = await tags.create_tag(db, "VIP")
        with pytest.raises(InvalidInput):
            await tags.merge_tags(db, vip, vip)
        for pair in ((vip, theirs), (theirs, vip), (vip, 7)):
            with pytest.raises(NotFound):
                await tags.merge_tags(db, *pair)
        with pytest.raises(NotFound):
            await tags.delete_tag(db, theirs)
        assert [row.name for row in await tags.list_tags(db)] == ["VIP"]


async def test_deleting_takes_it_off_everybody(company: CompanyRef) -> None:
    async with session(company) as db:
        ann, bob = await factories.member(db), await factories.member(db)
        vip = await tags.add_tag(db, ann.id, "VIP")
        await tags.add_tag(db, bob.id, "VIP")
        await tags.add_tag(db, bob.id, "Other")
        assert await tags.delete_tag(db, vip.id) == 2
        assert [row.name for row in await tags.list_tags(db)] == ["Other"]
        assert [row.name for row in await tags.tags_of(db, bob.id)] == ["Other"]
        assert (await told(db, ann.id))[0] == (ActivityKind.UNTAGGED, "Took off the tag VIP")
        assert (await tags.add_tag(db, ann.id, "VIP")).id != vip.id


async def test_a_tag_of_many_is_merged_in_one_go(company: CompanyRef) -> None:
    """Some statements, however many carry it."""
    async with session(company) as db:
        people = [await factories.member(db) for _ in range(40)]
        old, new = await tags.create_tag(db, "Old"), await tags.create_tag(db, "New")
        for person in people:
            await tags.add_tag(db, person.id, old)
        statements = 0

        def count(*_: Any) -> None:
            nonlocal statements
            statements += 1

        event.listen(engine().sync_engine, "before_cursor_execute", count)
        try:
            assert await tags.merge_tags(db, old, new) == 40
        finally:
            event.remove(engine().sync_engine, "before_cursor_execute", count)
        assert statements < 10
