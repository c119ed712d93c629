"""The summary on the member's row, from the facts it sums. Reads other services' tables, writes `members` alone.

The same statements serve the few members that a batch touched and a full comparison of all.
"""

from collections.abc import Collection

from sqlalchemy import text

from whop_crm.access import Permission
from whop_crm.db import CompanyDb, Topic
from whop_crm.models import Member
from whop_crm.models.enums import MemberStatus
from whop_crm.services.bulk import as_json, looked_up, overwrite
from whop_crm.services.members.status import STATUS_ORDER, status_rank

_CHUNK = 2_000
_LIVE = "status IN ('active', 'canceling', 'past_due', 'trialing')"
_RANK = status_rank("status", "paused")
_STATUS = " ".join(f"WHEN {rank} THEN '{status}'" for rank, status in enumerate(STATUS_ORDER))
_ENDED = STATUS_ORDER.index(MemberStatus.CANCELED)

_MONEY = f"""
    SELECT m.id,
           CASE best.rank {_STATUS} ELSE 'none' END AS status,
           coalesce(held.canceling, false) AS canceling,
           plan.id AS plan_id, product.id AS product_id,
           left(CASE WHEN plan.title IS NULL OR starts_with(lower(product.title), lower(plan.title))
                THEN coalesce(product.title, plan.title, plan.formatted_price, '')
                WHEN product.title IS NULL OR starts_with(lower(plan.title), lower(product.title)) THEN plan.title
                ELSE product.title || ' · ' || plan.title END, 120) AS plan_name,
           held.n AS memberships, held.mrr AS mrr_minor, held.next_charge_at, held.trial_ends_at,
           CASE WHEN held.canceling OR best.rank >= {_ENDED} THEN held.canceled_at END AS canceled_at,
           paid.net AS net_revenue_minor, paid.n AS payments, paid.failed AS failed_payments,
           paid.refunds, paid.disputes, paid.first_at AS first_payment_at, paid.last_at AS last_payment_at,
           NOT (m.access_level = 'admin' AND paid.n = 0) AND NOT (m.whop_user_id IS NULL AND held.n = 0) AS counted
    FROM {looked_up("members", "id")} m
    LEFT JOIN LATERAL (
        SELECT {_RANK} AS rank, whop_plan_id, whop_product_id FROM memberships WHERE member_id = m.id
        ORDER BY 1, whop_created_at DESC, whop_id DESC LIMIT 1
    ) best ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS n, coalesce(sum(mrr_minor), 0) AS mrr, max(canceled_at) AS canceled_at,
               bool_and(cancel_at_period_end) FILTER (WHERE {_LIVE} OR status = 'completed') AS canceling,
               min(CASE WHEN most_recent_action = 'next_payment_attempt' THEN most_recent_action_at ELSE period_end END)
                   FILTER (WHERE {_LIVE} AND NOT paused AND NOT cancel_at_period_end
                           AND renewal_price_minor IS NOT NULL) AS next_charge_at,
               min(period_end) FILTER (WHERE status = 'trialing') AS trial_ends_at
        FROM memberships WHERE member_id = m.id
    ) held
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE cleared) AS n,
               count(*) FILTER (WHERE status <> 'paid' AND failed_attempts > 0) AS failed,
               coalesce(sum(refunds), 0) AS refunds, coalesce(sum(disputes), 0) AS disputes,
               coalesce(sum(total_company_minor - taken_company_minor) FILTER (WHERE cleared), 0) AS net,
               min(paid_at) FILTER (WHERE cleared) AS first_at, max(paid_at) FILTER (WHERE cleared) AS last_at
        FROM (SELECT *, status = 'paid' AND total_minor > 0 AND paid_at IS NOT NULL AS cleared
              FROM payments WHERE member_id = m.id) charges
    ) paid
    LEFT JOIN LATERAL (SELECT * FROM plans WHERE whop_id = best.whop_plan_id OFFSET 0) plan ON true
    LEFT JOIN LATERAL (SELECT * FROM products WHERE whop_id = best.whop_product_id OFFSET 0) product ON true
"""  # noqa: S608 - constants of ours

_COMMUNITY = f"""
    SELECT m.id, days.* FROM {looked_up("members", "id")} m
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(n) FILTER (WHERE kind = 'post'), 0) AS posts,
               coalesce(sum(n) FILTER (WHERE kind = 'comment'), 0) AS comments,
               coalesce(sum(n) FILTER (WHERE kind = 'chat'), 0) AS chats,
               coalesce(sum(n) FILTER (WHERE kind = 'lesson'), 0) AS lessons
        FROM member_days WHERE member_id = m.id
    ) days
"""  # noqa: S608 - constants of ours

_COURSES = f"""
    SELECT m.id, (SELECT avg(completion) FROM course_progress WHERE member_id = m.id) AS course_completion
    FROM {looked_up("members", "id")} m
"""  # noqa: S608 - constants of ours

_MONEY_COLUMNS = (
    "status", "canceling", "plan_id", "product_id", "plan_name", "memberships", "mrr_minor", "next_charge_at",
    "trial_ends_at", "canceled_at", "net_revenue_minor", "payments", "failed_payments", "refunds", "disputes",
    "first_payment_at", "last_payment_at", "counted",
)  # fmt: skip


_WRITE_MONEY = overwrite(Member, _MONEY_COLUMNS, _MONEY)
_WRITE_COMMUNITY = overwrite(Member, ("posts", "comments", "chats", "lessons"), _COMMUNITY)
_WRITE_COURSES = overwrite(Member, ("course_completion",), _COURSES)


async def summarize_money(db: CompanyDb, member_ids: Collection[int]) -> None:
    """Status, plan, MRR, revenue, payments: what memberships and payments say of these members."""
    db.scope.require(Permission.FACTS_WRITE)
    await _write(db, _WRITE_MONEY, member_ids)


async def summarize_community(db: CompanyDb, member_ids: Collection[int]) -> None:
    """Lifetime counters: what the daily counts say of these members."""
    db.scope.require(Permission.FACTS_WRITE)
    await _write(db, _WRITE_COMMUNITY, member_ids)


async def summarize_courses(db: CompanyDb, member_ids: Collection[int]) -> None:
    db.scope.require(Permission.FACTS_WRITE)
    await _write(db, _WRITE_COURSES, member_ids)


async def _write(db: CompanyDb, statement: str, member_ids: Collection[int]) -> None:
    if member_ids:
        await db.execute(text(statement), {"ids": as_json(sorted(member_ids))})
        db.touch(member_ids, Topic.MEMBERS)


async def recompute_summaries(db: CompanyDb, member_ids: Collection[int] | None = None) -> None:
    """Works every summary out anew, of these members or of all; writes only what differs."""
    db.scope.require(Permission.FACTS_WRITE)
    ids = sorted(member_ids) if member_ids is not None else list(await _all(db))
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        for summarize in (summarize_money, summarize_community, summarize_courses):
            await summarize(db, chunk)


async def _all(db: CompanyDb) -> Collection[int]:
    return (await db.execute(text("SELECT id FROM members ORDER BY id"))).scalars().all()
