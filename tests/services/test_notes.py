"""Notes: written, shown safely, changed by their author or an admin, told on the timeline."""

from typing import Any

import pytest

from tests.support import factories
from whop_crm.access import CompanyRef, Role
from whop_crm.db import company_session
from whop_crm.errors import Forbidden, InvalidInput, NotFound
from whop_crm.models.enums import ActivityKind
from whop_crm.services import activities, notes


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


def session(company: CompanyRef, role: Role = Role.SUPPORT, user: str = "user_sam") -> Any:
    return company_session(factories.scope(company, role, user, user.removeprefix("user_").title()))


async def test_a_note_is_kept_as_typed_and_shown_as_html(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        note = await notes.add_note(db, member.id, "  Asked for a **refund**\n<script>x</script>  ")
        assert note.body == "Asked for a **refund**\n<script>x</script>"
        assert "<strong>refund</strong>" in note.html
        assert "<script" not in note.html
        assert (note.author_name, note.edited_at, note.editable) == ("Sam", None, True)
        assert await notes.list_notes(db, member.id) == [note]
        assert await notes.get_note(db, note.id) == note


async def test_it_stands_on_the_timeline_with_its_text_until_it_is_deleted(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        kept = await notes.add_note(db, member.id, "_first_")
        gone = await notes.add_note(db, member.id, "second")
        await notes.edit_note(db, kept.id, "_changed_")
        await notes.delete_note(db, gone.id)
        [item] = (await activities.timeline(db, member.id)).items
        assert (item.kind, item.note_id, item.actor_name) == (ActivityKind.NOTED, kept.id, "Sam")
        assert item.html == "<p><em>changed</em></p>\n"
        assert [line.id for line in await activities.feed(db)] == [item.id]


async def test_editing_says_when_and_saying_the_same_changes_nothing(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        note = await notes.add_note(db, member.id, "text")
        assert (await notes.edit_note(db, note.id, " text ")).edited_at is None
        edited = await notes.edit_note(db, note.id, "other")
        assert (edited.body, edited.created_at) == ("other", note.created_at)
        assert edited.edited_at is not None


async def test_the_newest_comes_first(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        for text in ("one", "two", "three"):
            await notes.add_note(db, member.id, text)
        assert [note.body for note in await notes.list_notes(db, member.id)] == ["three", "two", "one"]


@pytest.mark.parametrize("body", ["", " \n ", "\x00", "x" * 10_001])
async def test_a_text_that_cannot_be(company: CompanyRef, body: str) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        with pytest.raises(InvalidInput) as caught:
            await notes.add_note(db, member.id, body)
        assert caught.value.field == "body"


async def test_ten_thousand_characters_are_fine(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        assert len((await notes.add_note(db, member.id, "é" * 10_000)).body) == 10_000


async def test_only_the_author_and_admins_change_a_note(company: CompanyRef) -> None:
    async with session(company, user="user_sam") as db:
        member = await factories.member(db)
        note = await notes.add_note(db, member.id, "mine")
    async with session(company, user="user_kim") as db:
        assert not (await notes.get_note(db, note.id)).editable
        for wrong in (notes.edit_note(db, note.id, "x"), notes.delete_note(db, note.id)):
            with pytest.raises(Forbidden, match="Sam wrote"):
                await wrong
    async with session(company, Role.ADMIN, "user_boss") as db:
        assert (await notes.get_note(db, note.id)).editable
        assert (await notes.edit_note(db, note.id, "better")).author_name == "Sam"
        await notes.delete_note(db, note.id)
        assert await notes.list_notes(db, member.id) == []


async def test_readers_only_read(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        note = await notes.add_note(db, member.id, "text")
    async with session(company, Role.VIEWER) as db:
        assert not (await notes.get_note(db, note.id)).editable
        for wrong in (notes.add_note(db, member.id, "x"), notes.edit_note(db, note.id, "x"),
                      notes.delete_note(db, note.id)):  # fmt: skip
            with pytest.raises(Forbidden, match="Read only"):
                await wrong


async def test_what_is_not_there(company: CompanyRef) -> None:
    async with session(await factories.company()) as db:
        theirs = await notes.add_note(db, (await factories.member(db)).id, "secret")
    async with session(company, Role.ADMIN) as db:
        for wrong in (notes.get_note(db, theirs.id), notes.edit_note(db, theirs.id, "x"),
                      notes.delete_note(db, theirs.id), notes.add_note(db, 7_000_000, "x")):  # fmt: skip
            with pytest.raises(NotFound):
                await wrong
