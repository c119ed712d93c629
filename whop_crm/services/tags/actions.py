"""Putting tags on members and taking them off. Each change stands on the member's timeline."""

from datetime import datetime

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict, InvalidInput, NotFound
from whop_crm.models import Member, MemberTag, Tag
from whop_crm.models.enums import ActivityKind, TagColor, UsedKind
from whop_crm.services import activities, changes, usages
from whop_crm.services.changes import TagAdded, TagRemoved
from whop_crm.services.tags.schemas import NAME_LIMIT, MemberTagRow
from whop_crm.text import one_line

_NO_SUCH_TAG = "There is no such tag in this company. Somebody may have removed it."
_COLORS = tuple(color for color in TagColor if color is not TagColor.GRAY)


async def add_tag(db: CompanyDb, member_id: int, tag: str | int) -> MemberTagRow:
    """Puts a tag on a member, by id, or by name and then made where there is none. Twice is once.

    Raises InvalidInput for a name that cannot be, NotFound for an unknown member or id.
    """
    db.scope.require(Permission.TAGS_WRITE)
    await _member(db, member_id)
    db.touch([member_id])
    row = await _create(db, tag_name(tag)) if isinstance(tag, str) else await _tag(db, tag)
    values = {
        "company_id": db.scope.company_id,
        "member_id": member_id,
        "tag_id": row.id,
        "tagged_by": db.scope.actor.user_id,
    }
    added = insert(MemberTag).values(values).on_conflict_do_nothing().returning(col(MemberTag.tagged_at))
    tagged_at = (await db.execute(added)).scalar_one_or_none()
    if tagged_at is None:
        return MemberTagRow(row.id, row.name, row.color, await _tagged_at(db, member_id, row.id))
    await _tell(db, ActivityKind.TAGGED, member_id, row)
    added_now = TagAdded(member_id=member_id, tag_id=row.id, at=tagged_at)
    await changes.remember(db, added_now, f"Added the tag {row.name}")
    return MemberTagRow(row.id, row.name, row.color, tagged_at)


async def remove_tag(db: CompanyDb, member_id: int, tag_id: int) -> None:
    """Takes a tag off a member; one that is not on it is no error. Raises NotFound for an unknown tag."""
    db.scope.require(Permission.TAGS_WRITE)
    tag = await _tag(db, tag_id)
    db.touch([member_id])
    gone = delete(MemberTag).where(col(MemberTag.member_id) == member_id, col(MemberTag.tag_id) == tag_id)
    taken = (await db.execute(gone.returning(col(MemberTag.tagged_by), col(MemberTag.tagged_at)))).one_or_none()
    if taken is not None:
        await _tell(db, ActivityKind.UNTAGGED, member_id, tag)
        before = TagRemoved(member_id=member_id, tag_id=tag.id, tagged_by=taken[0], tagged_at=taken[1])
        await changes.remember(db, before, f"Removed the tag {tag.name}")


async def create_tag(db: CompanyDb, name: str) -> int:
    """Makes a tag that nobody carries yet, or finds the one of that name. Returns its id. Raises InvalidInput."""
    db.scope.require(Permission.TAGS_WRITE)
    return (await _create(db, tag_name(name))).id


async def rename_tag(db: CompanyDb, tag_id: int, name: str) -> None:
    """Raises NotFound, InvalidInput, and Conflict where another tag has that name."""
    db.scope.require(Permission.TAGS_WRITE)
    await _tag(db, tag_id)
    wanted = tag_name(name)
    try:
        async with db.begin_nested():
            await db.execute(update(Tag).where(col(Tag.id) == tag_id).values(name=wanted))
    except IntegrityError:
        raise Conflict(f"There is a tag called “{wanted}” already.") from None
    db.touch_many()


async def recolor_tag(db: CompanyDb, tag_id: int, color: TagColor) -> None:
    """Raises NotFound."""
    db.scope.require(Permission.TAGS_WRITE)
    await _tag(db, tag_id)
    await db.execute(update(Tag).where(col(Tag.id) == tag_id).values(color=color))
    db.touch_many()


async def merge_tags(db: CompanyDb, tag_id: int, into_id: int) -> int:
    """Gives everybody who carries the first tag the second instead, and deletes the first; how many carried it.

    Whoever had both keeps the second as it was. Raises NotFound, InvalidInput for a tag and itself, and Conflict while
    something asks for the first: `segments.merge_tags` has it ask for the second.
    """
    db.scope.require(Permission.TAGS_WRITE)
    if tag_id == into_id:
        raise InvalidInput("A tag cannot be merged into itself.", "into")
    gone, kept = await _locked(db, tag_id, into_id)
    await usages.refuse_if_used(db, UsedKind.TAG, gone.id, f"the tag “{gone.name}”")
    carried = select(col(MemberTag.company_id), col(MemberTag.member_id), literal(kept.id), col(MemberTag.tagged_by),
                     col(MemberTag.tagged_at)).where(col(MemberTag.tag_id) == gone.id)  # fmt: skip
    columns = ["company_id", "member_id", "tag_id", "tagged_by", "tagged_at"]
    moved = insert(MemberTag).from_select(columns, carried.order_by(col(MemberTag.member_id))).on_conflict_do_nothing()
    new = list(await db.scalars(moved.returning(col(MemberTag.member_id))))
    title, subject = f"Tagged {kept.name}", f"tag:{kept.id}"
    detail = f"The tag {gone.name} was merged into it."
    await activities.record_by_team_for(db, ActivityKind.TAGGED, new, subject, title, detail)
    return await _delete(db, gone)


async def delete_tag(db: CompanyDb, tag_id: int) -> int:
    """Takes a tag off everybody and deletes it; how many carried it. Raises NotFound, and Conflict naming its users."""
    db.scope.require(Permission.TAGS_WRITE)
    [tag] = await _locked(db, tag_id)
    await usages.refuse_if_used(db, UsedKind.TAG, tag.id, f"the tag “{tag.name}”")
    carried = list(await db.scalars(select(col(MemberTag.member_id)).where(col(MemberTag.tag_id) == tag.id)))
    title, subject = f"Took off the tag {tag.name}", f"tag:{tag.id}"
    await activities.record_by_team_for(db, ActivityKind.UNTAGGED, carried, subject, title, "The tag was deleted.")
    return await _delete(db, tag)


async def _locked(db: CompanyDb, *tag_ids: int) -> list[Tag]:
    """The tags in this order, kept by nobody else until the end; nobody puts one on a member meanwhile."""
    found = await db.scalars(select(Tag).where(col(Tag.id).in_(tag_ids)).order_by(col(Tag.id)).with_for_update())
    tags = {tag.id: tag for tag in found}
    if len(tags) < len(tag_ids):
        raise NotFound(_NO_SUCH_TAG)
    return [tags[tag_id] for tag_id in tag_ids]


async def _delete(db: CompanyDb, tag: Tag) -> int:
    taken = delete(MemberTag).where(col(MemberTag.tag_id) == tag.id).returning(col(MemberTag.member_id))
    carried = len(list(await db.scalars(taken)))
    await db.execute(delete(Tag).where(col(Tag.id) == tag.id))
    db.touch_many()
    return carried


def tag_name(text: str) -> str:
    """The name as it is stored. Raises InvalidInput."""
    name = one_line(text)
    if not name:
        raise InvalidInput("A tag needs a name.", "name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"A tag's name can have at most {NAME_LIMIT} characters; this one has {len(name)}.", "name")
    return name


async def _tell(db: CompanyDb, kind: ActivityKind, member_id: int, tag: Tag) -> None:
    done = "Tagged" if kind is ActivityKind.TAGGED else "Took off the tag"
    await activities.record_by_team(db, kind, member_id, f"tag:{tag.id}", f"{done} {tag.name}")


async def _tagged_at(db: CompanyDb, member_id: int, tag_id: int) -> datetime:
    mine = col(MemberTag.member_id) == member_id, col(MemberTag.tag_id) == tag_id
    return (await db.scalars(select(col(MemberTag.tagged_at)).where(*mine))).one()


async def _create(db: CompanyDb, name: str) -> Tag:
    count = (await db.scalars(select(func.count()).select_from(Tag))).one()
    values = {
        "company_id": db.scope.company_id,
        "name": name,
        "color": _COLORS[count % len(_COLORS)],
        "created_by": db.scope.actor.user_id,
    }
    found = select(Tag).where(func.lower(col(Tag.name)) == func.lower(name))
    known = (await db.scalars(found)).one_or_none()
    if known is not None:
        return known
    await db.execute(insert(Tag).values(values).on_conflict_do_nothing())
    return (await db.scalars(found)).one()


async def _tag(db: CompanyDb, tag_id: int) -> Tag:
    tag = (await db.scalars(select(Tag).where(col(Tag.id) == tag_id))).one_or_none()
    if tag is None:
        raise NotFound(_NO_SUCH_TAG)
    return tag


async def _member(db: CompanyDb, member_id: int) -> None:
    if (await db.scalars(select(col(Member.id)).where(col(Member.id) == member_id))).one_or_none() is None:
        raise NotFound("There is no such member in this company.")
