"""One step done, and taken back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from whop_crm.db import CompanyDb
from whop_crm.models import ImportStep
from whop_crm.models.enums import CustomFieldType, Origin
from whop_crm.models.importing import StepKind
from whop_crm.services import custom_fields, lists, notes, tags
from whop_crm.services.custom_fields import Change, FieldRow, Value

Fields = Mapping[int, FieldRow]


async def do(db: CompanyDb, step: ImportStep, fields: Fields, at: datetime) -> None:
    """Does it and keeps what taking it back needs. `at` stands on what it did, by which it is known again."""
    match step.kind:
        case StepKind.TAG:
            step.target_id = await tags.create_tag(db, step.name)
            done = await tags.tag_members(db, step.target_id, step.given, at, Origin.IMPORT)
            step.changed = done.member_ids
        case StepKind.LIST:
            step.target_id = await lists.ensure_list(db, step.name)
            step.changed = (await lists.add_members(db, step.target_id, step.given, at)).member_ids
        case StepKind.FIELD:
            field = fields[step.target_id or 0]
            values = [(member_id, _value(field, value)) for member_id, value in step.given]
            changes = await custom_fields.write_values(db, field, values, Origin.IMPORT)
            step.changed = [[one.member_id, _plain(one.before), _plain(one.after)] for one in changes]
        case StepKind.NOTE:
            step.changed = await notes.add_notes(db, [(one[0], one[1]) for one in step.given], Origin.IMPORT)


async def take_back(db: CompanyDb, step: ImportStep, fields: Fields, at: datetime) -> int:
    """How many of the changes were still there, and are no more."""
    target = step.target_id or 0
    match step.kind:
        case StepKind.TAG:
            return len(await tags.undo_tagging(db, target, step.changed, at)) if await _there(db, step) else 0
        case StepKind.LIST:
            return len(await lists.undo_adding(db, target, step.changed, at)) if await _there(db, step) else 0
        case StepKind.FIELD:
            if target not in fields:
                return 0
            field = fields[target]
            changes = [Change(one[0], target, _value(field, one[1]), _value(field, one[2])) for one in step.changed]
            return await custom_fields.undo_values(db, field, changes)
        case StepKind.NOTE:
            return await notes.undo_adding(db, step.changed)


async def _there(db: CompanyDb, step: ImportStep) -> bool:
    """Whether the tag or list has not been deleted since."""
    if step.kind is StepKind.TAG:
        return step.target_id in {one.id for one in await tags.list_tags(db)}
    return step.target_id in {one.id for one in await lists.list_lists(db)}


def _plain(value: Value | None) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _value(field: FieldRow, value: Any) -> Any:
    """A value as it was laid beside: a day stands there as text."""
    return date.fromisoformat(value) if field.type is CustomFieldType.DATE and value is not None else value
