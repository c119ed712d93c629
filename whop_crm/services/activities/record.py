"""Writing the timeline: a batch of what happened in one statement, with the daily counts that follow from it.

Telling something twice changes nothing: an activity is known by its source and its time, a day's visit by the day.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.models import Activity
from whop_crm.models.enums import ActivityKind, DayKind, Origin
from whop_crm.services.bulk import LINKED, LINKED_ID, Link, as_json, looked_up, overwrite, recordset, table_of

DAY_KINDS = {
    ActivityKind.POSTED: DayKind.POST,
    ActivityKind.COMMENTED: DayKind.COMMENT,
    ActivityKind.CHATTED: DayKind.CHAT,
    ActivityKind.LESSON_COMPLETED: DayKind.LESSON,
    ActivityKind.PAYMENT_PAID: DayKind.PAYMENT,
    ActivityKind.PAYMENT_RECOVERED: DayKind.PAYMENT,
    ActivityKind.PAYMENT_FAILED: DayKind.PAYMENT_FAILED,
}
"""What is counted by the day."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Something that happened, not yet on the timeline.

    `source` is unique in the company at its instant; with `once`, at any instant: for what Whop does not date. The
    member is found by Whop's member id, else by the user id; unknown ones are linked when they arrive.
    """

    source: str
    kind: ActivityKind
    at: datetime
    title: str
    detail: str = ""
    member_id: str | None = None
    user_id: str | None = None
    subject: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    once: bool = False


_COLUMNS = ("source", "kind", "grp", "occurred_at", "title", "detail", "whop_member_id", "whop_user_id", "subject",
            "amount_minor", "currency")  # fmt: skip

_OWN_DOING = "'posted', 'commented', 'chatted', 'lesson_completed'"

DAY_KIND_SQL = "CASE kind " + " ".join(f"WHEN '{kind}' THEN '{day}'" for kind, day in DAY_KINDS.items()) + " END"

_DAYS = f"""
INSERT INTO member_days AS d (company_id, member_id, kind, day, n)
SELECT :company, member_id, {DAY_KIND_SQL}, (occurred_at AT TIME ZONE :zone)::date, count(*) FROM told
WHERE member_id IS NOT NULL AND {DAY_KIND_SQL} IS NOT NULL
GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
ON CONFLICT (company_id, member_id, kind, day) DO UPDATE SET n = d.n + excluded.n"""  # noqa: S608 - constants of ours

_RECORD = f"""
WITH told AS (
    INSERT INTO activities (company_id, {", ".join(_COLUMNS)}, origin, member_id)
    SELECT :company, {", ".join(f"r.{name}" for name in _COLUMNS)}, :origin, {LINKED_ID[Link.PERSON]}
    FROM {recordset(table_of(Activity), _COLUMNS)}{LINKED[Link.PERSON]}
    ORDER BY r.occurred_at, r.source
    ON CONFLICT (company_id, source, occurred_at) DO NOTHING
    RETURNING member_id, kind, occurred_at
), days AS ({_DAYS})
SELECT count(*), array_agg(DISTINCT member_id) FILTER (WHERE {DAY_KIND_SQL} IS NOT NULL) FROM told"""  # noqa: S608 - constants of ours


async def record(db: CompanyDb, drafts: Sequence[Draft], origin: Origin) -> frozenset[int]:
    """Puts on the timeline what is not there yet; the ids of members whose daily counts changed."""
    db.scope.require(Permission.FACTS_WRITE)
    fresh = await _not_told(db, drafts)
    if not fresh:
        return frozenset()
    rows = [
        {
            "source": draft.source, "kind": draft.kind, "grp": draft.kind.group, "occurred_at": draft.at,
            "title": draft.title, "detail": draft.detail, "whop_member_id": draft.member_id,
            "whop_user_id": draft.user_id, "subject": draft.subject, "amount_minor": draft.amount_minor,
            "currency": draft.currency,
        }
        for draft in fresh
    ]  # fmt: skip
    values = {"rows": as_json(rows), "origin": origin, **_place(db)}
    told, counted = (await db.execute(text(_RECORD), values)).one()
    if told:
        db.touch((), Topic.ACTIVITIES)
    return frozenset(member_id for member_id in counted or () if member_id is not None)


def _place(db: CompanyDb) -> dict[str, object]:
    return {"company": db.scope.company_id, "zone": db.scope.company.timezone}


_TOLD = f"SELECT source FROM {looked_up('activities', 'source')} a"  # noqa: S608 - names are ours


async def _not_told(db: CompanyDb, drafts: Sequence[Draft]) -> list[Draft]:
    once = {draft.source: draft for draft in reversed(drafts) if draft.once}
    if not once:
        return list(drafts)
    found = await db.execute(text(_TOLD), {"ids": as_json(list(once))})
    told = set(found.scalars())
    return [d for d in drafts if not d.once or (once[d.source] is d and d.source not in told)]


async def record_visits(db: CompanyDb, visits: Iterable[tuple[str, datetime]]) -> None:
    """Marks the local days on which members (by Whop's id) were seen; a day counts once."""
    db.scope.require(Permission.FACTS_WRITE)
    seen = list(visits)
    if seen:
        await db.execute(
            text(
                "INSERT INTO member_days AS d (company_id, member_id, kind, day, n, first_at, last_at)"
                " SELECT :company, m.id, 'visit', (r.at AT TIME ZONE :zone)::date, 1, min(r.at), max(r.at)"
                " FROM unnest(CAST(:ids AS text[]), CAST(:times AS timestamptz[])) AS r(whop_id, at)"
                " JOIN members m ON m.whop_id = r.whop_id GROUP BY 2, 4 ORDER BY 2, 4"
                " ON CONFLICT (company_id, member_id, kind, day) DO UPDATE SET"
                " first_at = least(d.first_at, excluded.first_at), last_at = greatest(d.last_at, excluded.last_at)"
                " WHERE d.first_at IS NULL OR excluded.first_at < d.first_at OR excluded.last_at > d.last_at"
            ),
            {"ids": [whop_id for whop_id, _ in seen], "times": [at for _, at in seen], **_place(db)},
        )


_WAITING = """
SELECT 1 FROM activities
WHERE member_id IS NULL AND (whop_member_id IS NOT NULL OR whop_user_id IS NOT NULL) LIMIT 1"""

_LINKING = overwrite(
    Activity,
    ("member_id",),
    f"""
    SELECT a.occurred_at, a.id, m.id AS member_id FROM {looked_up("members", "id")} m
    CROSS JOIN LATERAL (
        SELECT occurred_at, id FROM activities WHERE member_id IS NULL AND whop_member_id = m.whop_id
        UNION
        SELECT occurred_at, id FROM activities
        WHERE member_id IS NULL AND whop_member_id IS NULL AND whop_user_id = m.whop_user_id
    ) a""",  # noqa: S608 - constants of ours
    "RETURNING t.member_id, t.whop_user_id, t.kind, t.occurred_at",
)

_LINK = f"""
WITH told AS ({_LINKING}), days AS ({_DAYS})
SELECT member_id, whop_user_id, max(occurred_at) FILTER (WHERE kind IN ({_OWN_DOING})) AS seen_at
FROM told GROUP BY 1, 2"""  # noqa: S608 - constants of ours


@dataclass(frozen=True, slots=True)
class Linked:
    """Members who were given activities, and by Whop's user id when they themselves last did one of them."""

    member_ids: frozenset[int]
    seen: tuple[tuple[str, datetime], ...]


async def link_activities(db: CompanyDb, member_ids: Collection[int]) -> Linked:
    """Gives what came before its member to these, who are new."""
    db.scope.require(Permission.FACTS_WRITE)
    if (await db.execute(text(_WAITING))).first() is None:
        return Linked(frozenset(), ())
    found = (await db.execute(text(_LINK), {"ids": as_json(list(member_ids)), **_place(db)})).all()
    ids = frozenset(row.member_id for row in found)
    if ids:
        db.touch(ids, Topic.ACTIVITIES)
    return Linked(ids, tuple((row.whop_user_id, row.seen_at) for row in found if row.whop_user_id and row.seen_at))
