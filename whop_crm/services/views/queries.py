"""Reading views and layouts."""

from sqlalchemy import func, or_, select
from sqlmodel import col

from whop_crm.access import Permission, Role, Scope
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import ListLayout, SavedView
from whop_crm.services.views.schemas import DEFAULT_COLUMNS, ColumnChoice, ViewRow, from_json


async def list_views(db: CompanyDb) -> list[ViewRow]:
    """One's own and the shared ones, by name."""
    db.scope.require(Permission.MEMBERS_READ)
    seen = or_(col(SavedView.shared), col(SavedView.owner_id) == db.scope.actor.user_id)
    ordered = select(SavedView).where(seen).order_by(func.lower(col(SavedView.name)), col(SavedView.id))
    return [row_of(view, db.scope) for view in await db.scalars(ordered)]


async def get_view(db: CompanyDb, view_id: int) -> ViewRow:
    """Raises NotFound, for another teammate's own as well."""
    db.scope.require(Permission.MEMBERS_READ)
    return row_of(await load_view(db, view_id), db.scope)


async def get_layout(db: CompanyDb) -> tuple[ColumnChoice, ...]:
    """The columns of whoever asks; the usual ones where they chose none."""
    db.scope.require(Permission.MEMBERS_READ)
    mine = select(col(ListLayout.columns)).where(col(ListLayout.user_id) == (db.scope.actor.user_id or ""))
    stored = await db.scalar(mine)
    return DEFAULT_COLUMNS if stored is None else from_json(stored)


async def load_view(db: CompanyDb, view_id: int) -> SavedView:
    """The stored view. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    view = (await db.scalars(select(SavedView).where(col(SavedView.id) == view_id))).one_or_none()
    if view is None or not (view.shared or view.owner_id == db.scope.actor.user_id):
        raise NotFound("There is no such view. Somebody may have deleted it, or keeps it for themselves.")
    return view


def may_change(view: SavedView, scope: Scope) -> bool:
    """Its owner may, and for a shared one an admin as well."""
    return view.owner_id == scope.actor.user_id or (view.shared and scope.role in (Role.ADMIN, Role.SYSTEM))


def row_of(view: SavedView, scope: Scope) -> ViewRow:
    return ViewRow(
        id=view.id,
        name=view.name,
        shared=view.shared,
        mine=view.owner_id == scope.actor.user_id,
        may_change=may_change(view, scope),
        owner_name=view.owner_name,
        address=view.address,
        columns=from_json(view.columns),
    )
