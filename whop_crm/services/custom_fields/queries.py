"""Reading fields of the company's own and what stands in them."""

from collections.abc import Collection

from sqlalchemy import and_, func, select, text
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import CustomField, CustomValue, Member
from whop_crm.services.bulk import as_json, looked_up
from whop_crm.services.custom_fields.schemas import FieldCount, FieldRow, Value, ValueRow
from whop_crm.services.custom_fields.values import shown, typed, value_of

_OF_MANY = f"""
    SELECT v.field_id, v.member_id, v.text_value, v.number_value, v.date_value, v.flag_value
    FROM {looked_up("custom_values", "member_id")} v"""  # noqa: S608 - names are ours


async def list_fields(db: CompanyDb, *, archived: bool = False) -> list[FieldRow]:
    """The fields in their order; the archived ones, the latest first, where `archived`."""
    db.scope.require(Permission.MEMBERS_READ)
    when = col(CustomField.archived_at)
    those = when.is_not(None) if archived else when.is_(None)
    order = when.desc() if archived else col(CustomField.position)
    found = await db.scalars(select(CustomField).where(those).order_by(order, col(CustomField.id)))
    return [row_of(one) for one in found]


async def get_field(db: CompanyDb, field_id: int) -> FieldRow:
    """Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    return row_of(await load(db, field_id))


async def count_values(db: CompanyDb, *, archived: bool = False) -> list[FieldCount]:
    """The same as `list_fields`, each with how many members have a value in it."""
    db.scope.require(Permission.MEMBERS_READ)
    counted = and_(col(Member.id) == col(CustomValue.member_id), col(Member.counted))
    filled = select(col(CustomValue.field_id), func.count()).join(Member, counted).group_by(col(CustomValue.field_id))
    members = dict(list(await db.execute(filled)))
    fields = await list_fields(db, archived=archived)
    return [FieldCount(one, members.get(one.id, 0)) for one in fields]


async def count_archived_values(db: CompanyDb) -> list[FieldCount]:
    """The same of the archived fields."""
    db.scope.require(Permission.MEMBERS_READ)
    return await count_values(db, archived=True)


async def values_of(db: CompanyDb, member_id: int) -> list[ValueRow]:
    """Every field in its order, with what this member has in it."""
    db.scope.require(Permission.MEMBERS_READ)
    found = await db.scalars(select(CustomValue).where(col(CustomValue.member_id) == member_id))
    values = {one.field_id: value_of(one) for one in found}
    return [_filled(field, values.get(field.id)) for field in await list_fields(db)]


def _filled(field: FieldRow, value: Value | None) -> ValueRow:
    return ValueRow(field, value, shown(value), typed(value))


async def values_of_many(db: CompanyDb, member_ids: Collection[int]) -> dict[tuple[int, int], Value]:
    """What these members have, by member and field."""
    db.scope.require(Permission.MEMBERS_READ)
    if not member_ids:
        return {}
    rows = (await db.execute(text(_OF_MANY), {"ids": as_json(sorted(member_ids))})).mappings()
    values = {(row["member_id"], row["field_id"]): value_of(row) for row in rows}  # pyright: ignore[reportArgumentType] # a RowMapping is a mapping
    return {key: value for key, value in values.items() if value is not None}


async def load(db: CompanyDb, field_id: int, *, lock: bool = False) -> CustomField:
    """Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    statement = select(CustomField).where(col(CustomField.id) == field_id)
    found = (await db.scalars(statement.with_for_update() if lock else statement)).one_or_none()
    if found is None:
        raise NotFound("There is no such field in this company. Somebody may have changed it.")
    return found


def row_of(field: CustomField) -> FieldRow:
    choices = tuple(field.options.get("choices", ()))
    return FieldRow(field.id, field.key, field.name, field.type, choices, field.archived_at)
