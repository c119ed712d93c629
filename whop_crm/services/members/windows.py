"""Counts of the last 30 days and the engagement score: by a job, as time alone changes them."""

from datetime import datetime, timedelta

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.models.columns import now as this_moment
from whop_crm.services.bulk import as_json, looked_up

WINDOW_DAYS = 30

_RECOUNT = """
WITH counts AS (
    SELECT member_id, coalesce(sum(n) FILTER (WHERE kind = 'post'), 0) AS posts,
           coalesce(sum(n) FILTER (WHERE kind = 'comment'), 0) AS comments,
           coalesce(sum(n) FILTER (WHERE kind = 'chat'), 0) AS chats,
           coalesce(sum(n) FILTER (WHERE kind = 'lesson'), 0) AS lessons
    FROM member_days WHERE day BETWEEN :first AND :today AND kind IN ('post', 'comment', 'chat', 'lesson')
    GROUP BY member_id
), parts AS (
    SELECT m.id, m.last_active_at, coalesce(c.posts, 0) AS posts, coalesce(c.comments, 0) AS comments,
           coalesce(c.chats, 0) AS chats, coalesce(c.lessons, 0) AS lessons,
           m.counted AND m.status IN ('active', 'past_due', 'paused', 'trialing', 'completed') AS has_access
    FROM members m LEFT JOIN counts c ON c.member_id = m.id
), scores AS (
    SELECT id, round(100 * CAST(
               :posts * percent_rank() OVER (ORDER BY posts)
               + :comments * percent_rank() OVER (ORDER BY comments + chats)
               + :courses * percent_rank() OVER (ORDER BY lessons)
               + :recency * (1 - least(greatest(extract(epoch FROM CAST(:now AS timestamptz) - last_active_at), 0)
                                / 86400.0, 30) / 30)
               AS numeric) / :total) AS score
    FROM parts WHERE has_access
), now_scored AS (
    SELECT p.*, CASE WHEN p.has_access THEN CASE WHEN p.last_active_at IS NULL THEN 0 ELSE s.score END END AS score
    FROM parts p LEFT JOIN scores s ON s.id = p.id
), summary AS (
    SELECT n.*, n.score - before.score AS change
    FROM now_scored n LEFT JOIN LATERAL (
        SELECT score FROM member_scores WHERE member_id = n.id AND day <= :first ORDER BY day DESC LIMIT 1
    ) before ON n.score IS NOT NULL
)
UPDATE members m SET posts_30d = s.posts, comments_30d = s.comments, chats_30d = s.chats, lessons_30d = s.lessons,
                     engagement_score = s.score, engagement_change = s.change
FROM summary s
WHERE m.id = s.id
    AND (m.posts_30d, m.comments_30d, m.chats_30d, m.lessons_30d, m.engagement_score, m.engagement_change)
    IS DISTINCT FROM (s.posts, s.comments, s.chats, s.lessons, s.score, s.change)
RETURNING m.id"""

_KEEP = f"""
INSERT INTO member_scores AS s (company_id, member_id, day, score)
SELECT :company, m.id, :today, m.engagement_score
FROM {looked_up("members", "id")} AS m
LEFT JOIN LATERAL (
    SELECT score FROM member_scores WHERE member_id = m.id ORDER BY day DESC LIMIT 1
) latest ON true
WHERE m.engagement_score IS DISTINCT FROM latest.score
ORDER BY m.id
ON CONFLICT (company_id, member_id, day) DO UPDATE SET score = excluded.score"""  # noqa: S608 - constants of ours


async def recount_windows(db: CompanyDb, now: datetime | None = None) -> int:
    """Counts and scores of every member, writing only what changed; how many members that were.

    The window begins at local midnight 30 days ago. A score is the mean, by the company's weights, of percentile ranks
    among those with access (posts, comments and chat, lessons) and of recency; whoever was never seen has 0, whoever
    has no access none. Each score is kept for its day, and its change is against the score of 30 days ago.
    """
    db.scope.require(Permission.FACTS_WRITE)
    moment = now or this_moment()
    today, weights = moment.astimezone(db.scope.company.zone).date(), db.scope.company.weights
    values = {
        "now": moment, "today": today, "first": today - timedelta(days=WINDOW_DAYS), "total": weights.total,
        "posts": weights.posts, "comments": weights.comments, "courses": weights.courses, "recency": weights.recency,
    }  # fmt: skip
    changed = (await db.execute(text(_RECOUNT), values)).scalars().all()
    if changed:
        kept = {"company": db.scope.company_id, "today": today, "ids": as_json(changed)}
        await db.execute(text(_KEEP), kept)
        db.touch(changed, Topic.MEMBERS)
    return len(changed)
