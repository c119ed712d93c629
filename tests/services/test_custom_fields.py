"""Fields of the company's own: made, ordered, archived, filled in; what stands in them is found by filters."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from tests.support import factories
from whop_crm import filters
from whop_crm.access import CompanyRef, Role
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.models import Member, Usage
from whop_crm.models.enums import ActivityKind, CustomFieldType, UsedKind, UserKind
from whop_crm.services import activities, custom_fields
from whop_crm.services.custom_fields import MOST_FIELDS, Change, FieldRow, Value

TEXT, NUMBER, DATE, CHOICE, YES_NO = CustomFieldType


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


def session(company: CompanyRef, role: Role = Role.ADMIN) -> Any:
    return company_session(factories.scope(company, role))


async def names(db: CompanyDb, *, archived: bool = False) -> list[str]:
    return [one.name for one in await custom_fields.list_fields(db, archived=archived)]


async def told(db: CompanyDb, member_id: int) -> list[tuple[str, str]]:
    items = (await activities.timeline(db, member_id)).items
    assert {one.kind for one in items} <= {ActivityKind.FIELD_CHANGED}
    return [(one.title, one.detail) for one in items]


async def found(db: CompanyDb, field: FieldRow, op: str, value: Any = None) -> int:
    """How many members a filter on the field finds."""
    condition = {"field": f"custom.{field.key}", "op": op} | ({} if value is None else {"value": value})
    asked = await filters.asked_now(db)
    wanted = filters.resolve(filters.parse({"where": condition}), asked.words)
    where = filters.compile_filter(wanted, asked)
    return (await db.scalars(select(func.count()).select_from(Member).where(col(Member.counted), where))).one()


async def test_fields_are_made_renamed_and_ordered(company: CompanyRef) -> None:
    async with session(company) as db:
        colour = await custom_fields.create_field(db, "  Favourite   colour ", TEXT)
        size = await custom_fields.create_field(db, "Size", CHOICE, ["S", " M ", "", "L"])
        assert (colour.key, colour.name, size.choices) == ("favourite_colour", "Favourite colour", ("S", "M", "L"))
        await custom_fields.rename_field(db, colour.id, "Colour")
        again = await custom_fields.create_field(db, "Favourite colour", TEXT)
        assert again.key == "favourite_colour_2"
        assert (await custom_fields.create_field(db, "日本", TEXT)).key
        assert await names(db) == ["Colour", "Size", "Favourite colour", "日本"]
        await custom_fields.move_field(db, again.id, 0)
        await custom_fields.move_field(db, colour.id, 99)
        assert await names(db) == ["Favourite colour", "Size", "日本", "Colour"]
        assert (await custom_fields.get_field(db, colour.id)).key == "favourite_colour"


async def test_an_archived_field_is_out_of_sight_and_comes_back_whole(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        field = await custom_fields.create_field(db, "Size", TEXT)
        await custom_fields.set_value(db, member.id, field.id, "L")
        await custom_fields.archive_field(db, field.id)
        assert (await names(db), await names(db, archived=True)) == ([], ["Size"])
        assert await custom_fields.values_of(db, member.id) == []
        with pytest.raises(filters.BadFilter):
            await found(db, field, "is_set")
        with pytest.raises(Conflict, match="archived"):
            await custom_fields.set_value(db, member.id, field.id, "M")
        other = await custom_fields.create_field(db, "size", TEXT)
        with pytest.raises(Conflict, match="called “Size”"):
            await custom_fields.restore_field(db, field.id)
        await custom_fields.rename_field(db, other.id, "Shoe size")
        await custom_fields.restore_field(db, field.id)
        assert [one.shown for one in await custom_fields.values_of(db, member.id)] == ["L", ""]


@pytest.mark.parametrize(
    ("kind", "raw", "value", "shown", "conditions"),
    [
        (TEXT, " Zoë Ångström ", "Zoë Ångström", "Zoë Ångström", [("contains", "angs"), ("is", "zoë angström")]),
        (NUMBER, "-1,234.5", -1234.5, "-1,234.5", [("less_than", 0), ("equals", -1234.5)]),
        (DATE, "5 Nov 1960", date(1960, 11, 5), "5 Nov 1960", [("before", "1965-01-01"), ("is_set", None)]),
        (CHOICE, "GOLD", "Gold", "Gold", [("is", "Gold"), ("is_none_of", ["Silver"])]),
        (YES_NO, "no", False, "No", [("is", False)]),
    ],
)
async def test_a_value_is_kept_shown_told_and_found(
    company: CompanyRef, kind: CustomFieldType, raw: str, value: Value, shown: str, conditions: list[tuple[str, Any]]
) -> None:
    async with session(company) as db:
        member, _other = await factories.member(db), await factories.member(db)
        field = await custom_fields.create_field(db, "Own", kind, ["Gold", "Silver"])
        assert await custom_fields.set_value(db, member.id, field.id, raw) == Change(member.id, field.id, None, value)
        [row] = await custom_fields.values_of(db, member.id)
        assert (row.value, row.shown) == (value, shown)
        assert custom_fields.read_value(field, row.typed) == value
        assert await custom_fields.values_of_many(db, [member.id]) == {(member.id, field.id): value}
        for op, wanted in conditions:
            assert await found(db, field, op, wanted) == (2 if op == "is_none_of" else 1), op
        await custom_fields.set_value(db, member.id, field.id, raw)
        assert await told(db, member.id) == [("Filled in Own", shown)]
        await custom_fields.set_value(db, member.id, field.id, "  ")
        assert (await told(db, member.id))[0] == ("Emptied Own", f"It was {shown}")
        assert await found(db, field, "is_set") == 0
        assert [one.members for one in await custom_fields.count_values(db)] == [0]


async def test_a_long_text_is_found_by_its_end(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        field = await custom_fields.create_field(db, "Story", TEXT)
        await custom_fields.set_value(db, member.id, field.id, "漢" * 490 + " the end")
        assert await found(db, field, "contains", "the end") == 1
        assert await found(db, field, "is", "漢" * 200) == 0


async def test_choices_are_renamed_with_what_members_have(company: CompanyRef) -> None:
    async with session(company) as db:
        ann, bob = await factories.member(db), await factories.member(db)
        field = await custom_fields.create_field(db, "Level", CHOICE, ["Gold", "Silver", "Bronze"])
        await custom_fields.set_value(db, ann.id, field.id, "Gold")
        await custom_fields.set_value(db, bob.id, field.id, "Silver")
        swap = {"Gold": "Silver", "Silver": "Gold"}
        await custom_fields.change_choices(db, field.id, ["Silver", "Gold", "Iron"], swap)
        field = await custom_fields.get_field(db, field.id)
        assert field.choices == ("Silver", "Gold", "Iron")
        assert await custom_fields.values_of_many(db, [ann.id, bob.id]) == {
            (ann.id, field.id): "Silver", (bob.id, field.id): "Gold"}  # fmt: skip
        assert (await found(db, field, "is", "Silver"), await found(db, field, "is", "Iron")) == (1, 0)
        await custom_fields.change_choices(db, field.id, ["SILVER", "Gold"])
        assert (await custom_fields.values_of(db, ann.id))[0].value == "SILVER"
        with pytest.raises(Conflict, match="1 member has “Gold”"):
            await custom_fields.change_choices(db, field.id, ["Silver"])


async def test_what_a_filter_asks_for_is_not_taken_away(company: CompanyRef) -> None:
    async with session(company) as db:
        field = await custom_fields.create_field(db, "Level", CHOICE, ["Gold", "Silver"])
        db.add(Usage(company_id=company.id, user_kind=UserKind.VIEW, user_id=1, used_kind=UsedKind.FIELD,
                     used_id=field.id))  # fmt: skip
        await db.flush()
        with pytest.raises(Conflict, match="used by a private view"):
            await custom_fields.archive_field(db, field.id)
        with pytest.raises(Conflict, match="used by a private view"):
            await custom_fields.change_choices(db, field.id, ["Gold"])
        await custom_fields.change_choices(db, field.id, ["Silver", "GOLD", "New"])


@pytest.mark.parametrize(
    ("name", "kind", "choices", "field"),
    [
        ("", TEXT, [], "name"),
        ("x" * 41, TEXT, [], "name"),
        ("Level", CHOICE, [], "choices"),
        ("Level", CHOICE, ["a", "À", "b"], "choices"),
        ("Level", CHOICE, ["x" * 61], "choices"),
        ("Level", CHOICE, [str(n) for n in range(101)], "choices"),
    ],
)
async def test_a_field_that_cannot_be(
    company: CompanyRef, name: str, kind: CustomFieldType, choices: list[str], field: str
) -> None:
    async with session(company) as db:
        with pytest.raises(InvalidInput) as caught:
            await custom_fields.create_field(db, name, kind, choices)
        assert caught.value.field == field
        assert await names(db) == []


async def test_names_are_taken_and_room_is_limited(company: CompanyRef) -> None:
    async with session(company) as db:
        first = await custom_fields.create_field(db, "Field 0", TEXT)
        with pytest.raises(Conflict, match="called “field 0”"):
            await custom_fields.create_field(db, "field 0", NUMBER)
        for n in range(1, MOST_FIELDS):
            await custom_fields.create_field(db, f"Field {n}", TEXT)
        with pytest.raises(Conflict, match="at most 50 fields"):
            await custom_fields.create_field(db, "One more", TEXT)
        await custom_fields.archive_field(db, first.id)
        await custom_fields.create_field(db, "One more", TEXT)
        with pytest.raises(Conflict, match="at most 50 fields"):
            await custom_fields.restore_field(db, first.id)


async def test_many_values_at_once(company: CompanyRef) -> None:
    async with session(company) as db:
        people = [await factories.member(db) for _ in range(3)]
        for kind, one, other in ((NUMBER, 1.0, 2.5), (DATE, date(2026, 1, 2), date(1950, 1, 2)), (YES_NO, True, False),
                                 (TEXT, "a", "b"), (CHOICE, "Gold", "Silver")):  # fmt: skip
            field = await custom_fields.create_field(db, kind.value, kind, ["Gold", "Silver"])
            await custom_fields.set_value(db, people[0].id, field.id, custom_fields.typed(one))
            await custom_fields.set_value(db, people[1].id, field.id, custom_fields.typed(other))
            wanted = [(people[0].id, one), (people[1].id, one), (people[2].id, other), (10**9, one)]
            assert sorted(await custom_fields.write_values(db, field, wanted), key=lambda c: c.member_id) == [
                Change(people[1].id, field.id, other, one), Change(people[2].id, field.id, None, other)]  # fmt: skip
            assert await found(db, field, "is_set") == 3
            assert [c.after for c in await custom_fields.write_values(db, field, [(people[2].id, None)])] == [None]
            assert await found(db, field, "is_set") == 2


async def test_who_may_what(company: CompanyRef) -> None:
    async with session(company) as db:
        member = await factories.member(db)
        field = await custom_fields.create_field(db, "Size", TEXT)
    async with session(company, Role.SUPPORT) as db:
        await custom_fields.set_value(db, member.id, field.id, "L")
        with pytest.raises(Forbidden):
            await custom_fields.rename_field(db, field.id, "x")
    async with session(company, Role.VIEWER) as db:
        assert [one.shown for one in await custom_fields.values_of(db, member.id)] == ["L"]
        with pytest.raises(Forbidden):
            await custom_fields.set_value(db, member.id, field.id, "M")


async def test_nothing_of_another_company(company: CompanyRef) -> None:
    async with session(await factories.company()) as db:
        theirs, field = await factories.member(db), await custom_fields.create_field(db, "Size", TEXT)
    async with session(company) as db:
        member, own = await factories.member(db), await custom_fields.create_field(db, "Size", TEXT)
        for wrong in (custom_fields.set_value(db, member.id, field.id, "x"),
                      custom_fields.set_value(db, theirs.id, own.id, "x"),
                      custom_fields.rename_field(db, field.id, "x"), custom_fields.archive_field(db, field.id),
                      custom_fields.restore_field(db, field.id), custom_fields.move_field(db, field.id, 0),
                      custom_fields.change_choices(db, field.id, ["x"])):  # fmt: skip
            with pytest.raises(NotFound):
                await wrong
        assert await custom_fields.write_values(db, own, [(theirs.id, "x")]) == []
