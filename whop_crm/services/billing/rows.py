"""From a fact to the row that keeps it. What a fact leaves unsaid is None here; the writer keeps the stored value."""

from datetime import datetime

from whop_crm.clients.facts import (
    UNSAID,
    DisputeFact,
    InvoiceFact,
    MembershipFact,
    PaymentFact,
    PlanFact,
    ProductFact,
    PromoCodeFact,
    RefundFact,
)
from whop_crm.models.enums import (
    DisputeStatus,
    InvoiceStatus,
    MembershipStatus,
    PaymentStatus,
    PlanType,
    PromoDuration,
    RefundStatus,
)

Values = dict[str, object]
ENDED = frozenset({MembershipStatus.CANCELED, MembershipStatus.EXPIRED})


def product(fact: ProductFact) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "title": fact.title,
        "route": fact.route,
        "visibility": fact.visibility,
        "whop_created_at": fact.created_at,
        "deleted_at": fact.version if fact.deleted else None,
    }


def plan(fact: PlanFact) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "whop_product_id": fact.product_id,
        "title": fact.title,
        "plan_type": PlanType(fact.plan_type),
        "visibility": fact.visibility,
        "currency": fact.currency,
        "initial_price_minor": fact.initial_price,
        "renewal_price_minor": fact.renewal_price,
        "billing_period_days": fact.billing_period_days,
        "expiration_days": fact.expiration_days,
        "trial_period_days": fact.trial_period_days,
        "split_pay_required_payments": fact.split_pay_required_payments,
        "formatted_price": fact.formatted_price,
        "whop_created_at": fact.created_at,
        "deleted_at": fact.version if fact.deleted else None,
    }


def promo_code(fact: PromoCodeFact) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "code": fact.code,
        "promo_type": fact.promo_type,
        "amount_off": fact.amount_off,
        "currency": fact.currency,
        "duration": PromoDuration(fact.duration),
        "duration_months": fact.duration_months,
        "status": fact.status,
        "uses": fact.uses,
        "whop_created_at": fact.created_at,
    }


def membership(fact: MembershipFact) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "whop_member_id": fact.member_id,
        "whop_user_id": fact.user_id,
        "whop_plan_id": fact.plan_id,
        "whop_product_id": fact.product_id,
        "whop_promo_code_id": fact.promo_code_id,
        "status": MembershipStatus(fact.status),
        "paused": fact.paused is True,
        "paused_at": paused_at(fact),
        "paused_version": None if fact.paused is UNSAID else fact.version,
        "cancel_at_period_end": fact.cancel_at_period_end,
        "canceled_at": fact.canceled_at,
        "cancel_option": fact.cancel_option,
        "cancel_reason": fact.cancel_reason,
        "cancel_feedback": fact.cancel_feedback,
        "whop_created_at": fact.created_at,
        "period_start": fact.period_start,
        "period_end": fact.period_end,
        "expires_at": fact.expires_at,
        "billing_period_days": fact.billing_period_days,
        "collection_method": fact.collection_method,
        "currency": fact.currency,
        "initial_price_minor": fact.initial_price,
        "renewal_price_minor": fact.renewal_price,
        "most_recent_action": fact.most_recent_action,
        "most_recent_action_at": fact.most_recent_action_at,
        "split_pay_required_payments": fact.split_pay_required_payments,
        "ended_at": ended_at(fact),
    }


def paused_at(fact: MembershipFact) -> datetime | None:
    """Where the fact dates it: one that is set to end as well does not."""
    dated = fact.paused is True and fact.most_recent_action == "paused_at"
    return fact.most_recent_action_at if dated else None


def ended_at(fact: MembershipFact) -> datetime | None:
    """When access ended: never the time of an update, unless nothing else is known."""
    status = MembershipStatus(fact.status)
    if status not in ENDED:
        return None
    if fact.most_recent_action in ("canceled_on", "ending_on") and fact.most_recent_action_at:
        return fact.most_recent_action_at
    if fact.cancel_at_period_end and fact.period_end:
        return fact.period_end
    expired = fact.expires_at if status is MembershipStatus.EXPIRED else None
    return expired or fact.canceled_at or fact.expires_at or fact.period_end or fact.version


def payment(fact: PaymentFact, company_currency: str) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "whop_member_id": fact.member_id,
        "whop_user_id": fact.user_id,
        "whop_membership_id": fact.membership_id,
        "whop_plan_id": fact.plan_id,
        "whop_product_id": fact.product_id,
        "whop_promo_code_id": fact.promo_code_id,
        "status": PaymentStatus(fact.status),
        "substatus": fact.substatus,
        "billing_reason": fact.billing_reason,
        "currency": fact.currency,
        "total_minor": fact.total,
        "subtotal_minor": fact.subtotal,
        "tax_minor": fact.tax,
        "refunded_minor": fact.refunded,
        "after_fees_minor": fact.after_fees,
        "usd_total_minor": fact.usd_total,
        "total_company_minor": in_company_currency(fact.currency, fact.total, fact.usd_total, company_currency) or 0,
        "whop_created_at": fact.created_at,
        "paid_at": fact.paid_at,
        "last_attempt_at": fact.last_attempt_at,
        "next_attempt_at": fact.next_attempt_at,
        "refunded_at": fact.refunded_at,
        "dispute_alerted_at": fact.dispute_alerted_at,
        "failed_attempts": fact.failed_attempts,
        "failure_message": fact.failure_message,
        "decline_code": fact.decline_code,
        "retryable": fact.retryable,
        "method": fact.method,
        "card_brand": fact.card_brand,
        "card_last4": fact.card_last4,
    }


def in_company_currency(currency: str, total: int, usd_total: int, company_currency: str) -> int | None:
    """The charge's own amount where it tells it; None where a rate has to be looked up."""
    if currency == company_currency or total == 0:
        return total
    return usd_total if company_currency == "usd" and usd_total else None


def refund(fact: RefundFact) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "whop_payment_id": fact.payment_id,
        "status": RefundStatus(fact.status),
        "currency": fact.currency,
        "amount_minor": fact.amount,
        "reason": None if fact.reason is UNSAID else fact.reason,
        "whop_created_at": fact.created_at,
    }


def dispute(fact: DisputeFact) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "whop_payment_id": fact.payment_id,
        "status": DisputeStatus(fact.status),
        "reason": fact.reason,
        "inquiry": fact.inquiry,
        "currency": fact.currency,
        "amount_minor": fact.amount,
        "evidence_due_at": fact.evidence_due_at,
        "whop_created_at": fact.created_at,
    }


def invoice(fact: InvoiceFact) -> Values:
    return {
        "whop_id": fact.id,
        "version": fact.version,
        "whop_member_id": None if fact.member_id is UNSAID else fact.member_id,
        "whop_user_id": fact.user_id,
        "number": fact.number,
        "status": InvoiceStatus(fact.status),
        "currency": fact.currency,
        "amount_minor": fact.amount,
        "due_at": fact.due_at,
        "whop_created_at": fact.created_at,
    }


Sold = ProductFact | PlanFact | MembershipFact | PaymentFact | RefundFact | DisputeFact | InvoiceFact


def row_of(fact: Sold, company_currency: str) -> Values:
    """The row that keeps a fact, whatever it is of."""
    match fact:
        case ProductFact():
            return product(fact)
        case PlanFact():
            return plan(fact)
        case MembershipFact():
            return membership(fact)
        case PaymentFact():
            return payment(fact, company_currency)
        case RefundFact():
            return refund(fact)
        case DisputeFact():
            return dispute(fact)
        case InvoiceFact():
            return invoice(fact)
