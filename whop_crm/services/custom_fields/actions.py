"""Making and changing the fields, and one member's value. What changes stands on the member's timeline."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from whop_crm import filters
from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.errors import Conflict, InvalidInput, NotFound
from whop_crm.models import CustomField, CustomValue, Member
from whop_crm.models.enums import ActivityKind, CustomFieldType, UsedKind
from whop_crm.services import activities, usages
from whop_crm.services.bulk import as_json
from whop_crm.services.custom_fields.queries import load, row_of
from whop_crm.services.custom_fields.schemas import (
    CHOICE_LIMIT,
    MOST_CHOICES,
    MOST_EVER,
    MOST_FIELDS,
    NAME_LIMIT,
    Change,
    FieldRow,
    Value,
)
from whop_crm.services.custom_fields.values import columns, read_value, value_of
from whop_crm.services.custom_fields.writing import said
from whop_crm.text import fold, one_line

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('custom_fields ' || CAST(:company AS text), 0))"
_RENAME_CHOICES = """
UPDATE custom_values v SET text_value = r.name, folded = r.folded
FROM json_to_recordset(CAST(:names AS json)) r(old text, name text, folded text)
WHERE v.field_id = :field AND v.folded = r.old AND v.text_value <> r.name"""


async def create_field(db: CompanyDb, name: str, kind: CustomFieldType, choices: Sequence[str] = ()) -> FieldRow:
    """A new field, behind the others. Raises InvalidInput, and Conflict where a field has that name."""
    db.scope.require(Permission.FIELDS_WRITE)
    wanted, offered = field_name(name), _choices(kind, choices)
    await _alone(db)
    ever, active, last = (await db.execute(select(
        func.count(), func.count().filter(col(CustomField.archived_at).is_(None)),
        func.coalesce(func.max(col(CustomField.position)), 0)).select_from(CustomField))).one()  # fmt: skip
    _check_room(active, ever)
    field = CustomField(
        company_id=db.scope.company_id,
        key=await _free_key(db, wanted),
        name=wanted,
        type=kind,
        options={"choices": list(offered)} if kind is CustomFieldType.CHOICE else {},
        position=last + 1,
    )
    try:
        async with db.begin_nested():
            db.add(field)
    except IntegrityError:
        raise _taken(wanted) from None
    db.touch_many()
    return row_of(field)


async def rename_field(db: CompanyDb, field_id: int, name: str) -> None:
    """Its key stays. Raises NotFound, InvalidInput, and Conflict where another field has that name."""
    db.scope.require(Permission.FIELDS_WRITE)
    wanted = field_name(name)
    await load(db, field_id)
    await _write(db, field_id, wanted, name=wanted)


async def change_choices(
    db: CompanyDb, field_id: int, choices: Sequence[str], renamed: Mapping[str, str] | None = None
) -> None:
    """What can be chosen, in this order; `renamed` tells new names by old ones, and renames what members have.

    Raises InvalidInput, NotFound, and Conflict where members or a filter have a choice that would go.
    """
    db.scope.require(Permission.FIELDS_WRITE)
    field = row_of(await load(db, field_id, lock=True))
    if field.type is not CustomFieldType.CHOICE:
        raise InvalidInput(f"“{field.name}” is not a field with choices.", "choices")
    offered = _choices(field.type, choices)
    new = {fold(old): name for old, name in (renamed or {}).items()}
    kept = {fold(one) for one in offered}
    if any(fold(one) not in kept for one in field.choices):
        await usages.refuse_if_used(db, UsedKind.FIELD, field_id, f"the field “{field.name}”")
    await _refuse_gone(db, field, {fold(one) for one in field.choices} - kept - new.keys())
    if not {fold(one) for one in new.values()} <= kept:
        raise InvalidInput("A choice was renamed to something that is not among the choices.", "choices")
    await db.execute(
        update(CustomField).where(col(CustomField.id) == field_id).values(options={"choices": list(offered)})
    )
    await _spell(db, field_id, {fold(one): one for one in offered} | new)
    db.touch_many(Topic.CUSTOM_VALUES)


async def move_field(db: CompanyDb, field_id: int, place: int) -> None:
    """Puts a field at a place among the others, 0 the first. Raises NotFound."""
    db.scope.require(Permission.FIELDS_WRITE)
    await _alone(db)
    active = col(CustomField.archived_at).is_(None)
    order = col(CustomField.position), col(CustomField.id)
    ids = list(await db.scalars(select(col(CustomField.id)).where(active).order_by(*order)))
    if field_id not in ids:
        raise NotFound("There is no such field in this company. Somebody may have changed it.")
    ids.remove(field_id)
    ids.insert(min(max(place, 0), len(ids)), field_id)
    for position, one in enumerate(ids, 1):
        await db.execute(update(CustomField).where(col(CustomField.id) == one).values(position=position))
    db.touch_many()


async def archive_field(db: CompanyDb, field_id: int) -> None:
    """Takes a field out of sight; what members have in it is kept. Raises NotFound, and Conflict where it is used."""
    db.scope.require(Permission.FIELDS_WRITE)
    field = await load(db, field_id, lock=True)
    await usages.refuse_if_used(db, UsedKind.FIELD, field_id, f"the field “{field.name}”")
    await _write(db, field_id, field.name, archived_at=field.archived_at or datetime.now(UTC))


async def restore_field(db: CompanyDb, field_id: int) -> None:
    """Brings an archived field back with all that stands in it. Raises NotFound, and Conflict."""
    db.scope.require(Permission.FIELDS_WRITE)
    await _alone(db)
    field = await load(db, field_id, lock=True)
    if field.archived_at is None:
        return
    active = select(func.count()).select_from(CustomField).where(col(CustomField.archived_at).is_(None))
    _check_room((await db.scalars(active)).one(), 0)
    await _write(db, field_id, field.name, archived_at=None)


async def set_value(db: CompanyDb, member_id: int, field_id: int, raw: object) -> Change:
    """Fills in one field of a member, or empties it. Raises InvalidInput, NotFound, Conflict for an archived field."""
    db.scope.require(Permission.VALUES_WRITE)
    field = row_of(await load(db, field_id))
    if field.archived_at is not None:
        raise Conflict(f"“{field.name}” is archived. An admin can bring it back in the settings.")
    value = read_value(field, raw)
    known = select(col(Member.id)).where(col(Member.id) == member_id).with_for_update(key_share=True)
    if (await db.scalars(known)).one_or_none() is None:
        raise NotFound("There is no such member in this company.")
    mine = col(CustomValue.member_id) == member_id, col(CustomValue.field_id) == field_id
    stored = (await db.scalars(select(CustomValue).where(*mine).with_for_update())).one_or_none()
    before = stored and value_of(stored)
    if before == value:
        return Change(member_id, field_id, before, value)
    await _store(db, member_id, field, value)
    change = Change(member_id, field_id, before, value)
    told = said(field.name, change)
    await activities.record_by_team(db, ActivityKind.FIELD_CHANGED, member_id, f"field:{field_id}", *told)
    return change


async def _store(db: CompanyDb, member_id: int, field: FieldRow, value: Value | None) -> None:
    if value is None:
        mine = col(CustomValue.member_id) == member_id, col(CustomValue.field_id) == field.id
        await db.execute(delete(CustomValue).where(*mine))
        return
    written = {**columns(field.type, value), "changed_at": datetime.now(UTC), "changed_by": db.scope.actor.user_id}
    row = {"company_id": db.scope.company_id, "member_id": member_id, "field_id": field.id, **written}
    key = ["company_id", "field_id", "member_id"]
    await db.execute(insert(CustomValue).values(row).on_conflict_do_update(index_elements=key, set_=written))


def field_name(name: str) -> str:
    """The name as it is stored. Raises InvalidInput."""
    found = one_line(name)
    if not found:
        raise InvalidInput("A field needs a name.", "name")
    if len(found) > NAME_LIMIT:
        raise InvalidInput(
            f"A field's name can have at most {NAME_LIMIT} characters; this one has {len(found)}.", "name"
        )
    return found


def _choices(kind: CustomFieldType, choices: Sequence[str]) -> tuple[str, ...]:
    """The choices as they are stored. Raises InvalidInput."""
    found = [name for one in choices if (name := one_line(one))]
    if kind is not CustomFieldType.CHOICE:
        return ()
    if not found:
        raise InvalidInput("Write at least one choice, each on a line of its own.", "choices")
    if len(found) > MOST_CHOICES:
        raise InvalidInput(f"A field can have at most {MOST_CHOICES} choices; these are {len(found)}.", "choices")
    seen: dict[str, str] = {}
    for one in found:
        if len(one) > CHOICE_LIMIT or not 0 < len(fold(one)) <= filters.OWN_LENGTH:
            raise InvalidInput(f"A choice has 1 to {CHOICE_LIMIT} characters; “{one[:40]}” has not.", "choices")
        if fold(one) in seen:
            raise InvalidInput(
                f"“{seen[fold(one)]}” and “{one}” are the same choice but for case and accents.", "choices"
            )
        seen[fold(one)] = one
    return tuple(found)


async def _refuse_gone(db: CompanyDb, field: FieldRow, gone: set[str]) -> None:
    """Raises Conflict where members have a choice that would go."""
    mine = col(CustomValue.field_id) == field.id, col(CustomValue.folded).in_(gone)
    counts = select(col(CustomValue.text_value), func.count()).where(*mine).group_by(col(CustomValue.text_value))
    found = (await db.execute(counts.order_by(func.count().desc()).limit(1))).first() if gone else None
    if found is not None:
        name, n = found
        have = "member has" if n == 1 else "members have"
        raise Conflict(f"{n:,} {have} “{name}”. Rename it or give them another choice first.")


async def _spell(db: CompanyDb, field_id: int, names: dict[str, str]) -> None:
    """Writes the choices that members have as they are spelled now; `names` by the folded name they had."""
    rows = [{"old": old, "name": name, "folded": fold(name)} for old, name in names.items()]
    await db.execute(text(_RENAME_CHOICES), {"field": field_id, "names": as_json(rows)})


async def _alone(db: CompanyDb) -> None:
    """Nobody else makes, orders or brings back a field of this company meanwhile."""
    await db.execute(text(_ONE_AT_A_TIME), {"company": db.scope.company_id})


def _check_room(active: int, ever: int) -> None:
    if active >= MOST_FIELDS:
        raise Conflict(f"A company can have at most {MOST_FIELDS} fields. Archive one first.")
    if ever >= MOST_EVER:
        raise Conflict(
            f"A company can make at most {MOST_EVER} fields, archived ones included. Rename an archived one."
        )


async def _free_key(db: CompanyDb, name: str) -> str:
    """`favourite_colour`, or `favourite_colour_2` where that is taken."""
    wanted = re.sub("[^a-z0-9]+", "_", fold(name)).strip("_")[:NAME_LIMIT] or "field"
    taken = set(await db.scalars(select(col(CustomField.key))))
    return next(key for n in range(1, len(taken) + 2) if (key := wanted if n == 1 else f"{wanted}_{n}") not in taken)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a field called “{name}” already.")


async def _write(db: CompanyDb, field_id: int, called: str, **values: object) -> None:
    """Raises Conflict where another field has the name."""
    try:
        async with db.begin_nested():
            await db.execute(update(CustomField).where(col(CustomField.id) == field_id).values(**values))
    except IntegrityError:
        raise _taken(called) from None
    db.touch_many()
