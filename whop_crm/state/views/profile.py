"""One member's page."""

from dataclasses import dataclass

from whop_crm.money import format_money
from whop_crm.services.members import CourseRow, MemberDetail, MembershipRow, PaymentOutcome, PaymentRow
from whop_crm.state.views.text import counted, iso, sentence


@dataclass(frozen=True, slots=True)
class Profile:
    """The head, the overview and the counters. `whop_url` is the member's page at Whop."""

    id: str = ""
    name: str = ""
    handle: str = ""
    email: str = ""
    phone: str = ""
    photo: str = ""
    status: str = ""
    plan: str = ""
    whop_url: str = ""
    joined: str = ""
    last_active: str = ""
    revenue: str = ""
    mrr: str = ""
    payments: str = ""
    failed_payments: str = ""
    refunds: str = ""
    disputes: str = ""
    first_payment: str = ""
    last_payment: str = ""
    next_charge: str = ""
    trial_ends: str = ""
    canceled: str = ""
    left: bool = False
    score: str = ""
    posts: str = ""
    comments: str = ""
    chats: str = ""
    lessons: str = ""
    recent: str = ""


@dataclass(frozen=True, slots=True)
class MembershipCard:
    """One membership. Only what applies is filled in."""

    id: str
    title: str
    plan: str
    status: str
    price: str
    mrr: str
    started: str
    trial_ends: str
    next_charge: str
    next_amount: str
    ends: str
    ended: str
    paused: str
    canceled: str
    reason: str
    promo_code: str


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One payment. `outcome` is a PaymentOutcome value; `note` says why it failed, was refunded or disputed."""

    id: str
    at: str
    outcome: str
    amount: str
    what: str
    method: str
    note: str
    next_attempt: str


@dataclass(frozen=True, slots=True)
class CourseLine:
    title: str
    percent: int
    detail: str
    last: str


def profile(member: MemberDetail) -> Profile:
    stats = member.stats
    return Profile(
        id=member.whop_id,
        name=member.name,
        handle=f"@{member.username}" if member.username else "",
        email=member.email or "",
        phone=member.phone or "",
        photo=member.photo_url or "",
        status=member.status.value,
        plan=member.plan_name,
        whop_url=f"https://whop.com/@{member.username}" if member.username else "",
        joined=iso(member.joined_at),
        last_active=iso(member.last_active_at),
        revenue=format_money(member.net_revenue_minor, member.currency),
        mrr=format_money(member.mrr_minor, member.currency),
        payments=f"{member.payment_count:,}",
        failed_payments=f"{member.failed_payment_count:,}",
        refunds=f"{member.refund_count:,}",
        disputes=f"{member.dispute_count:,}",
        first_payment=iso(member.first_payment_at),
        last_payment=iso(member.last_payment_at),
        next_charge=iso(member.next_charge_at),
        trial_ends=iso(member.trial_ends_at),
        canceled=iso(member.canceled_at),
        score="–" if stats.engagement_score is None else str(stats.engagement_score),
        posts=f"{stats.posts:,}",
        comments=f"{stats.comments:,}",
        chats=f"{stats.chats:,}",
        lessons=f"{stats.lessons:,}",
        recent=_recent(member),
    )


def _recent(member: MemberDetail) -> str:
    stats = member.stats
    parts = [
        counted(stats.posts_30d, "post"),
        counted(stats.comments_30d, "comment"),
        counted(stats.chats_30d, "message"),
        counted(stats.lessons_30d, "lesson"),
    ]
    return ", ".join(parts)


def membership_card(row: MembershipRow) -> MembershipCard:
    reasons = (sentence(row.cancel_option), row.cancel_reason, row.cancel_feedback)
    return MembershipCard(
        id=row.whop_id,
        title=row.product_name,
        plan=row.plan_name,
        status=row.status.value,
        price=_price(row),
        mrr=format_money(row.mrr_minor, row.mrr_currency) if row.mrr_minor else "",
        started=iso(row.started_at),
        trial_ends=iso(row.trial_ends_at),
        next_charge=iso(row.next_charge_at),
        next_amount="" if row.next_charge_minor is None else format_money(row.next_charge_minor, row.currency),
        ends=iso(row.ends_at),
        ended=iso(row.ended_at),
        paused=iso(row.paused_at) if row.paused else "",
        canceled=iso(row.canceled_at),
        reason=" · ".join(part for part in reasons if part),
        promo_code=row.promo_code or "",
    )


def _price(row: MembershipRow) -> str:
    if not row.interval:
        return f"{format_money(row.initial_price_minor, row.currency)} once" if row.initial_price_minor else "Free"
    if not row.price_minor:
        return "Free"
    return f"{format_money(row.price_minor, row.currency)} / {row.interval}"


def payment_line(row: PaymentRow) -> PaymentLine:
    return PaymentLine(
        id=row.whop_id,
        at=iso(row.at),
        outcome=row.outcome.value,
        amount=format_money(row.total_minor, row.currency),
        what=row.product_name or row.plan_name or sentence(row.billing_reason),
        method=_method(row),
        note=_note(row),
        next_attempt=iso(row.next_attempt_at),
    )


def _method(row: PaymentRow) -> str:
    if row.card_last4:
        return f"{sentence(row.card_brand) or 'Card'} ···· {row.card_last4}"
    return sentence(row.method)


def _note(row: PaymentRow) -> str:
    parts: list[str] = []
    if row.outcome is PaymentOutcome.FAILED:
        parts.append(row.failure_message or sentence(row.decline_code) or "The charge failed")
    if row.failed_attempts:
        parts.append(f"{counted(row.failed_attempts, 'failed attempt')}")
    parts += [
        f"{format_money(refund.amount_minor, refund.currency)} refund {refund.status.value.replace('_', ' ')}"
        + (f": {sentence(refund.reason).lower()}" if refund.reason else "")
        for refund in row.refunds
    ]
    parts += [
        f"Dispute {dispute.status.value.replace('_', ' ')}"
        + (f": {sentence(dispute.reason).lower()}" if dispute.reason else "")
        for dispute in row.disputes
    ]
    return " · ".join(parts)


def course_line(row: CourseRow) -> CourseLine:
    return CourseLine(
        title=row.title,
        percent=round(row.completion),
        detail=f"{row.completed_lessons} of {row.total_lessons} lessons",
        last=iso(row.last_interaction_at),
    )
