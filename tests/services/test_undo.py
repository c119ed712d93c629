"""Undo of single changes: what was, comes back, unless somebody has changed it since."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.support import factories
from whop_crm import filters
from whop_crm.access import SYSTEM, CompanyRef, Role, Scope
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import Conflict, Forbidden, NotFound
from whop_crm.models import Member
from whop_crm.models.action import BulkKind
from whop_crm.models.enums import ActivityKind, TagColor
from whop_crm.services import activities, bulk_actions, changes, notes, segments, tags, undo
from whop_crm.services.segments import SegmentInput


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


@pytest.fixture
async def ann(company: CompanyRef) -> Member:
    async with session(company) as db:
        return await factories.member(db, name="Ann")


def session(company: CompanyRef, role: Role = Role.ADMIN, user_id: str = "user_owner") -> Any:
    return company_session(factories.scope(company, role, user_id))


async def last(db: CompanyDb) -> int:
    done = changes.last_change(db)
    assert done is not None
    return done


async def carried(company: CompanyRef, member: Member) -> list[Any]:
    async with session(company) as db:
        return await tags.tags_of(db, member.id)


async def test_a_tag_is_taken_off_again(company: CompanyRef, ann: Member) -> None:
    async with session(company) as db:
        await tags.add_tag(db, ann.id, "VIP")
        done = await last(db)
    async with session(company) as db:
        await undo.undo_change(db, done)
        told = [(item.kind, item.detail) for item in (await activities.timeline(db, ann.id)).items]
    assert await carried(company, ann) == []
    assert told == [(ActivityKind.UNTAGGED, "Undone"), (ActivityKind.TAGGED, "")]
    async with session(company) as db:
        with pytest.raises(Conflict, match="already"):
            await undo.undo_change(db, done)


async def test_a_tag_is_put_on_again_as_it_was(company: CompanyRef, ann: Member) -> None:
    async with session(company, user_id="user_ann") as db:
        vip = await tags.add_tag(db, ann.id, "VIP")
    async with session(company) as db:
        await tags.remove_tag(db, ann.id, vip.id)
        done = await last(db)
    async with session(company) as db:
        await undo.undo_change(db, done)
    assert await carried(company, ann) == [vip]


async def test_what_was_changed_since_stays(company: CompanyRef, ann: Member) -> None:
    async with session(company) as db:
        vip = await tags.add_tag(db, ann.id, "VIP")
        added = await last(db)
    async with session(company) as db:
        await tags.remove_tag(db, ann.id, vip.id)
    async with session(company) as db:
        await tags.add_tag(db, ann.id, vip.id)
    with pytest.raises(Conflict, match="changed again"):
        async with session(company) as db:
            await undo.undo_change(db, added)
    assert len(await carried(company, ann)) == 1
    async with session(company) as db:
        await tags.delete_tag(db, vip.id)
    with pytest.raises(Conflict, match="changed again"):
        async with session(company) as db:
            await undo.undo_change(db, added)


async def test_a_note_gets_its_text_back(company: CompanyRef, ann: Member) -> None:
    async with session(company) as db:
        note = await notes.add_note(db, ann.id, "First")
        assert changes.last_change(db) is None
        await notes.edit_note(db, note.id, "Second")
        done = await last(db)
    async with session(company) as db:
        await undo.undo_change(db, done)
        assert await notes.get_note(db, note.id) == note
        await notes.edit_note(db, note.id, "Third")
        third = await last(db)
        await notes.edit_note(db, note.id, "Fourth")
        with pytest.raises(Conflict, match="changed again"):
            await undo.undo_change(db, third)


async def test_a_deleted_note_comes_back_where_it_was(company: CompanyRef, ann: Member) -> None:
    async with session(company) as db:
        note = await notes.add_note(db, ann.id, "First")
    async with session(company) as db:
        before = await activities.timeline(db, ann.id)
        await notes.delete_note(db, note.id)
        done = await last(db)
    async with session(company) as db:
        await undo.undo_change(db, done)
        assert await notes.list_notes(db, ann.id) == [note]
        assert await activities.timeline(db, ann.id) == before


async def test_a_note_of_somebody_else_is_left_to_them(company: CompanyRef, ann: Member) -> None:
    async with session(company, Role.SUPPORT, "user_sue") as db:
        note = await notes.add_note(db, ann.id, "Mine")
        await notes.edit_note(db, note.id, "Mine still")
        done = await last(db)
    async with session(company, Role.SUPPORT, "user_tom") as db:
        with pytest.raises(Forbidden):
            await undo.undo_change(db, done)


def segment(name: str, **changes: Any) -> SegmentInput:
    where = {"version": 1, "where": {"field": "net_revenue", "op": "at_least", "value": 100}}
    return SegmentInput(**{"name": name, "filter": filters.parse(where), **changes})


async def test_a_segment_is_again_what_it_was(company: CompanyRef) -> None:
    async with session(company) as db:
        number = await segments.create_segment(db, segment("Good", description="Payers"))
        before = (await segments.get_segment(db, number)).filter
        await segments.change_segment(db, number, segment("Better", color=TagColor.RED))
        first = await last(db)
        await undo.undo_change(db, first)
        found = await segments.get_segment(db, number)
        assert (found.name, found.description, found.color, found.filter) == ("Good", "Payers", TagColor.BLUE, before)
        await segments.change_segment(db, number, segment("Better"))
        second = await last(db)
        await segments.change_segment(db, number, segment("Best"))
        with pytest.raises(Conflict, match="changed again"):
            await undo.undo_change(db, second)


async def test_a_deleted_segment_comes_back_to_its_owner(company: CompanyRef) -> None:
    async with session(company, Role.SUPPORT, "user_sue") as db:
        number = await segments.create_segment(db, segment("Good", color=TagColor.TEAL))
        await segments.delete_segment(db, number)
        done = await last(db)
    with pytest.raises(Forbidden):
        async with session(company, Role.SUPPORT, "user_tom") as db:
            await undo.undo_change(db, done)
    async with session(company, Role.SUPPORT, "user_sue") as db:
        await undo.undo_change(db, done)
        found = await segments.get_segment(db, number)
        assert (found.name, found.color, found.mine) == ("Good", TagColor.TEAL, True)


async def test_what_the_product_does_by_itself_is_not_kept(company: CompanyRef, ann: Member) -> None:
    async with company_session(Scope(company, SYSTEM, Role.SYSTEM)) as db:
        await tags.add_tag(db, ann.id, "VIP")
        assert await changes.list_changes(db) == []


async def test_what_was_done_lately_stands_in_order_with_what_one_may_do(company: CompanyRef, ann: Member) -> None:
    async with session(company) as db:
        vip = await tags.add_tag(db, ann.id, "VIP")
    async with session(company) as db:
        await bulk_actions.start(db, BulkKind.REMOVE_TAG, vip.id, (ann.id,))
        newest, oldest = await undo.list_recent(db)
    assert (newest.title, newest.undoable, newest.fraction) == ("Removed the tag VIP from 1 member", True, None)
    assert (oldest.title, oldest.member_name, oldest.actor_name) == ("Added the tag VIP", "Ann", "Owner")
    async with session(company, Role.SUPPORT) as db:
        assert [deed.undoable for deed in await undo.list_recent(db)] == [False, False]


async def test_thirty_days_and_no_longer(company: CompanyRef, ann: Member) -> None:
    async with session(company) as db:
        await tags.add_tag(db, ann.id, "VIP")
        done = await last(db)
        old = {"at": datetime.now(UTC) - timedelta(days=31)}
        await db.execute(text("UPDATE team_changes SET at = :at"), old)
        assert [deed.undoable for deed in await undo.list_recent(db)] == [False]
        with pytest.raises(Conflict, match="30 days"):
            await undo.undo_change(db, done)
    async with company_session(Scope.system(company)) as db:
        assert await changes.forget_old_changes(db) == 1
    async with session(company) as db:
        with pytest.raises(NotFound, match="30 days"):
            await undo.undo_change(db, done)


async def test_of_another_company_nothing_is_known(company: CompanyRef, ann: Member) -> None:
    async with session(company) as db:
        await tags.add_tag(db, ann.id, "VIP")
        done = await last(db)
    async with session(await factories.company()) as db:
        with pytest.raises(NotFound):
            await undo.undo_change(db, done)
