"""Many values at once, for imports and what is undone. Told on each timeline."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.models.enums import ActivityKind, CustomFieldType, Origin
from whop_crm.services import activities
from whop_crm.services.bulk import as_json
from whop_crm.services.custom_fields.schemas import Change, FieldRow, Value
from whop_crm.services.custom_fields.values import COLUMNS, columns, shown, value_of

_RECORDS = (
    "json_to_recordset(CAST(:rows AS json)) AS r(member_id bigint, text_value text, folded text,"
    " number_value float8, date_value date, flag_value boolean)"
)
_IN = """
SELECT v.member_id, v.text_value, v.number_value, v.date_value, v.flag_value
FROM (SELECT CAST(value AS bigint) AS id FROM json_array_elements_text(CAST(:ids AS json)) OFFSET 0) wanted
JOIN custom_values v ON v.member_id = wanted.id AND v.field_id = :field"""
_EMPTY = "(g.text_value, g.number_value, g.date_value, g.flag_value) IS NOT DISTINCT FROM (NULL, NULL, NULL, NULL)"
_WRITE = f"""
WITH given AS MATERIALIZED (
    SELECT r.*, t.text_value AS old_text, t.number_value AS old_number, t.date_value AS old_date,
           t.flag_value AS old_flag
    FROM {_RECORDS} CROSS JOIN LATERAL (SELECT id FROM members WHERE id = r.member_id OFFSET 0) m
    LEFT JOIN LATERAL (
        SELECT * FROM custom_values WHERE field_id = :field AND member_id = r.member_id FOR UPDATE
    ) t ON true
    WHERE (t.text_value, t.number_value, t.date_value, t.flag_value)
        IS DISTINCT FROM (r.text_value, r.number_value, r.date_value, r.flag_value)
), emptied AS (
    DELETE FROM custom_values
    WHERE field_id = :field AND member_id = ANY (ARRAY(SELECT member_id FROM given g WHERE {_EMPTY}))
), written AS (
    INSERT INTO custom_values AS v (company_id, field_id, member_id, {", ".join(COLUMNS)}, changed_by)
    SELECT :company, :field, member_id, {", ".join(COLUMNS)}, :by FROM given g WHERE NOT {_EMPTY} ORDER BY member_id
    ON CONFLICT (company_id, field_id, member_id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in COLUMNS)}, changed_at = now(), changed_by = :by
)
SELECT member_id, old_text AS text_value, old_number AS number_value, old_date AS date_value, old_flag AS flag_value
FROM given"""  # noqa: S608 - names are ours


async def write_values(
    db: CompanyDb, field: FieldRow, values: Sequence[tuple[int, Value | None]], origin: Origin = Origin.LIVE
) -> list[Change]:
    """Writes one field of many members, by their ids, each at most once; what changed. Unknown members are left out."""
    db.scope.require(Permission.VALUES_WRITE)
    if not values:
        return []
    rows = [{"member_id": member_id, **_columns(field.type, value)} for member_id, value in values]
    given = {"rows": as_json(rows), "company": db.scope.company_id, "field": field.id, "by": db.scope.actor.user_id}
    after = dict(values)
    found = (await db.execute(text(_WRITE), given)).mappings()
    changes = [Change(row["member_id"], field.id, value_of(row), after[row["member_id"]]) for row in found]  # pyright: ignore[reportArgumentType] # a RowMapping is a mapping
    if changes:
        db.touch((one.member_id for one in changes), Topic.CUSTOM_VALUES)
    subject = f"field:{field.id}"
    told = [(one.member_id, subject, *said(field.name, one)) for one in changes]
    await activities.record_by_team_each(db, ActivityKind.FIELD_CHANGED, told, origin)
    return changes


async def undo_values(db: CompanyDb, field: FieldRow, changes: Sequence[Change]) -> int:
    """Writes back what was there before, where it is still what the change left; how many."""
    db.scope.require(Permission.VALUES_WRITE)
    have = await values_in(db, field, [one.member_id for one in changes], lock=True)
    still = [one for one in changes if have.get(one.member_id) == one.after]
    return len(await write_values(db, field, [(one.member_id, one.before) for one in still], Origin.UNDO))


async def values_in(
    db: CompanyDb, field: FieldRow, member_ids: Sequence[int], *, lock: bool = False
) -> dict[int, Value]:
    """What these members have in one field, by member; with `lock` nobody changes it until the end."""
    db.scope.require(Permission.MEMBERS_READ)
    if not member_ids:
        return {}
    given = {"ids": as_json(member_ids), "field": field.id}
    rows = (await db.execute(text(_IN + (" FOR UPDATE OF v" if lock else "")), given)).mappings()
    values = {row["member_id"]: value_of(row) for row in rows}  # pyright: ignore[reportArgumentType] # as above
    return {member_id: value for member_id, value in values.items() if value is not None}


def said(name: str, change: Change) -> tuple[str, str]:
    """What the timeline says of it: title and detail."""
    before, after = shown(change.before), shown(change.after)
    if not after:
        return f"Emptied {name}", f"It was {before}"
    return (f"Changed {name}", f"{before} → {after}") if before else (f"Filled in {name}", after)


def _columns(kind: CustomFieldType, value: Value | None) -> dict[str, object]:
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in columns(kind, value).items()}
