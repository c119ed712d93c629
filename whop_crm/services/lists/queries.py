"""Reading lists. Who stands on one is asked with the filter `list is_any_of [id]`."""

from typing import Any

from sqlalchemy import and_, func, select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import ListMember, Member, MemberList
from whop_crm.services.lists.schemas import ListRow

GONE = "There is no such list in this company. Somebody may have deleted it."


async def list_lists(db: CompanyDb) -> list[ListRow]:
    """The company's lists by name, each with its size."""
    db.scope.require(Permission.MEMBERS_READ)
    ordered = _rows().order_by(func.lower(col(MemberList.name)), col(MemberList.id))
    return [ListRow(*row) for row in await db.execute(ordered)]


async def get_list(db: CompanyDb, list_id: int) -> ListRow:
    """Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    found = (await db.execute(_rows().where(col(MemberList.id) == list_id))).one_or_none()
    if found is None:
        raise NotFound(GONE)
    return ListRow(*found)


async def lists_of(db: CompanyDb, member_id: int) -> list[tuple[int, str]]:
    """The ids and names of the lists that a member stands on, by name."""
    db.scope.require(Permission.MEMBERS_READ)
    statement = (
        select(col(MemberList.id), col(MemberList.name))
        .join(ListMember, col(ListMember.list_id) == col(MemberList.id))
        .where(col(ListMember.member_id) == member_id)
        .order_by(func.lower(col(MemberList.name)))
    )
    return [(number, name) for number, name in await db.execute(statement)]


def _rows() -> Any:
    on_it = (
        select(col(ListMember.list_id), func.count().label("members"))
        .join(Member, and_(col(Member.id) == col(ListMember.member_id), col(Member.counted)))
        .group_by(col(ListMember.list_id))
        .subquery()
    )
    return select(
        col(MemberList.id), col(MemberList.name), col(MemberList.description), col(MemberList.color),
        col(MemberList.created_by_name), col(MemberList.created_at), func.coalesce(on_it.c.members, 0),
    ).outerjoin(on_it, on_it.c.list_id == col(MemberList.id))  # fmt: skip
