"""What would be done, in steps, and to how many it would be new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput
from whop_crm.models.importing import StepKind
from whop_crm.services import custom_fields, lists, tags
from whop_crm.services.bulk import Row, as_json, looked_up
from whop_crm.services.custom_fields import FieldRow, Value
from whop_crm.services.imports.schemas import MOST_NEW_NAMES, STEP, ChangeRow
from whop_crm.services.imports.understanding import Deeds, Named

_CARRIED = f"""
SELECT count(*) FROM {looked_up("member_tags", "member_id")} t WHERE t.tag_id = :what"""  # noqa: S608 - names are ours
_LISTED = f"""
SELECT count(*) FROM {looked_up("list_members", "member_id")} t WHERE t.list_id = :what"""  # noqa: S608 - names are ours
_NOTED = f"SELECT t.member_id, t.body FROM {looked_up('notes', 'member_id')} t"  # noqa: S608 - names are ours


@dataclass(slots=True)
class Planned:
    rows: list[Row] = field(default_factory=list[Row])
    changes: list[ChangeRow] = field(default_factory=list[ChangeRow])
    new_tags: list[str] = field(default_factory=list[str])
    new_lists: list[str] = field(default_factory=list[str])

    def add(self, kind: StepKind, name: str, target_id: int | None, given: Sequence[Any]) -> None:
        for start in range(0, len(given), STEP):
            part = list(given[start : start + STEP])
            self.rows.append({"kind": kind, "name": name, "target_id": target_id, "given": part})


async def steps(db: CompanyDb, deeds: Deeds, fields: Mapping[str, FieldRow]) -> Planned:
    """Raises InvalidInput where more would be made than makes sense."""
    planned = Planned()
    known_tags = {one.name.lower(): one.id for one in await tags.list_tags(db)}
    known_lists = {one.name.lower(): one.id for one in await lists.list_lists(db)}
    planned.new_tags = await _sets(db, planned, StepKind.TAG, deeds.tags, known_tags)
    planned.new_lists = await _sets(db, planned, StepKind.LIST, deeds.lists, known_lists)
    if len(planned.new_tags) > MOST_NEW_NAMES or len(planned.new_lists) > MOST_NEW_NAMES:
        more = f"{len(planned.new_tags):,} new tags and {len(planned.new_lists):,} new lists"
        raise InvalidInput(f"This would make {more}: is that column what it is said to be?", "columns")
    for key, values in deeds.values.items():
        await _values(db, planned, fields[key], values)
    await _notes(db, planned, deeds.notes)
    return planned


async def _sets(
    db: CompanyDb, planned: Planned, kind: StepKind, named: Mapping[str, Named], known: Mapping[str, int]
) -> list[str]:
    """Tags or lists: the names that there are not yet."""
    for key, one in named.items():
        same = 0
        if key in known:
            values = {"ids": as_json(one.member_ids), "what": known[key]}
            count = _CARRIED if kind is StepKind.TAG else _LISTED
            same = (await db.execute(text(count), values)).scalar_one()
        planned.add(kind, one.name, None, one.member_ids)
        word = "Tag" if kind is StepKind.TAG else "List"
        planned.changes.append(ChangeRow(f"{word} {one.name}", len(one.member_ids) - same, same))
    return [one.name for key, one in named.items() if key not in known]


async def _values(db: CompanyDb, planned: Planned, field: FieldRow, values: list[tuple[int, Value]]) -> None:
    have = await custom_fields.values_in(db, field, [member_id for member_id, _ in values])
    same = sum(have.get(member_id) == value for member_id, value in values)
    given = [[member_id, value.isoformat() if isinstance(value, date) else value] for member_id, value in values]
    planned.add(StepKind.FIELD, field.name, field.id, given)
    planned.changes.append(ChangeRow(field.name, len(values) - same, same))


async def _notes(db: CompanyDb, planned: Planned, notes: list[tuple[int, str]]) -> None:
    """A note that a member has word for word is not written again."""
    if not notes:
        return
    rows = await db.execute(text(_NOTED), {"ids": as_json([member_id for member_id, _ in notes])})
    there = {(member_id, body) for member_id, body in rows}
    fresh = [one for one in notes if one not in there]
    planned.add(StepKind.NOTE, "Note", None, [list(one) for one in fresh])
    planned.changes.append(ChangeRow("Notes", len(fresh), len(notes) - len(fresh)))
