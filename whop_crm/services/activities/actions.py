"""What the team does to a member, on the member's timeline."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.models.enums import ActivityKind, Origin
from whop_crm.services.bulk import as_json

_TOLD_OF_MANY = """
INSERT INTO activities (company_id, occurred_at, recorded_at, source, kind, grp, origin, member_id, subject, title,
                        detail, actor_id, actor_name)
SELECT :company, :now, :now, :kind || ':' || :subject || ':member:' || value, :kind, :grp, :origin,
       CAST(value AS bigint), :subject, :title, :detail, :actor_id, :actor_name
FROM json_array_elements_text(CAST(:ids AS json))"""

_ALLOWED_BY = {
    ActivityKind.TAGGED: Permission.TAGS_WRITE,
    ActivityKind.UNTAGGED: Permission.TAGS_WRITE,
    ActivityKind.NOTED: Permission.NOTES_WRITE,
}


async def record_by_team(db: CompanyDb, kind: ActivityKind, member_id: int, subject: str, title: str) -> None:
    """One thing the scope's actor just did, about `subject` (`tag:<id>`, `note:<id>`)."""
    db.scope.require(_ALLOWED_BY.get(kind, Permission.FACTS_WRITE))
    await record_by_team_for(db, kind, [member_id], subject, title)


async def record_by_team_for(
    db: CompanyDb, kind: ActivityKind, member_ids: Sequence[int], subject: str, title: str, detail: str = ""
) -> None:
    """The same for many members, in one statement."""
    db.scope.require(_ALLOWED_BY.get(kind, Permission.FACTS_WRITE))
    if not member_ids:
        return
    now = datetime.now(UTC)
    values = {"company": db.scope.company_id, "ids": as_json(member_ids), "now": now, "kind": kind, "grp": kind.group,
              "origin": Origin.LIVE, "subject": subject, "title": title, "detail": detail,
              "actor_id": db.scope.actor.user_id, "actor_name": db.scope.actor.name}  # fmt: skip
    await db.execute(text(_TOLD_OF_MANY), values)
    db.touch(member_ids, Topic.ACTIVITIES)
