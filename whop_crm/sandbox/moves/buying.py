"""Purchases: what a plan costs this buyer now, the charge, the membership it opens."""

from datetime import timedelta

from whop_crm.sandbox.change import Change
from whop_crm.sandbox.clock import iso, parse_iso
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.base import (
    Joined,
    account_of,
    changed_member,
    changed_membership,
    count_members,
    member_of,
    require,
    settle_member,
    tell,
    user_of,
)
from whop_crm.sandbox.moves.people import add_user, member_for
from whop_crm.sandbox.shapes import people as people_shapes
from whop_crm.sandbox.shapes import selling as shapes
from whop_crm.sandbox.shapes.money import hundredths, money, to_usd
from whop_crm.sandbox.shapes.selling import Price

FEE_SHARE, FEE_FIXED = 0.057, 30


def join(change: Change, plan_id: str, *, user_id: str | None = None, promo_code_id: str | None = None) -> Joined:
    """Buy a plan (recurring, trial, free or one-time); without `user_id` by a newly invented person.

    member.created (first time) or member.updated, payment.created, payment.succeeded, membership.activated,
    membership.updated.
    """
    plan = change.get("plan", plan_id)
    person = change.get("user", user_id or add_user(change))
    member, is_new = member_for(change, plan["account"]["id"], person)
    return buy(change, plan, member, is_new=is_new, promo_code_id=promo_code_id)


def buy(
    change: Change, plan: Doc, member: Doc, *, is_new: bool = False, promo_code_id: str | None = None,
    update: bool = False,
) -> Joined:  # fmt: skip
    """A member buys a plan. `update` marks the charge as part of a plan switch."""
    account = change.get("account", member["account_id"])
    doc = change.add(
        "membership", people_shapes.membership(change.new_id("membership"), account, plan, member, change.now)
    )
    member["_memberships"].append(doc["id"])
    if member["user"]:
        member["last_accessed_at"] = change.now
    if promo_code_id:
        _apply_promo(change, doc, promo_code_id)
    paid = None
    if plan["plan_type"] == "renewal" and plan["trial_period_days"] and not update:
        _start_trial(change, doc, plan["trial_period_days"])
    else:
        paid = _first_charge(change, doc, plan, member, update=update)
    count_members(change, doc, 1)
    if is_new:
        change.notify("member.created", member["account_id"], "member", member)
    settle_member(change, member)
    changed_membership(change, doc, "membership.activated")
    return Joined(doc["user_id"], member["id"], doc["id"], paid["id"] if paid else None)


def _apply_promo(change: Change, membership: Doc, promo_code_id: str) -> None:
    promo = change.get("promo_code", promo_code_id)
    promo["uses"] += 1
    change.save("promo_code", promo)
    membership["promo_code_id"] = promo_code_id
    months = promo["promo_duration_months"]
    membership["_promo"] = [promo["amount_off"], promo["duration"], months]
    set_renewal_price(membership)


def discount(membership: Doc, charge: int) -> float:
    """The share taken off the charge with this index (0 is the first)."""
    if not membership["_promo"]:
        return 0.0
    off, duration, months = membership["_promo"]
    if duration == "forever" or charge == 0:
        return off
    if duration == "once":
        return 0.0
    return off if charge * (membership["billing_period_days"] or 30) < (months or 0) * 30 else 0.0


def set_renewal_price(membership: Doc) -> None:
    """What the next renewal charges, after a promo code that still applies."""
    if membership["renewal_price"] is not None:
        off = discount(membership, membership["_charges"])
        membership["renewal_price"] = money(round(membership["_price"] * (1 - off)), membership["_currency"])


def _start_trial(change: Change, membership: Doc, days: int) -> None:
    end = iso(change.at + timedelta(days=days))
    membership.update(
        status="trialing", current_period_end=end, most_recent_action="trial_ends_at", most_recent_action_at=end
    )


def _first_charge(change: Change, membership: Doc, plan: Doc, member: Doc, *, update: bool) -> Doc | None:
    renewing = plan["plan_type"] == "renewal"
    price = price_now(change, membership, member, None if renewing else round(plan["initial_price"] * 100))
    if renewing:
        start_period(membership, change.now)
    elif plan["expiration_days"]:
        end = iso(change.at + timedelta(days=plan["expiration_days"]))
        membership.update(expires_at=end, current_period_end=end, most_recent_action="ending_on",
                          most_recent_action_at=end)  # fmt: skip
    membership["_charges"] = 1
    set_renewal_price(membership)
    if price.total == 0:
        return None
    reason = "subscription_update" if update else "subscription_create" if renewing else "one_time"
    paid = charge(change, membership, member, price, reason)
    succeed(change, paid, member)
    return paid


def start_period(membership: Doc, start: str) -> None:
    """The billing period that starts at `start` runs; the next renewal is scheduled."""
    end = iso(parse_iso(start) + timedelta(days=membership["billing_period_days"]))
    membership.update(current_period_start=start, current_period_end=end, status="active",
                      most_recent_action="renewing_on", most_recent_action_at=end)  # fmt: skip


def price_now(change: Change, membership: Doc, member: Doc, full: int | None = None) -> Price:
    """What the next charge of a membership comes to: promo code and tax included."""
    full = membership["_price"] if full is None else full
    after = round(full * (1 - discount(membership, membership["_charges"])))
    currency = membership["_currency"]
    person = user_of(change, member)
    tax = person["_tax"] if person else None
    if not tax or after == 0:
        return Price(full, after, currency, to_usd(after, currency, change.at))
    rate, behavior = tax
    taxed = round(after * rate) if behavior == "exclusive" else round(after * rate / (1 + rate))
    total = after + taxed if behavior == "exclusive" else after
    price = Price(full, total, currency, to_usd(total, currency, change.at))
    price.tax, price.tax_behavior = taxed, behavior
    return price


def charge(change: Change, membership: Doc, member: Doc, price: Price, reason: str) -> Doc:
    """A new charge of a membership, not tried yet. payment.created."""
    person = user_of(change, member)
    method = (person or {}).get("_method") or "card"
    doc = shapes.payment(
        change.new_id("payment"), member, membership, change.now, price=price, reason=reason, method=method
    )
    doc["_card"] = person["_card"] if person and method == "card" else None
    change.add("payment", doc)
    tell(change, "payment", doc, "payment.created", body=payment_event)
    return doc


def succeed(change: Change, doc: Doc, member: Doc) -> None:
    """The charge is collected: the member has spent that much more. payment.succeeded."""
    total = hundredths(doc["total"])
    kept = max(0, total - round(total * FEE_SHARE) - FEE_FIXED)
    doc.update(
        status="paid", substatus="succeeded", paid_at=change.now, last_payment_attempt_at=change.now,
        next_payment_attempt_at=None, decline_code=None, failure_message=None, retryable=False, refundable=total > 0,
        voidable=False, amount_after_fees=money(kept, doc["currency"]), recovery_url=None,
        three_ds_verified=doc["tax_behavior"] == "inclusive",
    )  # fmt: skip
    doc["_settlement_time_at"] = iso((change.at + timedelta(days=4)).replace(hour=0, minute=0, second=0, microsecond=0))
    doc.pop("_recovery_url", None)
    change.touch("payment", doc)
    tell(change, "payment", doc, "payment.succeeded", body=payment_event)
    spend(member, hundredths(doc["usd_total"]))


def spend(member: Doc, usd: int) -> None:
    """Add to (or, negative, take from) what a member has spent, in hundredths of a dollar."""
    member["usd_total_spent"] = money(hundredths(member["usd_total_spent"]) + usd)


def payment_event(doc: Doc) -> Doc:
    """A payment as webhooks and its own page carry it: with the fields that lists leave null."""
    wire = {key: value for key, value in doc.items() if key[0] != "_"}
    wire["recovery_url"] = doc.get("_recovery_url")
    wire["settlement_time_at"] = doc.get("_settlement_time_at")
    return wire


def transfer(change: Change, membership_id: str, user_id: str) -> str:
    """The membership goes to another person. Returns their member id. membership.updated, member.created/updated."""
    doc = change.get("membership", membership_id)
    giver = member_of(change, doc)
    person = change.get("user", user_id)
    receiver, is_new = member_for(change, account_of(doc), person)
    require(receiver["id"] != giver["id"], f"{membership_id} already belongs to {user_id}")
    giver["_memberships"].remove(membership_id)
    receiver["_memberships"].append(membership_id)
    doc.update(member_id=receiver["id"], user_id=user_id, phone_number=receiver["phone_number"])
    changed_membership(change, doc)
    if is_new:
        change.notify("member.created", receiver["account_id"], "member", receiver)
    settle_member(change, receiver)
    if giver["_memberships"]:
        settle_member(change, giver)
    else:
        giver["access_level"] = "no_access"
        changed_member(change, giver)
    return receiver["id"]
