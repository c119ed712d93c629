"""Making, changing and deleting segments."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from whop_crm import filters
from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.filters import Asker, Filter, Vocabulary
from whop_crm.models import Segment
from whop_crm.models.enums import UsedKind, UserKind
from whop_crm.services import changes, usages
from whop_crm.services.changes import SegmentChanged, SegmentDeleted
from whop_crm.services.segments.keeping import compare
from whop_crm.services.segments.queries import load_segment, may_change
from whop_crm.services.segments.schemas import MOST_SEGMENTS, NAME_LIMIT, SegmentInput
from whop_crm.services.segments.templates import templates


async def create_segment(db: CompanyDb, given: SegmentInput) -> int:
    """Returns its id. Raises BadFilter, and Conflict where there are too many."""
    db.scope.require(Permission.SEGMENTS_WRITE)
    there = (await db.scalars(select(func.count()).select_from(Segment))).one()
    if there >= MOST_SEGMENTS:
        raise Conflict(f"A company can have at most {MOST_SEGMENTS} segments. Delete some that nobody uses.")
    actor = db.scope.actor
    row = Segment(
        company_id=db.scope.company_id, name="", filter={}, owner_id=actor.user_id, owner_name=actor.name,
        changed_by=actor.name, template=given.template,
    )  # fmt: skip
    await _fill(db, row, given)
    return row.id


async def change_segment(db: CompanyDb, segment_id: int, given: SegmentInput) -> None:
    """Raises NotFound, Forbidden, BadFilter, and Conflict where a shared segment would rest on it once private."""
    db.scope.require(Permission.SEGMENTS_WRITE)
    row = await _mine(db, segment_id)
    if row.shared and not given.shared:
        await usages.refuse_if_used(db, UsedKind.SEGMENT, row.id, f"the segment “{row.name}” cannot be private: it")
    before = _kept(row)
    await _fill(db, row, given)
    if (after := _kept(row)) != before:
        change = SegmentChanged(segment_id=row.id, before=before, after=after)
        await changes.remember(db, change, f"Changed the segment {row.name}")


async def duplicate_segment(db: CompanyDb, segment_id: int) -> int:
    """A private copy of one's own; returns its id. Raises NotFound."""
    db.scope.require(Permission.SEGMENTS_WRITE)
    row = await load_segment(db, segment_id)
    name = f"{row.name[: NAME_LIMIT - 7]} (copy)"
    copied = SegmentInput(name=name, description=row.description, color=row.color, filter=filters.parse(row.filter))
    return await create_segment(db, copied)


async def create_from_template(db: CompanyDb, key: str) -> int:
    """A shared segment as the template says; returns its id. Raises NotFound."""
    db.scope.require(Permission.SEGMENTS_WRITE)
    found = next((one for one in templates(db.scope.company.currency) if one.key == key), None)
    if found is None:
        raise NotFound("There is no such template.")
    return await create_segment(
        db,
        SegmentInput(
            name=found.name, description=found.description, color=found.color, shared=True, filter=found.filter,
            template=found.key,
        ),
    )  # fmt: skip


async def delete_segment(db: CompanyDb, segment_id: int) -> str:
    """Returns its name. Raises NotFound, Forbidden, and Conflict naming what rests on it."""
    db.scope.require(Permission.SEGMENTS_WRITE)
    row = await _mine(db, segment_id)
    await usages.refuse_if_used(db, UsedKind.SEGMENT, row.id, f"the segment “{row.name}”")
    await usages.forget_uses(db, UserKind.SEGMENT, row.id)
    gone = SegmentDeleted(
        segment_id=row.id, before=_kept(row), owner_id=row.owner_id, owner_name=row.owner_name,
        created_at=row.created_at,
    )  # fmt: skip
    await changes.remember(db, gone, f"Deleted the segment {row.name}")
    await db.delete(row)
    db.touch_many(Topic.SEGMENTS)
    return row.name


async def undo_change(db: CompanyDb, change: SegmentChanged) -> bool:
    """Makes a segment what it was, where nobody has changed it since; whether it did. Raises Forbidden, BadFilter."""
    db.scope.require(Permission.SEGMENTS_WRITE)
    row = await _mine(db, change.segment_id)
    if _kept(row) != change.after:
        return False
    await _fill(db, row, SegmentInput.model_validate(change.before))
    return True


async def undo_delete(db: CompanyDb, gone: SegmentDeleted) -> bool:
    """Brings a segment back under its old id. Raises Forbidden, and BadFilter where what it rested on is gone."""
    db.scope.require(Permission.SEGMENTS_WRITE)
    row = Segment(
        company_id=db.scope.company_id, id=gone.segment_id, name="", filter={}, owner_id=gone.owner_id,
        owner_name=gone.owner_name, created_at=gone.created_at, changed_by="", template=gone.before["template"],
        shared=gone.before["shared"],
    )  # fmt: skip
    if not may_change(db.scope, row):
        raise Forbidden(f"This segment was {row.owner_name}’s. Only they or an admin can bring it back.")
    await _fill(db, row, SegmentInput.model_validate(gone.before))
    return True


async def resolved(db: CompanyDb, given: Filter, segment_id: int | None = None, *, shared: bool = False) -> Filter:
    """A filter as this person may ask it, names turned into ids. Raises BadFilter."""
    db.scope.require(Permission.MEMBERS_READ)
    return filters.resolve(given, await filters.load(db), Asker(db.scope.actor.user_id, segment_id, shared))


async def _fill(db: CompanyDb, row: Segment, given: SegmentInput) -> None:
    known: Vocabulary = await filters.load(db)
    asker = Asker(row.owner_id, row.id, given.shared)
    tree = filters.resolve(given.filter, known, asker)
    if tree == Filter():
        raise InvalidInput("Add at least one condition: a segment of everybody is the member list.", "filter")
    row.name, row.description, row.color, row.shared = given.name, given.description, given.color, given.shared
    row.filter, row.relative, row.problem = tree.to_json(), filters.is_relative(tree, known), None
    row.changed_at, row.changed_by, row.compared_at = datetime.now(UTC), db.scope.actor.name, None
    db.add(row)
    await db.flush()
    await usages.note_uses(db, UserKind.SEGMENT, row.id, filters.used(tree, known))
    await compare(db, row)


def _kept(row: Segment) -> dict[str, Any]:
    """What a person saved, as `SegmentInput` takes it."""
    names = ("name", "description", "color", "shared", "filter", "template")
    return {name: getattr(row, name) for name in names}


async def _mine(db: CompanyDb, segment_id: int) -> Segment:
    row = await load_segment(db, segment_id)
    if not may_change(db.scope, row):
        raise Forbidden(f"This segment is {row.owner_name}’s. Duplicate it to make it yours.")
    return row
