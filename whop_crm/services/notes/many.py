"""Many notes at once, for imports, and that taken back."""

from collections.abc import Sequence

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.models.enums import ActivityKind, Origin
from whop_crm.services import activities
from whop_crm.services.bulk import as_json

_ADD = """
INSERT INTO notes (company_id, member_id, body, author_id, author_name)
SELECT :company, m.id, r.body, :by, :name
FROM json_to_recordset(CAST(:rows AS json)) AS r(member_id bigint, body text)
CROSS JOIN LATERAL (SELECT id FROM members WHERE id = r.member_id OFFSET 0) m ORDER BY m.id
RETURNING id, member_id"""
_TAKE = """
DELETE FROM notes WHERE edited_at IS NULL AND id = ANY (ARRAY(
    SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json))))
RETURNING member_id"""


async def add_notes(db: CompanyDb, notes: Sequence[tuple[int, str]], origin: Origin) -> list[int]:
    """Notes by the scope's actor, each with its member; the ids of the notes. Members that are gone are left out."""
    db.scope.require(Permission.NOTES_WRITE)
    if not notes:
        return []
    actor = db.scope.actor
    rows = as_json([{"member_id": member_id, "body": body} for member_id, body in notes])
    values = {"rows": rows, "company": db.scope.company_id, "by": actor.user_id, "name": actor.name}
    made = (await db.execute(text(_ADD), values)).all()
    told = [(member_id, f"note:{note_id}", "Wrote a note", "") for note_id, member_id in made]
    await activities.record_by_team_each(db, ActivityKind.NOTED, told, origin)
    db.touch((member_id for _, member_id in made), Topic.NOTES)
    return [note_id for note_id, _ in made]


async def undo_adding(db: CompanyDb, note_ids: Sequence[int]) -> int:
    """Deletes those that nobody has changed since; how many."""
    db.scope.require(Permission.NOTES_WRITE)
    gone = list((await db.execute(text(_TAKE), {"ids": as_json(note_ids)})).scalars())
    db.touch(gone, Topic.NOTES)
    return len(gone)
