"""What the numbers are read from: how the company stands now, and how it stood when the period began.

The past is answered by going back from now: only memberships whose state has changed since then are looked up in
`membership_changes`; all others stood then as they stand now.
"""

from dataclasses import dataclass

from sqlalchemy import text

from whop_crm.db import CompanyDb
from whop_crm.filters import Period
from whop_crm.models.enums import MemberStatus
from whop_crm.services.members import STATUS_ORDER, status_rank

HOLDING = (MemberStatus.ACTIVE, MemberStatus.PAST_DUE, MemberStatus.TRIALING, MemberStatus.COMPLETED)
"""The statuses of an active member."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The stocks at one moment, and the members who joined in the period that ends there. MRR is minor units."""

    total: int
    active: int
    joined: int
    mrr_minor: int


_NOW = text("""
SELECT (SELECT count(*) FROM members WHERE counted) AS total,
       (SELECT count(*) FROM members WHERE counted AND status = ANY(:holding)) AS active,
       (SELECT count(*) FROM members WHERE counted AND joined_at >= :start AND joined_at < :end) AS joined,
       (SELECT coalesce(sum(mrr_minor), 0) FROM memberships WHERE mrr_minor > 0)::bigint AS mrr
""")

_JOINED = text("""
SELECT (SELECT count(*) FROM members WHERE counted AND joined_at >= :start)
       + (SELECT count(*) FROM members WHERE counted AND joined_at IS NULL AND whop_created_at >= :start) AS since,
       (SELECT count(*) FROM members WHERE counted AND joined_at >= :before AND joined_at < :start) AS before
""")

_MOVED = text(f"""
WITH changed AS MATERIALIZED (
    SELECT DISTINCT membership_id FROM membership_changes WHERE occurred_at >= :start
), moved AS MATERIALIZED (
    SELECT m.id, m.member_id, m.mrr_minor, coalesce(was.mrr_minor, 0) AS mrr_then,
           {status_rank("was.status", "was.paused")} AS rank
    FROM changed JOIN memberships m ON m.id = changed.membership_id
    LEFT JOIN LATERAL (
        SELECT c.status, c.paused, c.mrr_minor FROM membership_changes c
        WHERE c.membership_id = changed.membership_id AND c.occurred_at < :start
        ORDER BY c.occurred_at DESC, c.id DESC LIMIT 1
    ) was ON true
), held AS (
    SELECT member_id, min(rank) AS rank FROM (
        SELECT member_id, rank FROM moved
        UNION ALL
        SELECT m.member_id, {status_rank("m.status", "m.paused")} FROM memberships m
        WHERE m.member_id IN (SELECT member_id FROM moved) AND m.id NOT IN (SELECT id FROM moved)
    ) stood GROUP BY member_id
)
SELECT (SELECT coalesce(sum(mrr_then - mrr_minor), 0) FROM moved)::bigint AS mrr,
       (SELECT coalesce(sum(coalesce(held.rank = ANY(:ranks), false)::int - (m.status = ANY(:holding))::int), 0)
        FROM held JOIN members m ON m.id = held.member_id WHERE m.counted)::bigint AS active
""")  # noqa: S608 - expressions of ours


async def stands(db: CompanyDb, period: Period) -> Snapshot:
    """How the company stands at the period's end, which is now."""
    values = {"holding": list(HOLDING), "start": period.start, "end": period.end}
    row = (await db.execute(_NOW, values)).one()
    return Snapshot(row.total, row.active, row.joined, row.mrr)


async def stood(db: CompanyDb, period: Period, now: Snapshot) -> Snapshot:
    """How it stood when the period began; `joined` counts the period of the same length before."""
    ranks = [STATUS_ORDER.index(status) for status in HOLDING]
    moved = (await db.execute(_MOVED, {"start": period.start, "holding": list(HOLDING), "ranks": ranks})).one()
    joined = (await db.execute(_JOINED, {"start": period.start, "before": period.before.start})).one()
    return Snapshot(now.total - joined.since, now.active + moved.active, joined.before, now.mrr_minor + moved.mrr)
