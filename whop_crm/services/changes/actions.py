"""Keeping what was changed."""

from datetime import UTC, datetime

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import Conflict
from whop_crm.models import TeamChange
from whop_crm.services.changes.schemas import KEPT, Changed


async def remember(db: CompanyDb, changed: Changed, words: str) -> None:
    """To be called by the action that changed it; `words` say what was done, as in “Edited a note”.

    What the product does by itself is not kept: nobody would take it back.
    """
    db.scope.require(Permission.MEMBERS_READ)
    if db.scope.actor.user_id is None:
        return
    values = {"company_id": db.scope.company_id, "kind": changed.kind, "words": words, "member_id": changed.member_id,
              "actor_id": db.scope.actor.user_id, "actor_name": db.scope.actor.name,
              "payload": changed.model_dump(mode="json")}  # fmt: skip
    added = insert(TeamChange).values(values).returning(col(TeamChange.id))
    db.info["last_change"] = (await db.execute(added)).scalar_one()


async def mark_undone(db: CompanyDb, change_id: int) -> None:
    """Raises Conflict where somebody took it back already, and where it is too old."""
    db.scope.require(Permission.MEMBERS_READ)
    now = datetime.now(UTC)
    mine = col(TeamChange.id) == change_id, col(TeamChange.undone_at).is_(None), col(TeamChange.at) > now - KEPT
    marked = update(TeamChange).where(*mine).values(undone_at=now, undone_by=db.scope.actor.name)
    if (await db.execute(marked.returning(col(TeamChange.id)))).scalar_one_or_none() is None:
        raise Conflict("This cannot be undone: somebody did so already, or it is more than 30 days old.")


async def forget_old_changes(db: CompanyDb) -> int:
    """Forgets what is too old to be taken back; how many that were."""
    db.scope.require(Permission.FACTS_WRITE)
    old = delete(TeamChange).where(col(TeamChange.at) < datetime.now(UTC) - KEPT)
    return len(list(await db.scalars(old.returning(col(TeamChange.id)))))
