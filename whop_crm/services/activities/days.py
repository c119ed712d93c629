"""The daily counts told anew, after the company's time zone has changed."""

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.services.activities.record import DAY_KIND_SQL, DAY_KINDS

_KINDS = ", ".join(f"'{kind}'" for kind in DAY_KINDS)
_THESE = "member_id > :after AND member_id <= :last"
_TOLD_ANEW = f"""
WITH visits AS (
    SELECT member_id, coalesce((seen.at AT TIME ZONE :zone)::date, day) AS day, seen.at
    FROM member_days CROSS JOIN LATERAL (VALUES (first_at), (last_at)) AS seen(at)
    WHERE {_THESE} AND kind = 'visit'
), wanted AS MATERIALIZED (
    SELECT member_id, {DAY_KIND_SQL} AS kind, (occurred_at AT TIME ZONE :zone)::date AS day, count(*)::integer AS n,
           CAST(NULL AS timestamptz) AS first_at, CAST(NULL AS timestamptz) AS last_at
    FROM activities WHERE {_THESE} AND kind IN ({_KINDS}) GROUP BY 1, 2, 3
    UNION ALL
    SELECT member_id, 'visit', day, 1, min(at), max(at) FROM visits GROUP BY 1, 3
), gone AS (
    DELETE FROM member_days d WHERE {_THESE} AND NOT EXISTS (
        SELECT FROM wanted w WHERE w.member_id = d.member_id AND w.kind = d.kind AND w.day = d.day)
)
INSERT INTO member_days AS d (company_id, member_id, kind, day, n, first_at, last_at)
SELECT :company, member_id, kind, day, n, first_at, last_at FROM wanted ORDER BY 2, 3, 4
ON CONFLICT (company_id, member_id, kind, day) DO UPDATE
SET n = excluded.n, first_at = excluded.first_at, last_at = excluded.last_at
WHERE (d.n, d.first_at, d.last_at) IS DISTINCT FROM (excluded.n, excluded.first_at, excluded.last_at)"""  # noqa: S608 - constants of ours


async def retell_days(db: CompanyDb, after: int, last: int) -> None:
    """Counts the local days of the members with an id above `after`, up to `last`.

    A visit keeps the first and last instant of its day, and one day of any zone overlaps two of another: its new days
    are those of the two.
    """
    db.scope.require(Permission.FACTS_WRITE)
    values = {"company": db.scope.company_id, "zone": db.scope.company.timezone, "after": after, "last": last}
    await db.execute(text(_TOLD_ANEW), values)
    db.touch_many(Topic.ACTIVITIES)
