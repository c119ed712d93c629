"""The team as Whop's list has it."""

from collections.abc import Sequence

from whop_crm.access import Permission
from whop_crm.clients.facts import TeamMemberFact
from whop_crm.db import CompanyDb, Topic
from whop_crm.models import TeamMember
from whop_crm.services.bulk import upsert


async def write_team(db: CompanyDb, facts: Sequence[TeamMemberFact]) -> None:
    """Newest wins."""
    db.scope.require(Permission.FACTS_WRITE)
    latest: dict[str, TeamMemberFact] = {}
    for fact in facts:
        if fact.id not in latest or fact.version >= latest[fact.id].version:
            latest[fact.id] = fact
    rows = [
        {
            "whop_id": fact.id,
            "whop_user_id": fact.user_id,
            "name": fact.name,
            "username": fact.username,
            "photo_url": fact.photo_url,
            "role": fact.role,
            "status": fact.status,
            "version": fact.version,
        }
        for fact in latest.values()
    ]
    await upsert(db, TeamMember, rows)
    if rows:
        db.touch((), Topic.TEAM)
