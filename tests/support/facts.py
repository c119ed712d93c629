"""Believable facts, as the API or a webhook would tell them; keyword arguments replace what matters to a test."""

from datetime import datetime, timedelta
from typing import Any

from tests.support.factories import NOW, number
from whop_crm.clients.facts import (
    ChatFact,
    CourseProgressFact,
    DisputeFact,
    InvoiceFact,
    LessonFact,
    MemberFact,
    MembershipFact,
    PaymentFact,
    PlanFact,
    PostFact,
    ProductFact,
    PromoCodeFact,
    RefundFact,
)

LONG_AGO = NOW - timedelta(days=400)


def product(**changes: Any) -> ProductFact:
    return ProductFact(
        **{"id": "prod_ridge", "version": LONG_AGO, "title": "Ridge Pro", "route": "ridge", "visibility": "visible",
           "created_at": LONG_AGO, **changes}
    )  # fmt: skip


def plan(**changes: Any) -> PlanFact:
    return PlanFact(
        **{"id": "plan_month", "version": LONG_AGO, "product_id": "prod_ridge", "title": "Monthly",
           "plan_type": "renewal", "visibility": "visible", "currency": "usd", "initial_price": 0,
           "renewal_price": 4900, "billing_period_days": 30, "expiration_days": None, "trial_period_days": None,
           "split_pay_required_payments": None, "formatted_price": "$49.00 / month", "created_at": LONG_AGO, **changes}
    )  # fmt: skip


def promo_code(**changes: Any) -> PromoCodeFact:
    return PromoCodeFact(
        **{"id": "promo_half", "version": LONG_AGO, "code": "HALF", "promo_type": "percentage", "amount_off": 0.5,
           "currency": "usd", "duration": "forever", "duration_months": None, "status": "active", "uses": 1,
           "created_at": LONG_AGO, **changes}
    )  # fmt: skip


def member(**changes: Any) -> MemberFact:
    n = number()
    at = NOW - timedelta(days=90)
    return MemberFact(
        **{"id": f"mber_{n:06}", "version": NOW, "user_id": f"user_{n:06}", "name": f"Member {n}",
           "username": f"member{n}", "email": f"member{n}@example.com", "phone": None, "photo_url": None,
           "access_level": "customer", "presence": "joined", "joined_at": at, "created_at": at,
           "last_accessed_at": NOW - timedelta(days=1), "most_recent_action": "renewing", "most_recent_action_at": at,
           "spent_usd": 0, **changes}
    )  # fmt: skip


def membership(of: MemberFact | None = None, **changes: Any) -> MembershipFact:
    start: datetime = changes.get("created_at", NOW - timedelta(days=90))
    return MembershipFact(
        **{"id": f"mem_{number():06}", "version": NOW, "member_id": of and of.id, "user_id": of and of.user_id,
           "plan_id": "plan_month", "product_id": "prod_ridge", "promo_code_id": None, "status": "active",
           "paused": False, "cancel_at_period_end": False, "canceled_at": None, "cancel_option": None,
           "cancel_reason": None, "cancel_feedback": None, "created_at": start, "period_start": NOW,
           "period_end": NOW + timedelta(days=30), "expires_at": None, "billing_period_days": 30,
           "collection_method": "charge_automatically", "currency": "usd", "initial_price": 0, "renewal_price": 4900,
           "most_recent_action": "renewing_on", "most_recent_action_at": NOW + timedelta(days=30),
           "split_pay_required_payments": None, **changes}
    )  # fmt: skip


def payment(of: MembershipFact | None = None, **changes: Any) -> PaymentFact:
    at: datetime = changes.get("paid_at") or changes.get("created_at") or NOW - timedelta(days=90)
    total: int = changes.get("total", 4900)
    return PaymentFact(
        **{"id": f"pay_{number():06}", "version": at, "member_id": of and of.member_id, "user_id": of and of.user_id,
           "membership_id": of and of.id, "plan_id": of and of.plan_id, "product_id": of and of.product_id,
           "promo_code_id": None, "status": "paid", "substatus": "succeeded", "billing_reason": "subscription_cycle",
           "currency": "usd", "total": total, "subtotal": total, "tax": 0, "refunded": 0, "after_fees": total,
           "usd_total": total, "created_at": at, "paid_at": at, "last_attempt_at": at, "next_attempt_at": None,
           "refunded_at": None, "dispute_alerted_at": None, "failed_attempts": 0, "failure_message": None,
           "decline_code": None, "retryable": False, "method": "card", "card_brand": "visa", "card_last4": "4242",
           **changes}
    )  # fmt: skip


def failed(of: MembershipFact, **changes: Any) -> PaymentFact:
    return payment(
        of,
        **{"status": "open", "substatus": "past_due", "paid_at": None, "failed_attempts": 1, "retryable": True,
           "decline_code": "insufficient_funds", "failure_message": "Your card has insufficient funds.",
           "next_attempt_at": NOW + timedelta(days=2), **changes},
    )  # fmt: skip


def refund(of: PaymentFact, **changes: Any) -> RefundFact:
    return RefundFact(
        **{"id": f"rf_{number():06}", "version": NOW, "payment_id": of.id, "status": "succeeded",
           "currency": of.currency, "amount": of.total, "reason": "requested_by_customer", "created_at": NOW, **changes}
    )  # fmt: skip


def dispute(of: PaymentFact, **changes: Any) -> DisputeFact:
    return DisputeFact(
        **{"id": f"dspt_{number():06}", "version": NOW, "payment_id": of.id, "status": "needs_response",
           "reason": "fraudulent", "inquiry": False, "currency": of.currency, "amount": of.total,
           "evidence_due_at": NOW + timedelta(days=14), "created_at": NOW, **changes}
    )  # fmt: skip


def invoice(of: MemberFact, **changes: Any) -> InvoiceFact:
    return InvoiceFact(
        **{"id": f"inv_{number():06}", "version": NOW, "member_id": of.id, "user_id": of.user_id, "number": "NRT-0042",
           "status": "open", "currency": "usd", "amount": 30000, "due_at": NOW + timedelta(days=14),
           "created_at": NOW, **changes}
    )  # fmt: skip


def course(of: MemberFact, **changes: Any) -> CourseProgressFact:
    return CourseProgressFact(
        **{"course_id": "cors_1", "user_id": of.user_id, "version": NOW, "course_title": "Foundations",
           "completion": 50.0, "completed_lessons": 5, "total_lessons": 10, "last_interaction_at": NOW, **changes}
    )  # fmt: skip


def lesson(of: MemberFact, **changes: Any) -> LessonFact:
    return LessonFact(
        **{"id": f"crsi_{number():06}", "user_id": of.user_id, "completed_at": NOW, "lesson_id": "lesn_1",
           "lesson_title": "Position sizing", "course_title": "Foundations", **changes}
    )  # fmt: skip


def post(of: MemberFact, **changes: Any) -> PostFact:
    return PostFact(
        **{"id": f"post_{number():06}", "user_id": of.user_id, "created_at": NOW, "parent_id": None, "title": "Hello",
           "text": "Hello, everyone", **changes}
    )  # fmt: skip


def chat(of: MemberFact, **changes: Any) -> ChatFact:
    return ChatFact(
        **{"id": f"msg_{number():06}", "user_id": of.user_id, "created_at": NOW, "channel_id": "chat_1",
           "text": "Good morning", **changes}
    )  # fmt: skip
