"""Reading tags."""

from collections.abc import Collection

from sqlalchemy import and_, func, select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import Member, MemberTag, Tag
from whop_crm.services.tags.schemas import MemberTagRow, TagRow


async def list_tags(db: CompanyDb) -> list[TagRow]:
    """The company's tags by name, each with how many members of the list carry it."""
    db.scope.require(Permission.MEMBERS_READ)
    carried = (
        select(col(MemberTag.tag_id), func.count().label("members"))
        .join(Member, and_(col(Member.id) == col(MemberTag.member_id), col(Member.counted)))
        .group_by(col(MemberTag.tag_id))
        .subquery()
    )
    statement = (
        select(col(Tag.id), col(Tag.name), col(Tag.color), func.coalesce(carried.c.members, 0))
        .outerjoin(carried, carried.c.tag_id == col(Tag.id))
        .order_by(func.lower(col(Tag.name)), col(Tag.id))
    )
    return [TagRow(*row) for row in (await db.execute(statement))]


async def get_tag(db: CompanyDb, tag_id: int) -> TagRow:
    """One tag with its count. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    tag = (await db.scalars(select(Tag).where(col(Tag.id) == tag_id))).one_or_none()
    if tag is None:
        raise NotFound("There is no such tag in this company. Somebody may have removed it.")
    carried = select(func.count()).select_from(MemberTag).join(Member, col(Member.id) == col(MemberTag.member_id))
    members = (await db.scalars(carried.where(col(MemberTag.tag_id) == tag_id, col(Member.counted)))).one()
    return TagRow(tag.id, tag.name, tag.color, members)


async def tags_of(db: CompanyDb, member_id: int) -> list[MemberTagRow]:
    """The tags a member carries, in the order they were put on."""
    db.scope.require(Permission.MEMBERS_READ)
    statement = (
        select(col(Tag.id), col(Tag.name), col(Tag.color), col(MemberTag.tagged_at))
        .join(MemberTag, col(MemberTag.tag_id) == col(Tag.id))
        .where(col(MemberTag.member_id) == member_id)
        .order_by(col(MemberTag.tagged_at), col(Tag.id))
    )
    return [MemberTagRow(*row) for row in (await db.execute(statement))]


async def tags_by_member(db: CompanyDb, member_ids: Collection[int]) -> dict[int, list[MemberTagRow]]:
    """The same for many members at once; who carries none has an empty list."""
    db.scope.require(Permission.MEMBERS_READ)
    found: dict[int, list[MemberTagRow]] = {one: [] for one in member_ids}
    statement = (
        select(col(MemberTag.member_id), col(Tag.id), col(Tag.name), col(Tag.color), col(MemberTag.tagged_at))
        .join(Tag, col(Tag.id) == col(MemberTag.tag_id))
        .where(col(MemberTag.member_id).in_(list(found)))
        .order_by(col(MemberTag.tagged_at), col(Tag.id))
    )
    for member_id, tag_id, name, color, at in await db.execute(statement) if found else ():
        found[member_id].append(MemberTagRow(tag_id, name, color, at))
    return found
