"""Reading what was changed."""

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.errors import NotFound
from whop_crm.models import Member, TeamChange
from whop_crm.services.changes.schemas import PAYLOADS, Changed, ChangeRow


def last_change(db: CompanyDb) -> int | None:
    """The id of what this session changed last, to be offered for undoing."""
    return db.info.get("last_change")


async def get_change(db: CompanyDb, change_id: int) -> Changed:
    """What has to be known to take it back. Raises NotFound."""
    db.scope.require(Permission.MEMBERS_READ)
    payload = await db.scalar(select(col(TeamChange.payload)).where(col(TeamChange.id) == change_id))
    if payload is None:
        raise NotFound("This can no longer be undone: it is more than 30 days old.")
    return PAYLOADS.validate_python(payload, strict=False)


async def list_changes(db: CompanyDb, limit: int = 50) -> list[ChangeRow]:
    """What the team changed lately, newest first."""
    db.scope.require(Permission.MEMBERS_READ)
    statement = (
        select(
            col(TeamChange.id), col(TeamChange.kind), col(TeamChange.words), col(Member.whop_id), col(Member.name),
            col(Member.username), col(Member.email), col(TeamChange.actor_id), col(TeamChange.actor_name),
            col(TeamChange.at), col(TeamChange.undone_at), col(TeamChange.undone_by),
        )
        .outerjoin(Member, col(Member.id) == col(TeamChange.member_id))
        .order_by(col(TeamChange.at).desc(), col(TeamChange.id).desc())
        .limit(limit)
    )  # fmt: skip
    return [
        ChangeRow(
            id=row.id,
            kind=row.kind,
            words=row.words,
            member_whop_id=row.whop_id,
            member_name=row.name or row.username or row.email or row.whop_id or "",
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            at=row.at,
            undone_at=row.undone_at,
            undone_by=row.undone_by,
        )
        for row in await db.execute(statement)
    ]
