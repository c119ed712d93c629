"""Making, changing and deleting lists."""

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict, InvalidInput, NotFound
from whop_crm.models import ListMember, MemberList
from whop_crm.models.enums import TagColor, UsedKind
from whop_crm.services import changes, many, usages
from whop_crm.services.changes import ListChanged, ListDeleted, ListKept
from whop_crm.services.lists.many import MARKS
from whop_crm.services.lists.queries import GONE
from whop_crm.services.lists.schemas import DESCRIPTION_LIMIT, NAME_LIMIT, ListInput
from whop_crm.text import one_line, storable


async def create_list(db: CompanyDb, wanted: ListInput) -> int:
    """An empty list; its id. Raises InvalidInput, and Conflict where there is one of that name."""
    db.scope.require(Permission.LISTS_WRITE)
    kept = _checked(wanted)
    actor = db.scope.actor
    values = {**kept.model_dump(), "company_id": db.scope.company_id, "created_by": actor.user_id,
              "created_by_name": actor.name}  # fmt: skip
    added = insert(MemberList).values(values).on_conflict_do_nothing().returning(col(MemberList.id))
    made = (await db.execute(added)).scalar_one_or_none()
    if made is None:
        raise _taken(kept.name)
    return made


async def ensure_list(db: CompanyDb, name: str) -> int:
    """The id of the list of this name, made where there is none. Raises InvalidInput."""
    db.scope.require(Permission.LISTS_WRITE)
    found = select(col(MemberList.id)).where(func.lower(col(MemberList.name)) == func.lower(one_line(name)))
    known = await db.scalar(found)
    return known if known is not None else await create_list(db, ListInput(name=name))


async def change_list(db: CompanyDb, list_id: int, wanted: ListInput) -> None:
    """Renames it, describes it, colours it. Raises NotFound, InvalidInput, and Conflict for a name that is taken."""
    db.scope.require(Permission.LISTS_WRITE)
    before, after = _kept(await _locked(db, list_id)), _checked(wanted)
    if before == after:
        return
    await _write(db, list_id, after)
    await changes.remember(
        db, ListChanged(list_id=list_id, before=before, after=after), f"Changed the list {after.name}"
    )


async def delete_list(db: CompanyDb, list_id: int) -> int:
    """Deletes a list, its members stay; how many stood on it. Raises NotFound, and Conflict naming who uses it."""
    db.scope.require(Permission.LISTS_WRITE)
    row = await _locked(db, list_id)
    await usages.refuse_if_used(db, UsedKind.LIST, list_id, f"the list “{row.name}”")
    columns = col(ListMember.member_id), col(ListMember.added_by), col(ListMember.added_at)
    on_it = [
        (who, by, at) for who, by, at in await db.execute(select(*columns).where(col(ListMember.list_id) == list_id))
    ]
    gone = ListDeleted(
        list_id=list_id, before=_kept(row), created_by=row.created_by, created_by_name=row.created_by_name,
        created_at=row.created_at, members=on_it,
    )  # fmt: skip
    await changes.remember(db, gone, f"Deleted the list {row.name}")
    await db.execute(delete(ListMember).where(col(ListMember.list_id) == list_id))
    await db.execute(delete(MemberList).where(col(MemberList.id) == list_id))
    db.touch_many()
    return len(on_it)


async def undo_list_change(db: CompanyDb, change: ListChanged) -> bool:
    """Gives a list back what it was called, where nobody has changed it since; whether it did. Raises Conflict."""
    db.scope.require(Permission.LISTS_WRITE)
    try:
        row = await _locked(db, change.list_id)
    except NotFound:
        return False
    if _kept(row) != change.after:
        return False
    await _write(db, change.list_id, change.before)
    return True


async def undo_list_deletion(db: CompanyDb, gone: ListDeleted) -> bool:
    """Brings a list back with those of its members who are still there. Raises Conflict for a name that is taken."""
    db.scope.require(Permission.LISTS_WRITE)
    values = {**gone.before.model_dump(), "company_id": db.scope.company_id, "id": gone.list_id,
              "created_by": gone.created_by, "created_by_name": gone.created_by_name,
              "created_at": gone.created_at}  # fmt: skip
    added = insert(MemberList).values(values).on_conflict_do_nothing().returning(col(MemberList.id))
    if (await db.execute(added)).scalar_one_or_none() is None:
        raise _taken(gone.before.name)
    await many.put_back(db, MARKS, gone.list_id, gone.members)
    return True


async def _write(db: CompanyDb, list_id: int, wanted: ListKept) -> None:
    try:
        async with db.begin_nested():
            await db.execute(update(MemberList).where(col(MemberList.id) == list_id).values(**wanted.model_dump()))
    except IntegrityError:
        raise _taken(wanted.name) from None
    db.touch_many()


async def _locked(db: CompanyDb, list_id: int) -> MemberList:
    found = select(MemberList).where(col(MemberList.id) == list_id).with_for_update()
    row = (await db.scalars(found, execution_options={"populate_existing": True})).one_or_none()
    if row is None:
        raise NotFound(GONE)
    return row


def _kept(row: MemberList) -> ListKept:
    return ListKept(name=row.name, description=row.description, color=row.color)


def _checked(wanted: ListInput) -> ListKept:
    name, description = one_line(wanted.name), storable(wanted.description).strip()
    if not name:
        raise InvalidInput("A list needs a name.", "name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"A list's name can have at most {NAME_LIMIT} characters; this one has {len(name)}.", "name")
    if len(description) > DESCRIPTION_LIMIT:
        raise InvalidInput(f"A description can have at most {DESCRIPTION_LIMIT} characters.", "description")
    return ListKept(name=name, description=description, color=TagColor(wanted.color))


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a list called “{name}” already.")
