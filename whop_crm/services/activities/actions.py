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

_TOLD_EACH = """
INSERT INTO activities (company_id, occurred_at, recorded_at, source, kind, grp, origin, member_id, subject, title,
                        detail, actor_id, actor_name)
SELECT :company, :now, :now, :kind || ':' || r.subject || ':member:' || r.member_id, :kind, :grp, :origin,
       r.member_id, r.subject, r.title, r.detail, :actor_id, :actor_name
FROM json_to_recordset(CAST(:rows AS json)) AS r(member_id bigint, subject text, title text, detail text)"""

_TOLD_OF_COMPANY = """
INSERT INTO activities (company_id, occurred_at, recorded_at, source, kind, grp, origin, title, detail, actor_id,
                        actor_name)
VALUES (:company, :now, :now, :kind || ':' || gen_random_uuid(), :kind, :grp, :origin, :title, :detail, :actor_id,
        :actor_name)"""

_ALLOWED_BY = {
    ActivityKind.TAGGED: Permission.TAGS_WRITE,
    ActivityKind.UNTAGGED: Permission.TAGS_WRITE,
    ActivityKind.NOTED: Permission.NOTES_WRITE,
    ActivityKind.FIELD_CHANGED: Permission.VALUES_WRITE,
    ActivityKind.EXPORTED: Permission.EXPORT,
    ActivityKind.IMPORTED: Permission.IMPORT,
}


async def record_by_team(
    db: CompanyDb, kind: ActivityKind, member_id: int, subject: str, title: str, detail: str = ""
) -> None:
    """One thing the scope's actor just did, about `subject` (`tag:<id>`, `note:<id>`)."""
    db.scope.require(_ALLOWED_BY.get(kind, Permission.FACTS_WRITE))
    await record_by_team_for(db, kind, [member_id], subject, title, detail)


async def record_by_team_for(
    db: CompanyDb, kind: ActivityKind, member_ids: Sequence[int], subject: str, title: str, detail: str = "",
    origin: Origin = Origin.LIVE,
) -> None:  # fmt: skip
    """The same for many members, in one statement."""
    db.scope.require(_ALLOWED_BY.get(kind, Permission.FACTS_WRITE))
    if not member_ids:
        return
    now = datetime.now(UTC)
    values = {"company": db.scope.company_id, "ids": as_json(member_ids), "now": now, "kind": kind, "grp": kind.group,
              "origin": origin, "subject": subject, "title": title, "detail": detail,
              "actor_id": db.scope.actor.user_id, "actor_name": db.scope.actor.name}  # fmt: skip
    await db.execute(text(_TOLD_OF_MANY), values)
    db.touch(member_ids, Topic.ACTIVITIES)


async def record_by_team_each(
    db: CompanyDb, kind: ActivityKind, told: Sequence[tuple[int, str, str, str]], origin: Origin = Origin.LIVE
) -> None:
    """The same where it differs: member, subject, title and detail of each."""
    db.scope.require(_ALLOWED_BY.get(kind, Permission.FACTS_WRITE))
    if not told:
        return
    rows = [dict(zip(("member_id", "subject", "title", "detail"), one, strict=True)) for one in told]
    values = {"company": db.scope.company_id, "rows": as_json(rows), "now": datetime.now(UTC), "kind": kind,
              "grp": kind.group, "origin": origin, "actor_id": db.scope.actor.user_id,
              "actor_name": db.scope.actor.name}  # fmt: skip
    await db.execute(text(_TOLD_EACH), values)
    db.touch((one[0] for one in told), Topic.ACTIVITIES)


async def record_of_company(db: CompanyDb, kind: ActivityKind, title: str, detail: str = "") -> None:
    """One thing the scope's actor just did that is about no one member: it stands in the log alone."""
    db.scope.require(_ALLOWED_BY.get(kind, Permission.FACTS_WRITE))
    values = {"company": db.scope.company_id, "now": datetime.now(UTC), "kind": kind, "grp": kind.group,
              "origin": Origin.LIVE, "title": title, "detail": detail,
              "actor_id": db.scope.actor.user_id, "actor_name": db.scope.actor.name}  # fmt: skip
    await db.execute(text(_TOLD_OF_COMPANY), values)
    db.touch((), Topic.ACTIVITIES)
