"""A tag on many members at once, and that taken back. Told on each timeline."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.errors import NotFound
from whop_crm.models import Tag
from whop_crm.models.enums import ActivityKind, Origin
from whop_crm.services import activities, many
from whop_crm.services.many import Mark, Marks, Outcome

_MARKS = Marks("member_tags", "tag_id", "tagged_by", "tagged_at", Topic.MEMBER_TAGS)


async def tag_members(
    db: CompanyDb, tag_id: int, member_ids: Sequence[int], at: datetime | None = None, origin: Origin = Origin.LIVE
) -> Outcome:
    """Puts a tag on those who lack it; `at` is what `undo_tagging` asks for. Raises NotFound for an unknown tag."""
    db.scope.require(Permission.TAGS_WRITE)
    tag = await _kept(db, tag_id)
    done = await many.put(db, _MARKS, tag_id, member_ids, at or datetime.now(UTC))
    await _tell(db, ActivityKind.TAGGED, done.member_ids, tag, origin)
    return done


async def untag_members(db: CompanyDb, tag_id: int, member_ids: Sequence[int]) -> Outcome:
    """Takes a tag off those who carry it. Raises NotFound for an unknown tag."""
    db.scope.require(Permission.TAGS_WRITE)
    tag = await _kept(db, tag_id)
    done = await many.take(db, _MARKS, tag_id, member_ids)
    await _tell(db, ActivityKind.UNTAGGED, done.member_ids, tag)
    return done


async def undo_tagging(db: CompanyDb, tag_id: int, member_ids: Sequence[int], at: datetime) -> list[int]:
    """Takes a tag off again where it is the one that was put on then; the ids of those. Raises NotFound."""
    db.scope.require(Permission.TAGS_WRITE)
    tag = await _kept(db, tag_id)
    done = await many.take(db, _MARKS, tag_id, member_ids, at)
    await _tell(db, ActivityKind.UNTAGGED, done.member_ids, tag, Origin.UNDO)
    return done.member_ids


async def undo_untagging(db: CompanyDb, tag_id: int, taken: Sequence[Mark]) -> list[int]:
    """Puts a tag back as it was on those who do not carry it again; the ids of those. Raises NotFound."""
    db.scope.require(Permission.TAGS_WRITE)
    tag = await _kept(db, tag_id)
    back = await many.put_back(db, _MARKS, tag_id, taken)
    await _tell(db, ActivityKind.TAGGED, back, tag, Origin.UNDO)
    return back


async def _kept(db: CompanyDb, tag_id: int) -> Tag:
    """The tag, which nobody deletes until the end."""
    found = select(Tag).where(col(Tag.id) == tag_id).with_for_update(read=True, key_share=True)
    tag = (await db.scalars(found)).one_or_none()
    if tag is None:
        raise NotFound("There is no such tag in this company. Somebody may have removed it.")
    return tag


async def _tell(
    db: CompanyDb, kind: ActivityKind, member_ids: Sequence[int], tag: Tag, origin: Origin = Origin.LIVE
) -> None:
    title = f"{'Tagged' if kind is ActivityKind.TAGGED else 'Took off the tag'} {tag.name}"
    detail = {Origin.UNDO: "Undone", Origin.IMPORT: "By an import"}.get(origin, "")
    await activities.record_by_team_for(db, kind, member_ids, f"tag:{tag.id}", title, detail, origin)
