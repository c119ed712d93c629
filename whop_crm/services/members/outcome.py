"""What became of a payment: Whop's status and substatus, its refunds and its disputes, in one word."""

from collections.abc import Sequence

from whop_crm.models import Payment
from whop_crm.models.enums import DisputeStatus, PaymentStatus, RefundStatus
from whop_crm.services.members.schemas import DisputeRow, PaymentOutcome, RefundRow

_OPEN_DISPUTES = frozenset(
    {
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.WARNING_NEEDS_RESPONSE,
        DisputeStatus.UNDER_REVIEW,
        DisputeStatus.WARNING_UNDER_REVIEW,
    }
)
_FAILED = frozenset({"failed", "blocked", "past_due", "price_too_low", "uncollectible"})
_DISPUTED = ("dispute", "resolution", "open_dispute", "open_resolution")
_SETTLED = ("_won", "_closed")


def outcome_of(payment: Payment, refunds: Sequence[RefundRow], disputes: Sequence[DisputeRow]) -> PaymentOutcome:
    """Disputes before refunds before the charge itself; the dispute's own row knows better than the substatus."""
    return _disputed(payment, disputes) or _refunded(payment, refunds) or _charged(payment)


def _disputed(payment: Payment, disputes: Sequence[DisputeRow]) -> PaymentOutcome | None:
    states = {dispute.status for dispute in disputes}
    if states & _OPEN_DISPUTES:
        return PaymentOutcome.DISPUTED
    if DisputeStatus.LOST in states:
        return PaymentOutcome.DISPUTE_LOST
    if states or not payment.substatus.startswith(_DISPUTED) or payment.substatus.endswith(_SETTLED):
        return None
    return PaymentOutcome.DISPUTE_LOST if payment.substatus.endswith("_lost") else PaymentOutcome.DISPUTED


def _refunded(payment: Payment, refunds: Sequence[RefundRow]) -> PaymentOutcome | None:
    known = sum(refund.amount_minor for refund in refunds if refund.status is RefundStatus.SUCCEEDED)
    refunded = max(known, payment.refunded_minor)
    if payment.substatus in ("refunded", "auto_refunded") or (refunded and refunded >= payment.total_minor):
        return PaymentOutcome.REFUNDED
    return PaymentOutcome.PARTLY_REFUNDED if refunded or payment.substatus == "partially_refunded" else None


def _charged(payment: Payment) -> PaymentOutcome:
    match payment.status:
        case PaymentStatus.PAID:
            return PaymentOutcome.PAID
        case PaymentStatus.VOID:
            return PaymentOutcome.VOID
        case PaymentStatus.UNCOLLECTIBLE:
            return PaymentOutcome.FAILED
        case _ if payment.substatus in _FAILED:
            return PaymentOutcome.FAILED
        case _ if payment.substatus == "canceled":
            return PaymentOutcome.VOID
        case _:
            return PaymentOutcome.PENDING
