"""One member's page: memberships, payments with what became of them, counters, courses."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import col

from whop_crm.db import CompanyDb
from whop_crm.models import CourseProgress, Dispute, Member, Membership, Payment, Plan, Product, PromoCode, Refund
from whop_crm.models.enums import MembershipStatus, PlanType
from whop_crm.services.members.naming import shown_name
from whop_crm.services.members.outcome import outcome_of
from whop_crm.services.members.schemas import (
    CourseRow,
    DisputeRow,
    MemberDetail,
    MembershipRow,
    MemberStats,
    PaymentPage,
    PaymentRow,
    RefundRow,
)
from whop_crm.services.members.status import LIVE, shown_member, shown_membership

PAYMENTS_SHOWN = 50
_INTERVALS = {1: "day", 7: "week", 14: "2 weeks", 30: "month", 90: "3 months", 180: "6 months", 365: "year"}
_NEAR = {**dict.fromkeys((28, 29, 31), 30), **dict.fromkeys((91, 92), 90), **dict.fromkeys((181, 182, 183, 184), 180),
         **dict.fromkeys((364, 366), 365)}  # fmt: skip


async def detail(db: CompanyDb, member: Member) -> MemberDetail:
    return MemberDetail(
        id=member.id,
        whop_id=member.whop_id,
        whop_user_id=member.whop_user_id,
        name=shown_name(member.name, member.username, member.email, member.whop_id),
        username=member.username,
        email=member.email,
        phone=member.phone,
        photo_url=member.photo_url,
        presence=member.presence,
        status=shown_member(member.status, member.canceling),
        plan_name=member.plan_name,
        joined_at=member.joined_at,
        last_active_at=member.last_active_at,
        currency=db.scope.company.currency,
        net_revenue_minor=member.net_revenue_minor,
        mrr_minor=member.mrr_minor,
        payment_count=member.payments,
        failed_payment_count=member.failed_payments,
        refund_count=member.refunds,
        dispute_count=member.disputes,
        first_payment_at=member.first_payment_at,
        last_payment_at=member.last_payment_at,
        next_charge_at=member.next_charge_at,
        trial_ends_at=member.trial_ends_at,
        canceled_at=member.canceled_at,
        memberships=await memberships(db, member.id),
        payments=await payments(db, member.id, 0),
        stats=_stats(member),
        courses=await courses(db, member.id),
    )


def _stats(member: Member) -> MemberStats:
    return MemberStats(
        posts=member.posts,
        comments=member.comments,
        chats=member.chats,
        lessons=member.lessons,
        posts_30d=member.posts_30d,
        comments_30d=member.comments_30d,
        chats_30d=member.chats_30d,
        lessons_30d=member.lessons_30d,
        course_completion=member.course_completion,
        engagement_score=member.engagement_score,
    )


async def memberships(db: CompanyDb, member_id: int) -> tuple[MembershipRow, ...]:
    """Live ones first, then the newest."""
    statement = (
        select(Membership, Plan, Product, col(PromoCode.code))
        .outerjoin(Plan, col(Plan.whop_id) == col(Membership.whop_plan_id))
        .outerjoin(Product, col(Product.whop_id) == col(Membership.whop_product_id))
        .outerjoin(PromoCode, col(PromoCode.whop_id) == col(Membership.whop_promo_code_id))
        .where(col(Membership.member_id) == member_id)
        .order_by(col(Membership.whop_created_at).desc(), col(Membership.id).desc())
    )
    found = (await db.execute(statement)).all()
    currency = db.scope.company.currency
    rows = [_membership(membership, plan, product, code, currency) for membership, plan, product, code in found]
    return tuple(sorted(rows, key=lambda row: row.ended_at is not None))


def _membership(
    membership: Membership, plan: Plan | None, product: Product | None, code: str | None, currency: str
) -> MembershipRow:
    live = membership.status in LIVE
    recurring = plan is None or plan.plan_type is not PlanType.ONE_TIME
    ends = live and membership.cancel_at_period_end
    charged = live and recurring and not ends and not membership.paused
    renewal = membership.renewal_price_minor
    return MembershipRow(
        whop_id=membership.whop_id,
        status=shown_membership(membership),
        plan_name=(plan and plan.title) or "",
        product_name=(product and product.title) or "",
        interval=interval(membership.billing_period_days) if recurring else "",
        currency=membership.currency,
        price_minor=membership.initial_price_minor if renewal is None or not recurring else renewal,
        initial_price_minor=membership.initial_price_minor,
        promo_code=code,
        mrr_minor=membership.mrr_minor,
        mrr_currency=currency,
        started_at=membership.whop_created_at,
        trial_ends_at=membership.period_end if membership.status is MembershipStatus.TRIALING else None,
        next_charge_at=membership.period_end if charged else None,
        next_charge_minor=renewal if charged and membership.period_end else None,
        ends_at=membership.period_end if ends else None,
        ended_at=membership.ended_at,
        expires_at=membership.expires_at,
        paused=membership.paused,
        paused_at=membership.paused_at,
        canceling=ends,
        canceled_at=membership.canceled_at,
        cancel_option=membership.cancel_option,
        cancel_reason=membership.cancel_reason,
        cancel_feedback=membership.cancel_feedback,
    )


def interval(days: int | None) -> str:
    """Between two charges, in words: 30 → "month", 45 → "45 days"; empty where nothing recurs."""
    if not days:
        return ""
    return _INTERVALS.get(_NEAR.get(days, days), f"{days} days")


async def payments(db: CompanyDb, member_id: int, offset: int) -> PaymentPage:
    mine = col(Payment.member_id) == member_id
    total = (await db.scalars(select(func.count()).select_from(Payment).where(mine))).one()
    statement = (
        select(Payment, col(Product.title), col(Plan.title))
        .outerjoin(Plan, col(Plan.whop_id) == col(Payment.whop_plan_id))
        .outerjoin(Product, col(Product.whop_id) == col(Payment.whop_product_id))
        .where(mine)
        .order_by(col(Payment.whop_created_at).desc(), col(Payment.id).desc())
        .offset(max(offset, 0))
        .limit(PAYMENTS_SHOWN)
    )
    found = (await db.execute(statement)).all()
    ids = [payment.whop_id for payment, _, _ in found]
    refunds, disputes = await _refunds(db, ids), await _disputes(db, ids)
    rows = tuple(_payment(p, product, plan, refunds[p.whop_id], disputes[p.whop_id]) for p, product, plan in found)
    return PaymentPage(rows, total, max(offset, 0))


async def _refunds(db: CompanyDb, payment_ids: Sequence[str]) -> defaultdict[str, list[RefundRow]]:
    found: defaultdict[str, list[RefundRow]] = defaultdict(list)
    statement = select(Refund).where(col(Refund.whop_payment_id).in_(payment_ids)).order_by(col(Refund.whop_created_at))
    for refund in (await db.scalars(statement)).all() if payment_ids else ():
        row = RefundRow(refund.whop_id, refund.status, refund.amount_minor, refund.currency, refund.reason,
                        refund.whop_created_at)  # fmt: skip
        found[refund.whop_payment_id].append(row)
    return found


async def _disputes(db: CompanyDb, payment_ids: Sequence[str]) -> defaultdict[str, list[DisputeRow]]:
    found: defaultdict[str, list[DisputeRow]] = defaultdict(list)
    statement = select(Dispute).where(col(Dispute.whop_payment_id).in_(payment_ids))
    for dispute in (await db.scalars(statement.order_by(col(Dispute.whop_created_at)))).all() if payment_ids else ():
        row = DisputeRow(dispute.whop_id, dispute.status, dispute.amount_minor, dispute.currency, dispute.reason,
                         dispute.inquiry, dispute.evidence_due_at, dispute.whop_created_at)  # fmt: skip
        found[dispute.whop_payment_id].append(row)
    return found


def _payment(
    payment: Payment, product: str | None, plan: str | None, refunds: list[RefundRow], disputes: list[DisputeRow]
) -> PaymentRow:
    return PaymentRow(
        whop_id=payment.whop_id,
        at=payment.paid_at or payment.whop_created_at,
        outcome=outcome_of(payment, refunds, disputes),
        substatus=payment.substatus,
        currency=payment.currency,
        total_minor=payment.total_minor,
        refunded_minor=payment.refunded_minor,
        product_name=product or "",
        plan_name=plan or "",
        billing_reason=payment.billing_reason,
        method=payment.method,
        card_brand=payment.card_brand,
        card_last4=payment.card_last4,
        failed_attempts=payment.failed_attempts,
        failure_message=payment.failure_message,
        decline_code=payment.decline_code,
        next_attempt_at=payment.next_attempt_at,
        refunds=tuple(refunds),
        disputes=tuple(disputes),
    )


async def courses(db: CompanyDb, member_id: int) -> tuple[CourseRow, ...]:
    """The one worked on last first."""
    statement = (
        select(CourseProgress)
        .where(col(CourseProgress.member_id) == member_id)
        .order_by(col(CourseProgress.last_interaction_at).desc().nulls_last(), col(CourseProgress.id))
    )
    return tuple(
        CourseRow(row.course_title, row.completion, row.completed_lessons, row.total_lessons, row.last_interaction_at)
        for row in (await db.scalars(statement)).all()
    )
