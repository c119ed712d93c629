"""Refunds, disputes and seller-issued invoices."""

from datetime import timedelta

from whop_crm.sandbox.change import Change
from whop_crm.sandbox.clock import iso
from whop_crm.sandbox.kinds import Doc, cents
from whop_crm.sandbox.moves.base import changed_member, require, tell, user_of
from whop_crm.sandbox.moves.buying import charge, spend, succeed
from whop_crm.sandbox.shapes import selling as shapes
from whop_crm.sandbox.shapes.money import hundredths, money, to_usd
from whop_crm.sandbox.shapes.selling import Price

INVOICE_DUE = timedelta(days=14)


def _in_usd(paid: Doc, amount: int) -> int:
    """A part of a payment in dollars, at the payment's own rate."""
    total = hundredths(paid["total"])
    return round(hundredths(paid["usd_total"]) * amount / total) if total else 0


def refund(change: Change, payment_id: str, *, amount: str | None = None, reason: str | None = None) -> str:
    """Gives back `amount` (decimal text in the payment's currency) or all that is left. Returns the refund id.

    refund.created and refund.updated in the legacy shape, both with the final state; member.updated. No payment event
    exists for it, though the payment's refunded_amount, substatus and updated_at change.
    """
    paid = change.get("payment", payment_id)
    require(paid["status"] == "paid", f"{payment_id} has not been paid")
    left = hundredths(paid["total"]) - hundredths(paid["refunded_amount"])
    given = left if amount is None else cents(amount)
    require(0 < given <= left, f"{given / 100:.2f} is not between 0 and the {left / 100:.2f} left of {payment_id}")
    require(not paid["_usd_lost"], f"{payment_id} was lost to a dispute")
    doc = change.add("refund", shapes.refund(change.new_id("refund"), paid, given, change.now, reason))
    _take_back(change, paid, given, whole=given == left)
    member = change.get("member", paid["member_id"])
    if change.emit:
        membership = change.get("membership", paid["membership_id"]) if paid["membership_id"] else None
        person = user_of(change, member)
        tell(change, "refund", doc, "refund.created", "refund.updated",
             body=lambda each: shapes.legacy_refund(each, paid, membership, person))  # fmt: skip
    changed_member(change, member)
    return doc["id"]


def _take_back(change: Change, paid: Doc, given: int, *, whole: bool) -> None:
    total = hundredths(paid["total"])
    refunded = hundredths(paid["refunded_amount"]) + given
    tax = round(hundredths(paid["tax_amount"]) * refunded / total)
    usd = _in_usd(paid, refunded) - paid["_usd_refunded"]
    paid.update(
        substatus="refunded" if whole else "partially_refunded", refunded_amount=money(refunded, paid["currency"]),
        refunded_at=change.now, refundable=not whole, tax_refunded_amount=money(tax, paid["currency"]),
    )  # fmt: skip
    paid["_usd_refunded"] += usd
    change.touch("payment", paid)
    spend(change.get("member", paid["member_id"]), -usd)


def open_dispute(change: Change, payment_id: str, *, reason: str = "fraudulent", inquiry: bool = False) -> str:
    """dispute.created; the payment's substatus changes without an event. Returns the dispute id."""
    paid = change.get("payment", payment_id)
    require(paid["status"] == "paid", f"{payment_id} has not been paid")
    require(not hundredths(paid["refunded_amount"]), f"{payment_id} has been refunded")
    require(paid["substatus"] == "succeeded", f"{payment_id} has been disputed already")
    member = change.get("member", paid["member_id"])
    due = iso(change.at + timedelta(days=14))
    doc = shapes.dispute(change.new_id("dispute"), paid, member, change.now, due=due, reason=reason, inquiry=inquiry)
    change.add("dispute", doc)
    _mark(change, paid, "dispute_warning_needs_response" if inquiry else "dispute_needs_response")
    paid["refundable"] = inquiry
    tell(change, "dispute", doc, "dispute.created")
    return doc["id"]


def _mark(change: Change, paid: Doc, substatus: str) -> None:
    paid["substatus"] = substatus
    change.touch("payment", paid)


def answer_dispute(change: Change, dispute_id: str) -> None:
    """Evidence is handed in: `under_review`. dispute.updated."""
    doc = change.get("dispute", dispute_id)
    require(doc["status"].endswith("needs_response"), f"{dispute_id} is not waiting for an answer")
    doc.update(status="warning_under_review" if doc["inquiry"] else "under_review", evidence_editable=False,
               evidence_locked_reason="submitted", evidence_submitted_at=change.now, acceptable=False)  # fmt: skip
    paid = change.get("payment", doc["payment"]["id"])
    _mark(change, paid, "dispute_warning_under_review" if doc["inquiry"] else "dispute_under_review")
    change.touch("dispute", doc)
    tell(change, "dispute", doc, "dispute.updated")


def close_dispute(change: Change, dispute_id: str, *, won: bool) -> None:
    """The bank decides. dispute.updated, and member.updated when lost."""
    doc = change.get("dispute", dispute_id)
    require(doc["status"] not in ("won", "lost", "warning_closed"), f"{dispute_id} is closed")
    paid = change.get("payment", doc["payment"]["id"])
    status = "warning_closed" if doc["inquiry"] else "won" if won else "lost"
    doc.update(status=status, acceptable=False, evidence_editable=False,
               evidence_locked_reason=doc["evidence_locked_reason"] or "response_window_closed")  # fmt: skip
    _mark(change, paid, f"dispute_{status}")
    change.touch("dispute", doc)
    tell(change, "dispute", doc, "dispute.updated")
    if status == "lost":
        _lose(change, paid)


def _lose(change: Change, paid: Doc) -> None:
    """The bank takes what has not been refunded."""
    usd = hundredths(paid["usd_total"]) - paid["_usd_refunded"]
    paid["_usd_lost"] = usd
    paid["refundable"] = False
    member = change.get("member", paid["member_id"])
    spend(member, -usd)
    changed_member(change, member)


def create_invoice(change: Change, member_id: str, plan_id: str, *, label: str, amount: str) -> str:
    """A seller-issued invoice, open, due in 14 days. invoice.created. Returns the invoice id."""
    member = change.get("member", member_id)
    plan = change.get("plan", plan_id)
    price = cents(amount) / 100
    line = {"label": label, "position": 0, "quantity": 1.0, "unit_price": price, "total": price}
    account = change.get("account", member["account_id"])
    account["_invoices"] = account.get("_invoices", 0) + 1
    change.save("account", account)
    doc = shapes.invoice(
        f"inv_{change.new_id('invoice')[4:]}", f"{account['invoice_prefix']}-{account['_invoices']:04d}", member, plan,
        change.now, due=iso(change.at + INVOICE_DUE), lines=[line],
    )  # fmt: skip
    doc["_billed"] = {"id": None, "plan_id": plan_id, "product_id": plan["_product"]["id"], "promo_code_id": None}
    change.add("invoice", doc)
    tell(change, "invoice", doc, "invoice.created")
    return doc["id"]


def pay_invoice(change: Change, invoice_id: str) -> str:
    """invoice.paid, payment.created, payment.succeeded, member.updated. Returns the payment id."""
    doc = change.get("invoice", invoice_id)
    require(doc["status"] in ("open", "past_due"), f"{invoice_id} is not open")
    member = change.get("member", doc["member"]["id"])
    currency = doc["current_plan"]["currency"]
    total = cents(sum(line["total"] for line in doc["line_items"]))
    price = Price(total, total, currency, to_usd(total, currency, change.at))
    paid = charge(change, doc["_billed"], member, price, "manual")
    succeed(change, paid, member)
    doc.update(status="paid", payment={"id": paid["id"]})
    _changed_invoice(change, doc, "invoice.paid")
    changed_member(change, member)
    return paid["id"]


def _changed_invoice(change: Change, doc: Doc, event: str) -> None:
    change.touch("invoice", doc)
    tell(change, "invoice", doc, event)


def miss_invoice(change: Change, invoice_id: str) -> None:
    """The due date passes. invoice.past_due."""
    doc = change.get("invoice", invoice_id)
    require(doc["status"] == "open", f"{invoice_id} is not open")
    doc["status"] = "past_due"
    _changed_invoice(change, doc, "invoice.past_due")


def void_invoice(change: Change, invoice_id: str) -> None:
    """invoice.voided."""
    doc = change.get("invoice", invoice_id)
    require(doc["status"] in ("open", "past_due"), f"{invoice_id} is not open")
    doc["status"] = "void"
    _changed_invoice(change, doc, "invoice.voided")


def write_off_invoice(change: Change, invoice_id: str) -> None:
    """invoice.marked_uncollectible."""
    doc = change.get("invoice", invoice_id)
    require(doc["status"] in ("open", "past_due"), f"{invoice_id} is not open")
    doc["status"] = "uncollectible"
    _changed_invoice(change, doc, "invoice.marked_uncollectible")
