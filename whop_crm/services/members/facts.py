"""Members and their courses as Whop tells of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.clients.facts import CourseProgressFact, MemberFact
from whop_crm.db import CompanyDb, Topic
from whop_crm.models import CourseProgress, Member
from whop_crm.models.enums import AccessLevel, Presence
from whop_crm.services.bulk import Link, as_json, looked_up, overwrite, upsert
from whop_crm.services.members.naming import search_text, sort_name


@dataclass(frozen=True, slots=True)
class MemberBefore:
    """A member as stored before a write of facts."""

    id: int
    version: datetime
    presence: Presence
    name: str | None
    username: str | None
    email: str | None


def row_of(fact: MemberFact) -> dict[str, object]:
    """The row that keeps a member."""
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "whop_user_id": fact.user_id,
        "name": fact.name,
        "username": fact.username,
        "email": fact.email,
        "phone": fact.phone,
        "photo_url": fact.photo_url,
        "access_level": AccessLevel(fact.access_level),
        "presence": Presence(fact.presence),
        "joined_at": fact.joined_at,
        "whop_created_at": fact.created_at,
        "last_active_at": fact.last_accessed_at,
        "most_recent_action": fact.most_recent_action,
        "most_recent_action_at": fact.most_recent_action_at,
        "spent_usd_minor": fact.spent_usd,
        "search_text": search_text(fact.name, fact.username, fact.email),
        "sort_name": sort_name(fact.name, fact.username, fact.email, fact.id),
    }


_SETS = {
    "last_active_at": "greatest(t.last_active_at, excluded.last_active_at)",
    "whop_user_id": "coalesce(excluded.whop_user_id, t.whop_user_id)",
}
"""A visit only ever moves forward, whoever tells of it first, and a member never becomes another user."""


_NOTE = overwrite(
    Member,
    ("last_active_at",),
    """
    SELECT m.id, greatest(m.last_active_at, r.at) AS last_active_at
    FROM unnest(CAST(:users AS text[]), CAST(:times AS timestamptz[])) AS r(user_id, at)
    CROSS JOIN LATERAL (SELECT * FROM members WHERE whop_user_id = r.user_id OFFSET 0) m""",
)

_LINK_COURSES = overwrite(
    CourseProgress,
    ("member_id",),
    f"""
    SELECT c.id, m.id AS member_id FROM {looked_up("members", "id")} m
    CROSS JOIN LATERAL (
        SELECT id FROM course_progress WHERE member_id IS NULL AND whop_user_id = m.whop_user_id OFFSET 0) c""",  # noqa: S608 - names are ours
)


async def write_members(db: CompanyDb, facts: Sequence[MemberFact]) -> dict[str, MemberBefore]:
    """Newest wins. Returns what was stored before, by Whop's id; who is not in it is new."""
    db.scope.require(Permission.FACTS_WRITE)
    latest: dict[str, MemberFact] = {}
    for fact in facts:
        if fact.id not in latest or fact.version >= latest[fact.id].version:
            latest[fact.id] = fact
    if not latest:
        return {}
    before = await _before(db, list(latest))
    await upsert(db, Member, [row_of(fact) for fact in latest.values()], sets=_SETS)
    db.touch((), Topic.MEMBERS)
    return before


async def _before(db: CompanyDb, whop_ids: Sequence[str]) -> dict[str, MemberBefore]:
    found = await db.execute(
        text(f"SELECT whop_id, id, version, presence, name, username, email FROM {looked_up('members')} m"),  # noqa: S608 - names are ours
        {"ids": as_json(whop_ids)},
    )
    return {
        row.whop_id: MemberBefore(row.id, row.version, Presence(row.presence), row.name, row.username, row.email)
        for row in found
    }


async def note_activity(db: CompanyDb, seen: Iterable[tuple[str, datetime]]) -> None:
    """Members, by Whop's user id, who did something at a time: that they were active then."""
    db.scope.require(Permission.FACTS_WRITE)
    latest: dict[str, datetime] = {}
    for user_id, at in seen:
        latest[user_id] = max(at, latest.get(user_id, at))
    if latest:
        await db.execute(text(_NOTE), {"users": list(latest), "times": list(latest.values())})


async def write_course_progress(db: CompanyDb, facts: Sequence[CourseProgressFact]) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    latest: dict[tuple[str, str], CourseProgressFact] = {}
    for fact in facts:
        key = (fact.course_id, fact.user_id)
        if key not in latest or fact.version >= latest[key].version:
            latest[key] = fact
    rows = [
        {
            "whop_course_id": fact.course_id,
            "whop_user_id": fact.user_id,
            "version": fact.version,
            "course_title": fact.course_title,
            "completion": fact.completion,
            "completed_lessons": fact.completed_lessons,
            "total_lessons": fact.total_lessons,
            "last_interaction_at": fact.last_interaction_at,
        }
        for fact in latest.values()
    ]
    await upsert(db, CourseProgress, rows, key=("whop_course_id", "whop_user_id"), link=Link.USER)
    if rows:
        db.touch((), Topic.COURSES)


async def find_ids(db: CompanyDb, whop_ids: Iterable[str], user_ids: Iterable[str] = ()) -> dict[str, int]:
    """Our ids of members, by Whop's member id or user id; unknown ones are not in it."""
    db.scope.require(Permission.FACTS_WRITE)
    found = await db.execute(
        text(
            f"SELECT whop_id AS key, id FROM {looked_up('members', param='members')} m"  # noqa: S608 - names are ours
            f" UNION ALL SELECT whop_user_id, id FROM {looked_up('members', 'whop_user_id', 'users')} m"
        ),
        {"members": as_json(list(set(whop_ids))), "users": as_json(list(set(user_ids)))},
    )
    return {row.key: row.id for row in found}


async def link_courses(db: CompanyDb, member_ids: Collection[int]) -> None:
    """Gives these new members the courses that were read before them."""
    db.scope.require(Permission.FACTS_WRITE)
    await db.execute(text(_LINK_COURSES), {"ids": as_json(list(member_ids))})
