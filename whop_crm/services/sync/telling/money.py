"""Charges, and what was taken back of them."""

from dataclasses import dataclass
from datetime import datetime

from whop_crm.clients.facts import UNSAID, InvoiceFact, PaymentFact
from whop_crm.models.enums import ActivityKind, DisputeStatus, InvoiceStatus, PaymentStatus
from whop_crm.money import format_money
from whop_crm.services.activities import Draft
from whop_crm.services.sync.telling.words import Names, code_words, decline_words, with_reason


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A refund or a dispute as stored, with whose payment it concerns."""

    whop_id: str
    version: datetime
    created_at: datetime
    status: str
    reason: str | None
    amount_minor: int
    currency: str
    member_id: str | None
    user_id: str | None
    product_id: str | None
    inquiry: bool = False


def of_payment(fact: PaymentFact, names: Names) -> list[Draft]:
    """A charge of nothing is no news. Of failures the last one is told, at its own time."""
    if fact.total <= 0:
        return []
    amount = format_money(fact.total, fact.currency)
    product = names.product(fact.product_id, "")
    if fact.status == PaymentStatus.PAID:
        return [_paid(fact, f"Paid {amount}" + (f" for {product}" if product else ""))] if fact.paid_at else []
    if fact.failed_attempts == 0 or fact.last_attempt_at is None:
        return []
    title = with_reason(f"Payment of {amount} failed", decline_words(fact.decline_code, fact.failure_message))
    draft = _draft(fact, "failed", ActivityKind.PAYMENT_FAILED, fact.last_attempt_at, title, product)
    return [draft]


def _paid(fact: PaymentFact, title: str) -> Draft:
    failed = fact.failed_attempts
    kind = ActivityKind.PAYMENT_RECOVERED if failed else ActivityKind.PAYMENT_PAID
    words = "" if not failed else f"After {failed} failed attempt{'s' if failed > 1 else ''}"
    return _draft(fact, "paid", kind, fact.paid_at or fact.created_at, title, words)


def _draft(fact: PaymentFact, key: str, kind: ActivityKind, at: datetime, title: str, words: str) -> Draft:
    return Draft(
        f"payment:{fact.id}:{key}", kind, at, title, words, fact.member_id, fact.user_id, fact.id, fact.total,
        fact.currency,
    )  # fmt: skip


def of_refund(item: TakenBack, names: Names) -> list[Draft]:
    """Only what succeeded has gone back."""
    if item.status != "succeeded":
        return []
    title = f"Refunded {format_money(item.amount_minor, item.currency)}"
    product = names.product(item.product_id, "")
    title += f" for {product}" if product else ""
    reason = "" if item.reason is None else code_words(item.reason).capitalize()
    return [_taken(item, f"refund:{item.whop_id}", ActivityKind.REFUNDED, item.created_at, title, reason)]


def of_dispute(item: TakenBack, names: Names) -> list[Draft]:
    status = DisputeStatus(item.status)
    amount = format_money(item.amount_minor, item.currency)
    what = "Inquiry" if item.inquiry else "Dispute"
    reason = "" if item.reason is None else code_words(item.reason)
    product = names.product(item.product_id, "")
    opened = with_reason(f"{what} over {amount} opened", reason)
    drafts = [
        _taken(item, f"dispute:{item.whop_id}:opened", ActivityKind.DISPUTE_OPENED, item.created_at, opened, product)
    ]
    outcome = _OUTCOMES.get(status)
    if outcome:
        key, title = f"dispute:{item.whop_id}:{status}", f"{what} over {amount} {outcome}"
        drafts.append(_taken(item, key, ActivityKind.DISPUTE_CLOSED, item.version, title, product, once=True))
    return drafts


_OUTCOMES = {
    DisputeStatus.WON: "won",
    DisputeStatus.LOST: "lost",
    DisputeStatus.PREVENTED: "prevented",
    DisputeStatus.WARNING_CLOSED: "closed",
}


def _taken(
    item: TakenBack, source: str, kind: ActivityKind, at: datetime, title: str, words: str, *, once: bool = False
) -> Draft:
    return Draft(
        source, kind, at, title, words, item.member_id, item.user_id, item.whop_id, item.amount_minor, item.currency,
        once,
    )  # fmt: skip


def of_invoice(fact: InvoiceFact) -> list[Draft]:
    amount = "" if fact.amount is None or fact.currency is None else f" over {format_money(fact.amount, fact.currency)}"
    name = f"Invoice {fact.number}{amount}"
    drafts = [_invoice(fact, "created", ActivityKind.INVOICE_CREATED, fact.created_at, f"{name} issued")]
    if fact.status == InvoiceStatus.PAID:
        drafts.append(_invoice(fact, "paid", ActivityKind.INVOICE_PAID, _paid_at(fact), f"{name} paid", once=True))
    if fact.status == InvoiceStatus.PAST_DUE:
        at, title = fact.due_at or fact.version, f"{name} is past due"
        drafts.append(_invoice(fact, "past_due", ActivityKind.INVOICE_PAST_DUE, at, title, once=True))
    return drafts


def _paid_at(fact: InvoiceFact) -> datetime:
    """A listed invoice does not date its payment: the day it was due is the best guess, never a day to come."""
    if fact.member_id is not UNSAID:
        return fact.version
    return min(fact.due_at or fact.created_at, fact.version)


def _invoice(fact: InvoiceFact, key: str, kind: ActivityKind, at: datetime, title: str, *, once: bool = False) -> Draft:
    member_id = None if fact.member_id is UNSAID else fact.member_id
    return Draft(
        f"invoice:{fact.id}:{key}", kind, at, title, "", member_id, fact.user_id, fact.id, fact.amount, fact.currency,
        once,
    )  # fmt: skip
