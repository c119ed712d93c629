"""Payments, and what is taken back from them. Refunds come in two shapes: webhooks carry the older one."""

from datetime import datetime

from whop_sdk.types import Dispute, Invoice, InvoiceListItem, Payment, Refund, RefundLegacy

from whop_crm.clients.facts import UNSAID, DisputeFact, InvoiceFact, PaymentFact, RefundFact
from whop_crm.clients.parse.clean import count, currency, label, minor, moment, moment_or, money, text


def payment(item: Payment, version: datetime) -> PaymentFact:
    code = currency(item.currency)
    card = item.payment_instrument.card if item.payment_instrument else None
    total = money(item.total)
    dollars = total if code == "usd" else 0
    return PaymentFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        member_id=text(item.member_id),
        user_id=text(item.user.id) if item.user else None,
        membership_id=text(item.membership_id),
        plan_id=text(item.plan_id),
        product_id=text(item.product_id),
        promo_code_id=text(item.promo_code_id),
        status=str(item.status),
        substatus=label(item.substatus),
        billing_reason=text(item.billing_reason),
        currency=code,
        total=total,
        subtotal=total if item.subtotal is None else money(item.subtotal),
        tax=money(item.tax_amount),
        refunded=money(item.refunded_amount),
        after_fees=money(item.amount_after_fees),
        usd_total=dollars if item.usd_total is None else money(item.usd_total),
        created_at=moment_or(item.created_at, version),
        paid_at=moment(item.paid_at),
        last_attempt_at=moment(item.last_payment_attempt_at),
        next_attempt_at=moment(item.next_payment_attempt_at),
        refunded_at=moment(item.refunded_at),
        dispute_alerted_at=moment(item.dispute_alerted_at),
        failed_attempts=count(item.payments_failed),
        failure_message=text(item.failure_message, 2000),
        decline_code=text(item.decline_code),
        retryable=item.retryable,
        method=text(item.payment_method_type),
        card_brand=text(card.brand) if card else None,
        card_last4=text(card.last4, 4) if card else None,
    )


def refund(item: Refund, version: datetime) -> RefundFact:
    amount = item.amount or item.original_amount
    return RefundFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        payment_id=label(item.payment_id),
        status=str(item.status),
        currency=currency(amount.currency),
        amount=money(amount),
        reason=text(item.reason),
        created_at=moment_or(item.created_at, version),
    )


def refund_of_webhook(item: RefundLegacy, version: datetime) -> RefundFact | None:
    """None where it names no payment. It has no `updated_at`, and says nothing of the reason."""
    if item.payment is None:
        return None
    code = currency(item.currency)
    return RefundFact(
        id=label(item.id),
        version=version,
        payment_id=label(item.payment.id),
        status=str(item.status),
        currency=code,
        amount=minor(item.amount, code),
        reason=UNSAID,
        created_at=moment_or(item.created_at, version),
    )


def dispute(item: Dispute, version: datetime) -> DisputeFact:
    code = currency(item.currency)
    return DisputeFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        payment_id=label(item.payment.id),
        status=str(item.status),
        reason=text(item.reason),
        inquiry=item.inquiry,
        currency=code,
        amount=minor(item.amount, code),
        evidence_due_at=moment(item.evidence_due_at),
        created_at=moment_or(item.created_at, version),
    )


def invoice(item: Invoice | InvoiceListItem, version: datetime) -> InvoiceFact:
    """An invoice has no total: its lines are summed, None where it has none. A list names no member."""
    code = currency(item.current_plan.currency)
    lines = [minor(line.total, code) for line in item.line_items]
    member_id = UNSAID
    if isinstance(item, Invoice):
        version = moment_or(item.updated_at, version)
        member_id = text(item.member.id) if item.member else None
    return InvoiceFact(
        id=label(item.id),
        version=version,
        member_id=member_id,
        user_id=text(item.user.id) if item.user else None,
        number=label(item.number),
        status=str(item.status),
        currency=code,
        amount=sum(lines) if lines else None,
        due_at=moment(item.due_date),
        created_at=moment_or(item.created_at, version),
    )
