"""Bringing a file in: what it means, what it would change, that it does exactly that, once or not at all, and back."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlmodel import col

from tests.support import factories
from whop_crm.access import CompanyRef, Role
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.models import Activity, Import, ImportChunk, Member, Note
from whop_crm.models.enums import ActivityKind, CustomFieldType, Origin
from whop_crm.models.importing import ImportStatus
from whop_crm.services import activities, custom_fields, imports, lists, notes, tags
from whop_crm.services.imports import ChangeRow, ImportRow, Mapping_

FILE = """Email;Handle;Tags;Level;Since;Seats;Notes
ANN@x.de;;VIP, Early bird;gold;03/04/2026;1.234,5;Likes cats
;@bob;vip;;25/12/2026;;
nobody@x.de;;VIP;;;;
cyd@x.de;;VIP;Golt;;;
ann@x.de;;;;;;twice
dee@x.de;bob;;;;;
;;VIP;;;;
"""
COLUMNS = {0: "email", 1: "username", 2: "tags", 3: "custom.level", 4: "custom.since", 5: "custom.seats", 6: "note"}


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


def session(company: CompanyRef, role: Role = Role.ADMIN) -> Any:
    return company_session(factories.scope(company, role))


async def people(db: CompanyDb) -> dict[str, int]:
    """Ann, Bob, Cyd and Dee, and the fields that the file fills in."""
    made = {name: await factories.member(db, name=name.title(), email=f"{name}@x.de", username=name)
            for name in ("ann", "bob", "cyd", "dee")}  # fmt: skip
    for name, kind in (("Level", CustomFieldType.CHOICE), ("Since", CustomFieldType.DATE),
                       ("Seats", CustomFieldType.NUMBER)):  # fmt: skip
        await custom_fields.create_field(db, name, kind, ["Gold", "Silver"])
    return {name: member.id for name, member in made.items()}


async def known(db: CompanyDb, member_id: int) -> dict[str, Any]:
    """All that an import can change of a member."""
    return {
        "tags": sorted(one.name for one in await tags.tags_of(db, member_id)),
        "lists": [name for _, name in await lists.lists_of(db, member_id)],
        "notes": list(await db.scalars(select(col(Note.body)).where(col(Note.member_id) == member_id))),
        "values": [one.value for one in await custom_fields.values_of(db, member_id)],
    }


async def planned(db: CompanyDb, text: str = FILE, **more: str) -> ImportRow:
    import_id = await imports.stage(db, "people.csv", text.encode())
    await imports.plan(db, import_id, Mapping_(COLUMNS, **more))
    return await imports.get_import(db, import_id)


async def test_columns_are_understood_by_themselves(company: CompanyRef) -> None:
    async with session(company) as db:
        await people(db)
        import_id = await imports.stage(db, "people.csv", FILE.encode())
        columns = await imports.list_import_columns(db, import_id)
        assert {one.place: one.target for one in columns} == COLUMNS
        assert columns[2].samples == ("VIP, Early bird", "vip", "VIP")
        assert {one.key for one in await imports.list_targets(db)} >= {*COLUMNS.values(), "", "lists", "whop_id"}
        bare = await imports.stage(db, "", b"x;mber_1;y@z.de\nx;mber_2;\n")
        columns = await imports.list_import_columns(db, bare)
        assert [(one.header, one.target) for one in columns] == [
            ("Column 1", ""), ("Column 2", "whop_id"), ("Column 3", "email")]  # fmt: skip
        assert (await imports.get_import(db, bare)).name == "Pasted cells"


async def test_it_says_what_it_would_do_and_does_nothing(company: CompanyRef) -> None:
    async with session(company) as db:
        ids = await people(db)
        await tags.add_tag(db, ids["bob"], "VIP")
        before = {name: await known(db, member_id) for name, member_id in ids.items()}
        row = await planned(db, tag="From the fair", list_name="Fair")
        assert (row.status, row.lines, row.matched, row.problems) == (ImportStatus.PLANNED, 7, 2, 5)
        assert set(row.changes) == {
            ChangeRow("Tag From the fair", 2, 0), ChangeRow("Tag VIP", 1, 1), ChangeRow("Tag Early bird", 1, 0),
            ChangeRow("List Fair", 2, 0), ChangeRow("Level", 1, 0), ChangeRow("Since", 2, 0),
            ChangeRow("Seats", 1, 0), ChangeRow("Notes", 1, 0)}  # fmt: skip
        assert (row.new_tags, row.new_lists) == (("From the fair", "Early bird"), ("Fair",))
        problems = {one.line: one.problem for one in await imports.list_problems(db, row.id)}
        assert problems == {
            4: "Nobody has the email “nobody@x.de”.",
            5: "Level: “Golt” is none of the choices. Did you mean “Gold”?",
            6: "Line 2 is about the same member.",
            7: "The keys of this line name different members.",
            8: "There is nothing in this line to find a member by.",
        }
        assert {name: await known(db, member_id) for name, member_id in ids.items()} == before
        assert [one.name for one in await tags.list_tags(db)] == ["VIP"]


async def test_it_does_exactly_that_and_takes_it_back(company: CompanyRef) -> None:
    async with session(company) as db:
        ids = await people(db)
        await tags.add_tag(db, ids["bob"], "VIP")
        before = {name: await known(db, member_id) for name, member_id in ids.items()}
        row = await planned(db, list_name="Fair")
        await imports.apply(db, row.id)
    async with session(company) as db:
        assert await known(db, ids["ann"]) == {
            "tags": ["Early bird", "VIP"], "lists": ["Fair"], "notes": ["Likes cats"],
            "values": ["Gold", date(2026, 4, 3), 1234.5]}  # fmt: skip
        assert (await known(db, ids["bob"]))["values"] == [None, date(2026, 12, 25), None]
        assert await known(db, ids["cyd"]) == before["cyd"]
        origins = select(col(Activity.origin)).where(col(Activity.member_id) == ids["ann"]).distinct()
        assert list(await db.scalars(origins)) == [Origin.IMPORT]
        told = {item.title for item in (await activities.timeline(db, ids["ann"])).items}
        assert told >= {"Tagged VIP", "Filled in Level", "Wrote a note"}
        again = await planned(db, list_name="Fair")
        assert again.changed == 0
        with pytest.raises(Conflict, match="already"):
            await imports.apply(db, row.id)
        await imports.undo(db, row.id)
        assert {name: await known(db, member_id) for name, member_id in ids.items()} == before
        done = await imports.get_import(db, row.id)
        assert (done.status, done.undone, done.undo_skipped) == (ImportStatus.UNDONE, row.changed, 0)
        with pytest.raises(Conflict, match="nothing to undo"):
            await imports.undo(db, row.id)
        log = select(func.count()).where(col(Activity.kind) == ActivityKind.IMPORTED)
        assert (await db.scalars(log)).one() == 2


async def test_undo_leaves_what_was_changed_since(company: CompanyRef) -> None:
    async with session(company) as db:
        ids = await people(db)
        row = await planned(db)
        await imports.apply(db, row.id)
        [level, *_] = await custom_fields.list_fields(db)
        await custom_fields.set_value(db, ids["ann"], level.id, "Silver")
        [note] = await notes.list_notes(db, ids["ann"])
        await notes.edit_note(db, note.id, "Likes dogs")
        early = next(one.id for one in await tags.list_tags(db) if one.name == "Early bird")
        await tags.delete_tag(db, early)
        await imports.undo(db, row.id)
        assert await known(db, ids["ann"]) == {
            "tags": [], "lists": [], "notes": ["Likes dogs"], "values": ["Silver", None, None]}  # fmt: skip
        assert (await imports.get_import(db, row.id)).undo_skipped == 3


async def test_nearest_names_are_offered(company: CompanyRef) -> None:
    async with session(company) as db:
        await factories.member(db, name="Jonathan", email="jonathan.smith@example.com", username="jonny_smith")
        import_id = await imports.stage(db, "x", b"Email,Tags\njonathan.smtih@example.com,VIP\nqqq@nowhere.org,VIP\n")
        await imports.plan(db, import_id, Mapping_({0: "email", 1: "tags"}))
        first, second = await imports.list_problems(db, import_id)
        assert first.problem.endswith("Did you mean “jonathan.smith@example.com”?")
        assert second.problem == "Nobody has the email “qqq@nowhere.org”."
        text = await imports.write_problems(db, import_id)
        assert text.splitlines()[1].startswith('"2","Nobody has the email “jonathan.smtih@example.com”."')
        await imports.discard(db, import_id)
        with pytest.raises(NotFound):
            await imports.get_import(db, import_id)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (Mapping_({2: "tags"}), "which column finds the member"),
        (Mapping_({0: "email"}), "what to bring in"),
        (Mapping_({0: "email", 6: "note", 5: "note"}), "same thing"),
        (Mapping_({0: "email", 2: "custom.gone"}), "changed meanwhile"),
        (Mapping_({0: "email", 99: "tags"}), "changed meanwhile"),
        (Mapping_({0: "email"}, tag="x" * 41), "at most 40"),
        (Mapping_({0: "email"}, list_name="x" * 400), "A list's name"),
    ],
)
async def test_columns_that_cannot_be(company: CompanyRef, mapping: Mapping_, says: str) -> None:
    async with session(company) as db:
        await people(db)
        import_id = await imports.stage(db, "people.csv", FILE.encode())
        with pytest.raises(InvalidInput, match=says):
            await imports.plan(db, import_id, mapping)
        with pytest.raises(Conflict, match="what the columns are"):
            await imports.apply(db, import_id)


async def test_a_column_of_anything_makes_no_thousand_tags(company: CompanyRef) -> None:
    async with session(company) as db:
        for n in range(201):
            await factories.member(db, email=f"m{n}@x.de")
        text = "Email,Tags\n" + "".join(f"m{n}@x.de,{n} things\n" for n in range(201))
        import_id = await imports.stage(db, "x", text.encode())
        with pytest.raises(InvalidInput, match="201 new tags"):
            await imports.plan(db, import_id, Mapping_({0: "email", 1: "tags"}))


async def test_what_goes_wrong_half_way_changes_nothing(company: CompanyRef) -> None:
    async with session(company) as db:
        ids = await people(db)
        before = await known(db, ids["ann"])
        row = await planned(db)
    with pytest.raises(asyncio.CancelledError):
        async with session(company) as db:
            await imports.apply(db, row.id)
            assert await known(db, ids["ann"]) != before
            raise asyncio.CancelledError
    async with session(company) as db:
        assert await known(db, ids["ann"]) == before
        assert (await imports.get_import(db, row.id)).status is ImportStatus.PLANNED
        await db.execute(delete(Member).where(col(Member.id) == ids["ann"]))
        await imports.apply(db, row.id)
        assert (await known(db, ids["bob"]))["tags"] == ["VIP"]


async def test_old_ones_are_forgotten_and_cannot_be_taken_back(company: CompanyRef) -> None:
    async with session(company) as db:
        await people(db)
        row = await planned(db)
        await imports.apply(db, row.id)
        old = datetime.now(UTC) - timedelta(days=32)
        await db.execute(update(Import).values(created_at=old, applied_at=old))
        with pytest.raises(Conflict, match="30 days"):
            await imports.undo(db, row.id)
    async with company_session(factories.scope(company, Role.SYSTEM)) as db:
        assert await imports.forget_old_imports(db) == 1
        assert list(await db.scalars(select(ImportChunk))) == []
        for n in range(22):
            await imports.stage(db, str(n), b"a@x.de,1\n")
        assert len(await imports.list_imports(db, 50)) == 20


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.VIEWER])
async def test_who_may_not(company: CompanyRef, role: Role) -> None:
    async with session(company, role) as db:
        with pytest.raises(Forbidden):
            await imports.stage(db, "x", b"a@x.de,1")


async def test_another_companys_members_are_nobody(company: CompanyRef) -> None:
    async with session(await factories.company()) as db:
        theirs = await people(db)
        row = await planned(db)
    async with session(company) as db:
        for wrong in (imports.get_import(db, row.id), imports.apply(db, row.id), imports.write_problems(db, row.id)):
            with pytest.raises(NotFound):
                await wrong
        await custom_fields.create_field(db, "Level", CustomFieldType.TEXT)
        import_id = await imports.stage(db, "x", FILE.encode())
        await imports.plan(db, import_id, Mapping_({0: "email", 1: "username", 2: "tags"}))
        assert (await imports.get_import(db, import_id)).matched == 0
        assert theirs
