"""What the team does to a member, on the member's timeline."""

from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.models import Activity
from whop_crm.models.enums import ActivityKind, Origin

_ALLOWED_BY = {
    ActivityKind.TAGGED: Permission.TAGS_WRITE,
    ActivityKind.UNTAGGED: Permission.TAGS_WRITE,
    ActivityKind.NOTED: Permission.NOTES_WRITE,
}


async def record_by_team(db: CompanyDb, kind: ActivityKind, member_id: int, subject: str, title: str) -> None:
    """One thing the scope's actor just did, about `subject` (`tag:<id>`, `note:<id>`)."""
    db.scope.require(_ALLOWED_BY.get(kind, Permission.FACTS_WRITE))
    now = datetime.now(UTC)
    await db.execute(
        insert(Activity).values(
            company_id=db.scope.company_id,
            occurred_at=now,
            recorded_at=now,
            source=f"{kind}:{subject}:member:{member_id}",
            kind=kind,
            grp=kind.group,
            origin=Origin.LIVE,
            member_id=member_id,
            subject=subject,
            title=title,
            actor_id=db.scope.actor.user_id,
            actor_name=db.scope.actor.name,
        )
    )
    db.touch([member_id])
