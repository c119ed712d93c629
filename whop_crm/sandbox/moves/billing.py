"""The life of a membership after its purchase: renewals, failures, cancellations, switches, pauses."""

from datetime import timedelta

from whop_crm.sandbox.change import Change
from whop_crm.sandbox.clock import iso, later, parse_iso
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.base import (
    GRANTING,
    Joined,
    changed_membership,
    count_members,
    member_of,
    require,
    settle_member,
    tell,
)
from whop_crm.sandbox.moves.buying import (
    buy,
    charge,
    payment_event,
    price_now,
    set_renewal_price,
    start_period,
    succeed,
)

DECLINES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "generic_decline": "Your card was declined.",
    "authentication_required": "Your bank asks you to confirm this payment.",
    "lost_card": "Your card was reported lost.",
    "contact_issuer": "Your bank declined the payment. Please contact your bank.",
}
RETRY_AFTER = timedelta(days=2)


def _recurring(change: Change, membership_id: str) -> Doc:
    doc = change.get("membership", membership_id)
    require(doc["renewal_price"] is not None, f"{membership_id} does not renew")
    require(doc["status"] in GRANTING, f"{membership_id} has ended")
    return doc


def renew(change: Change, membership_id: str) -> str:
    """A successful renewal charge: the next period starts. Also converts a trial. Returns the payment id.

    payment.created, payment.succeeded, membership.updated, member.updated. (That renewals send membership.updated is
    an assumption: Whop documents it for edits of the renewal date, and a follower needs the new period end.)
    """
    doc = _recurring(change, membership_id)
    require(doc["_open_payment"] is None, f"{membership_id} has an open charge")
    require(not doc["_paused"] and not doc["cancel_at_period_end"], f"{membership_id} is not going to renew")
    member = member_of(change, doc)
    first = doc["_charges"] == 0
    paid = charge(change, doc, member, price_now(change, doc, member),
                  "subscription_create" if first else "subscription_cycle")  # fmt: skip
    succeed(change, paid, member)
    _next_period(change, doc)
    changed_membership(change, doc)
    settle_member(change, member)
    return paid["id"]


def _next_period(change: Change, doc: Doc) -> None:
    """Periods follow each other exactly, unless the charge came long after the end."""
    end = doc["current_period_end"]
    late = change.at - parse_iso(end)
    doc["_charges"] += 1
    start_period(doc, end if timedelta() <= late < timedelta(hours=12) else change.now)
    set_renewal_price(doc)


def fail_payment(change: Change, membership_id: str, *, decline_code: str | None = None) -> str:
    """A renewal charge (or another attempt of the open one) fails: membership `past_due`. Returns the payment id.

    payment.created (first attempt), payment.failed, membership.updated, member.updated.
    """
    doc = _recurring(change, membership_id)
    require(not doc["_paused"], f"{membership_id} is paused")
    member = member_of(change, doc)
    if doc["_open_payment"]:
        owed = change.get("payment", doc["_open_payment"])
    else:
        reason = "subscription_create" if doc["_charges"] == 0 else "subscription_cycle"
        owed = charge(change, doc, member, price_now(change, doc, member), reason)
        doc["_open_payment"] = owed["id"]
    _decline(change, owed, decline_code or change.rng.choice(list(DECLINES)))
    doc.update(status="past_due", most_recent_action="next_payment_attempt",
               most_recent_action_at=owed["next_payment_attempt_at"])  # fmt: skip
    changed_membership(change, doc)
    settle_member(change, member)
    return owed["id"]


def _decline(change: Change, owed: Doc, decline_code: str) -> None:
    owed.update(
        status="open", substatus="past_due", payments_failed=owed["payments_failed"] + 1,
        last_payment_attempt_at=change.now, next_payment_attempt_at=iso(change.at + RETRY_AFTER),
        decline_code=decline_code, failure_message=DECLINES.get(decline_code, DECLINES["generic_decline"]),
        retryable=True, voidable=True,
    )  # fmt: skip
    if decline_code == "authentication_required":
        owed["_recovery_url"] = f"https://whop.com/payments/{owed['id']}/recover/"
    change.touch("payment", owed)
    tell(change, "payment", owed, "payment.failed", body=payment_event)


def recover_payment(change: Change, membership_id: str) -> str:
    """The open charge succeeds: membership `active` again. Returns the payment id.

    payment.succeeded, membership.activated + membership.updated, member.updated.
    """
    doc = _recurring(change, membership_id)
    require(doc["_open_payment"] is not None, f"{membership_id} has no open charge")
    member = member_of(change, doc)
    owed = change.get("payment", doc["_open_payment"])
    doc["_open_payment"] = None
    succeed(change, owed, member)
    doc["_charges"] += 1
    start_period(doc, doc["current_period_end"])
    if parse_iso(doc["current_period_end"]) <= change.at:
        start_period(doc, change.now)
    set_renewal_price(doc)
    changed_membership(change, doc, "membership.activated")
    settle_member(change, member)
    return owed["id"]


def give_up(change: Change, membership_id: str) -> None:
    """Retries are over: the charge is uncollectible, access ends. payment.failed, membership.deactivated, …updated."""
    doc = _recurring(change, membership_id)
    require(doc["_open_payment"] is not None, f"{membership_id} has no open charge")
    owed = change.get("payment", doc["_open_payment"])
    owed.update(
        status="uncollectible", substatus="uncollectible", next_payment_attempt_at=None, retryable=False,
        voidable=False, last_payment_attempt_at=change.now, payments_failed=owed["payments_failed"] + 1,
    )  # fmt: skip
    change.touch("payment", owed)
    tell(change, "payment", owed, "payment.failed", body=payment_event)
    doc["_open_payment"] = None
    _end(change, doc)


def start_slow_payment(change: Change, membership_id: str) -> str:
    """A renewal by bank debit that clears days later. payment.created, payment.pending. Returns the payment id."""
    doc = _recurring(change, membership_id)
    require(doc["_open_payment"] is None, f"{membership_id} has an open charge")
    member = member_of(change, doc)
    owed = charge(change, doc, member, price_now(change, doc, member), "subscription_cycle")
    owed.update(status="pending", substatus="pending", last_payment_attempt_at=change.now,
                payment_method_type="sepa_debit")  # fmt: skip
    change.touch("payment", owed)
    tell(change, "payment", owed, "payment.pending", body=payment_event)
    _next_period(change, doc)
    changed_membership(change, doc)
    settle_member(change, member)
    return owed["id"]


def settle_slow_payment(change: Change, payment_id: str) -> None:
    """The pending payment clears. payment.succeeded, member.updated."""
    owed = change.get("payment", payment_id)
    require(owed["status"] == "pending", f"{payment_id} is not pending")
    member = change.get("member", owed["member_id"])
    succeed(change, owed, member)
    settle_member(change, member)


def cancel_at_period_end(
    change: Change, membership_id: str, *, option: str | None = None, reason: str | None = None
) -> None:
    """Schedules the end. membership.cancel_at_period_end_changed + membership.updated, member.updated."""
    doc = _recurring(change, membership_id)
    require(not doc["cancel_at_period_end"], f"{membership_id} is already set to cancel")
    action = "trial_canceling_on" if doc["status"] == "trialing" else "canceling_on"
    doc.update(cancel_at_period_end=True, canceled_at=change.now, cancel_option=option, cancellation_reason=reason,
               most_recent_action=action, most_recent_action_at=doc["current_period_end"])  # fmt: skip
    changed_membership(change, doc, "membership.cancel_at_period_end_changed")
    settle_member(change, member_of(change, doc))


def uncancel(change: Change, membership_id: str) -> None:
    """Takes the scheduled end back. membership.cancel_at_period_end_changed + membership.updated, member.updated."""
    doc = _recurring(change, membership_id)
    require(doc["cancel_at_period_end"], f"{membership_id} is not set to cancel")
    action = "trial_ends_at" if doc["status"] == "trialing" else "renewing_on"
    doc.update(cancel_at_period_end=False, canceled_at=None, cancel_option=None, cancellation_reason=None,
               most_recent_action=action, most_recent_action_at=doc["current_period_end"])  # fmt: skip
    changed_membership(change, doc, "membership.cancel_at_period_end_changed")
    settle_member(change, member_of(change, doc))


def end_period(change: Change, membership_id: str) -> None:
    """The period of a canceling membership, or the term of an expiring one, is over.

    membership.deactivated + membership.updated, member.updated.
    """
    doc = change.get("membership", membership_id)
    require(doc["status"] in GRANTING, f"{membership_id} has ended")
    if doc["expires_at"]:
        _end(change, doc, status="expired", action="ending_on")
        return
    require(doc["cancel_at_period_end"], f"{membership_id} is not set to cancel")
    _end(change, doc)


def cancel_now(change: Change, membership_id: str, *, option: str | None = None, reason: str | None = None) -> None:
    """Access ends at once; also ends a trial early. membership.deactivated + membership.updated, member.updated."""
    doc = change.get("membership", membership_id)
    require(doc["status"] in GRANTING, f"{membership_id} has ended")
    if doc["_open_payment"]:
        _void(change, change.get("payment", doc["_open_payment"]))
        doc["_open_payment"] = None
    doc.update(cancel_option=option or doc["cancel_option"], cancellation_reason=reason or doc["cancellation_reason"])
    _end(change, doc)


def _void(change: Change, owed: Doc) -> None:
    owed.update(status="void", substatus="canceled", next_payment_attempt_at=None, retryable=False, voidable=False)
    change.touch("payment", owed)
    tell(change, "payment", owed, "payment.canceled", body=payment_event)


def _end(change: Change, doc: Doc, *, status: str = "canceled", action: str = "canceled_on") -> None:
    """Access ends now."""
    doc.update(status=status, most_recent_action=action, most_recent_action_at=change.now, _paused=False)
    if status == "canceled":
        doc["canceled_at"] = doc["canceled_at"] or change.now
    count_members(change, doc, -1)
    changed_membership(change, doc, "membership.deactivated")
    settle_member(change, member_of(change, doc))


def switch_plan(change: Change, membership_id: str, plan_id: str) -> Joined:
    """Up- or downgrade: the old membership ends now, a new one starts with it. Events of both."""
    old = _recurring(change, membership_id)
    require(old["plan_id"] != plan_id, f"{membership_id} is already on {plan_id}")
    plan = change.get("plan", plan_id)
    require(plan["account"]["id"] == old["account"]["id"], f"{plan_id} is sold by another company")
    cancel_now(change, membership_id, option="switching")
    change.at += timedelta(seconds=2)
    return buy(change, plan, member_of(change, old), update=True)


def pause(change: Change, membership_id: str) -> None:
    """Payment collection stops, access stays: the status does not change. membership.updated, member.updated."""
    doc = _recurring(change, membership_id)
    require(doc["status"] == "active" and not doc["_paused"], f"{membership_id} cannot be paused")
    require(not doc["cancel_at_period_end"], f"{membership_id} is set to cancel")
    doc.update(_paused=True, most_recent_action="paused_at", most_recent_action_at=change.now)
    changed_membership(change, doc)
    settle_member(change, member_of(change, doc))


def resume(change: Change, membership_id: str) -> None:
    """Payment collection goes on. membership.updated, member.updated."""
    doc = _recurring(change, membership_id)
    require(doc["_paused"], f"{membership_id} is not paused")
    doc["_paused"] = False
    while parse_iso(doc["current_period_end"]) <= change.at:
        start_period(doc, doc["current_period_end"])
    doc.update(most_recent_action="renewing_on", most_recent_action_at=doc["current_period_end"])
    changed_membership(change, doc)
    settle_member(change, member_of(change, doc))


def remind_of_trial_end(change: Change, membership_id: str) -> None:
    """membership.trial_ending_soon; nothing changes."""
    doc = change.get("membership", membership_id)
    require(doc["status"] == "trialing", f"{membership_id} is not on trial")
    tell(change, "membership", doc, "membership.trial_ending_soon")


def extend(change: Change, membership_id: str, days: int) -> None:
    """The seller gives free days. membership.updated."""
    doc = change.get("membership", membership_id)
    require(doc["status"] in GRANTING and doc["current_period_end"] is not None, f"{membership_id} cannot be extended")
    for key in ("current_period_end", "expires_at"):
        if doc[key]:
            doc[key] = later(doc[key], timedelta(days=days))
    if doc["most_recent_action"] in ("renewing_on", "trial_ends_at", "canceling_on", "ending_on", "trial_canceling_on"):
        doc["most_recent_action_at"] = doc["current_period_end"]
    changed_membership(change, doc)
