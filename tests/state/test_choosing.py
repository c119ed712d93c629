"""Choosing members and doing something to them, through real websockets, as a browser and as an attacker would."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.support import factories
from tests.support.web import Tab, Web
from whop_crm import routes
from whop_crm.access import CompanyRef, Role
from whop_crm.db import company_session
from whop_crm.models.action import BulkKind, BulkStatus
from whop_crm.models.enums import MemberStatus
from whop_crm.services import bulk_actions, members, tags
from whop_crm.state.base import PageStatus
from whop_crm.state.members import BulkState, MembersState, PreviewState, SelectionState
from whop_crm.state.undo import UndoState


@pytest.fixture
async def company(web: Web) -> CompanyRef:
    return await factories.company()


@pytest.fixture
async def people(company: CompanyRef) -> list[str]:
    async with company_session(factories.scope(company)) as db:
        made = [await factories.member(db, name=f"Member {n}") for n in range(4)]
        made[3].status = MemberStatus.CANCELED
        return [one.whop_id for one in made]


@pytest.fixture
async def tab(web: Web, company: CompanyRef, people: list[str]) -> AsyncIterator[Tab]:
    async with web.tab(routes.members(company.whop_id), await factories.sign_in(company)) as tab:
        yield await tab.open()


async def carriers(company: CompanyRef) -> int:
    async with company_session(factories.scope(company)) as db:
        return sum(tag.members for tag in await tags.list_tags(db))


def told(tab: Tab, words: str) -> bool:
    return words in json.dumps(tab.told, ensure_ascii=False)


async def test_a_selection_survives_all_but_another_filter(tab: Tab, company: CompanyRef, people: list[str]) -> None:
    await tab.call(SelectionState, "pick", ids=people[:2], on=True)
    assert (tab.var(SelectionState, "picked"), tab.var(SelectionState, "page_state")) == (people[:2], "some")
    await tab.go(routes.members(company.whop_id) + "?sort=name&dir=asc")
    await tab.call(MembersState, "refresh")
    assert tab.var(SelectionState, "count") == 2
    await tab.go(routes.members(company.whop_id) + "?status=active")
    assert tab.var(SelectionState, "picked") == []
    await tab.call(SelectionState, "pick_page", on=True)
    assert tab.var(SelectionState, "page_state") == "all"
    await tab.go(routes.dashboard(company.whop_id))
    await tab.go(routes.members(company.whop_id) + "?status=active")
    assert tab.var(SelectionState, "count") == 0


async def test_all_that_match_are_meant_and_not_more(tab: Tab, company: CompanyRef) -> None:
    await tab.go(routes.members(company.whop_id) + "?status=active")
    await tab.call(SelectionState, "pick_everything")
    assert tab.var(SelectionState, "count_text") == "All 3 selected"
    await tab.call(BulkState, "add_new_tag", name="VIP")
    assert await carriers(company) == 3
    assert told(tab, "Added the tag VIP to 3 members")
    async with company_session(factories.scope(company)) as db:
        [action] = await bulk_actions.list_actions(db)
    await tab.call(UndoState, "undo_bulk", action_id=action.id)
    assert await carriers(company) == 0


async def test_strange_ids_choose_nobody(tab: Tab, company: CompanyRef, people: list[str]) -> None:
    other = await factories.company()
    async with company_session(factories.scope(other)) as db:
        theirs = (await factories.member(db)).whop_id
    await tab.call(SelectionState, "pick", ids=["x", "' OR 1=1", "mber_" + "a" * 99, theirs], on=True)
    assert tab.var(SelectionState, "picked") == [theirs]
    await tab.call(BulkState, "add_new_tag", name="VIP")
    assert told(tab, "Choose at least one member")
    for number in ("-1", "1e9", "9" * 30, "x"):
        await tab.call(BulkState, "add_tag", tag_id=number, on=True)
    assert told(tab, "There is no such tag or list")
    assert await carriers(company) == 0


async def test_nobody_chooses_more_than_a_thousand_one_by_one(tab: Tab) -> None:
    for n in range(6):
        await tab.call(SelectionState, "pick", ids=[f"mber_{n}x{i}" for i in range(300)], on=True)
    assert tab.var(SelectionState, "count") == 1_000
    assert told(tab, "At most 1,000")


async def test_who_may_only_read_begins_undoes_and_stops_nothing(
    web: Web, company: CompanyRef, people: list[str]
) -> None:
    async with company_session(factories.scope(company)) as db:
        vip = await tags.create_tag(db, "VIP")
        [member] = (await members.list_member_ids(db, people[:1])).values()
        action = await bulk_actions.start(db, BulkKind.ADD_TAG, vip, (member,))
    cookie = await factories.sign_in(company, user_id="user_reader", role=Role.VIEWER)
    async with web.tab(routes.members(company.whop_id), cookie) as tab:
        await tab.open()
        await tab.call(SelectionState, "pick_everything")
        await tab.call(BulkState, "add_tag", tag_id=str(vip), on=True)
        await tab.call(UndoState, "undo_bulk", action_id=action.id)
        await tab.call(UndoState, "cancel_bulk", action_id=action.id)
        await tab.call(UndoState, "undo_change", change_id=1)
    assert await carriers(company) == 1
    async with company_session(factories.scope(company)) as db:
        assert (await bulk_actions.get_action(db, action.id)).status is BulkStatus.DONE


async def test_the_preview_follows_what_is_stored_and_closes(tab: Tab, company: CompanyRef, people: list[str]) -> None:
    await tab.call(PreviewState, "follow", whop_id=people[0])
    assert tab.var(PreviewState, "member")["id"] == ""
    await tab.call(PreviewState, "show", whop_id=people[0])
    await tab.call(PreviewState, "create_tag", name="Seen")
    await tab.call(MembersState, "refresh")
    assert [tag["name"] for tag in tab.var(PreviewState, "tags")] == ["Seen"]
    await tab.call(PreviewState, "follow", whop_id=people[1])
    assert tab.var(PreviewState, "member")["name"] == "Member 1"
    await tab.call(PreviewState, "show", whop_id=people[1])
    assert tab.var(PreviewState, "member")["id"] == ""
    await tab.call(PreviewState, "show", whop_id="mber_nobody")
    assert tab.var(PreviewState, "member")["id"] == ""


@pytest.mark.parametrize("query", ["f=%7B", "f=[]", "list=999", "segment=999", "view=999"])
async def test_what_an_address_asks_for_and_is_not_there_is_said_in_words(
    tab: Tab, company: CompanyRef, query: str
) -> None:
    await tab.go(f"{routes.members(company.whop_id)}?{query}")
    refused = tab.var(MembersState, "status") == PageStatus.NOT_FOUND and tab.var(MembersState, "problem")
    assert refused or (tab.var(MembersState, "filter_problem") and tab.var(MembersState, "rows") == [])
    await tab.go(routes.members(company.whop_id))
    assert tab.var(MembersState, "status") == PageStatus.READY
    assert tab.var(MembersState, "filter_problem") == ""
    assert len(tab.var(MembersState, "rows")) == 4
