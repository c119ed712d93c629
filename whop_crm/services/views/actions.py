"""Keeping views and layouts. One's own need no permission but to see the list; a shared one is everybody's."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict, Forbidden, InvalidInput
from whop_crm.models import ListLayout, SavedView
from whop_crm.models.columns import now
from whop_crm.models.enums import UserKind
from whop_crm.services import usages
from whop_crm.services.views.queries import load_view, may_change
from whop_crm.services.views.schemas import (
    ADDRESS_LIMIT,
    MOST_VIEWS,
    NAME_LIMIT,
    ColumnChoice,
    ViewInput,
    checked_columns,
    to_json,
)
from whop_crm.text import one_line


async def create_view(db: CompanyDb, wanted: ViewInput) -> int:
    """Returns its id. Raises InvalidInput, Forbidden where it is to be shared and may not, Conflict for too many."""
    db.scope.require(Permission.MEMBERS_READ)
    if (await db.scalars(select(func.count()).select_from(SavedView))).one() >= MOST_VIEWS:
        raise Conflict(f"A company can have at most {MOST_VIEWS} views. Delete some that nobody uses.")
    actor = db.scope.actor
    view = SavedView(company_id=db.scope.company_id, name="", owner_id=actor.user_id, owner_name=actor.name)
    await _fill(db, view, wanted)
    return view.id


async def change_view(db: CompanyDb, view_id: int, wanted: ViewInput) -> None:
    """Raises NotFound, InvalidInput, and Forbidden for a shared one of somebody else, except to an admin."""
    db.scope.require(Permission.MEMBERS_READ)
    await _fill(db, await _changeable(db, view_id), wanted)


async def delete_view(db: CompanyDb, view_id: int) -> str:
    """Returns its name. Raises NotFound, Forbidden."""
    db.scope.require(Permission.MEMBERS_READ)
    view = await _changeable(db, view_id)
    await usages.forget_uses(db, UserKind.VIEW, view.id)
    await db.delete(view)
    await db.flush()
    return view.name


async def save_layout(db: CompanyDb, columns: Iterable[ColumnChoice]) -> None:
    """Keeps the columns of whoever asks; what cannot be a column is left out."""
    db.scope.require(Permission.MEMBERS_READ)
    if db.scope.actor.user_id is None:
        return
    kept = to_json(checked_columns(columns))
    values = {"company_id": db.scope.company_id, "user_id": db.scope.actor.user_id, "columns": kept}
    changes = {"columns": kept, "changed_at": now()}
    saved = insert(ListLayout).values(values)
    await db.execute(saved.on_conflict_do_update(index_elements=["company_id", "user_id"], set_=changes))


async def _fill(db: CompanyDb, view: SavedView, wanted: ViewInput) -> None:
    name = one_line(wanted.name)
    if not name:
        raise InvalidInput("A view needs a name.", "name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"A view's name can have at most {NAME_LIMIT} characters; this one has {len(name)}.", "name")
    if len(wanted.address) > ADDRESS_LIMIT:
        raise InvalidInput("This filter is too long to be kept in a view; save it as a segment.", "name")
    if wanted.shared or view.shared:
        db.scope.require(Permission.SEGMENTS_WRITE)
    view.name, view.shared, view.address, view.changed_at = name, wanted.shared, wanted.address, now()
    view.columns = to_json(checked_columns(wanted.columns))
    db.add(view)
    await db.flush()
    await usages.note_uses(db, UserKind.VIEW, view.id, wanted.uses)


async def _changeable(db: CompanyDb, view_id: int) -> SavedView:
    view = await load_view(db, view_id)
    if not may_change(view, db.scope):
        raise Forbidden(f"This view is {view.owner_name}’s. Save it under another name to make it yours.")
    return view
