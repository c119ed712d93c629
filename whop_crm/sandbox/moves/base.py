"""What the transitions share: who a membership belongs to, what a member's summary says, which events tell of it."""

from collections.abc import Callable
from dataclasses import dataclass

from whop_crm.sandbox.change import Change
from whop_crm.sandbox.kinds import Doc

GRANTING = frozenset({"trialing", "active", "past_due", "completed"})
"""The membership statuses that give access."""


class Impossible(Exception):
    """The world's state does not allow this; the message says why."""


@dataclass(frozen=True)
class Joined:
    """What a purchase made. `payment_id` is None for a free trial or a free plan."""

    user_id: str | None
    member_id: str
    membership_id: str
    payment_id: str | None


def require(condition: bool, message: str) -> None:
    """Raises Impossible unless the condition holds."""
    if not condition:
        raise Impossible(message)


def account_of(membership: Doc) -> str:
    """The account id of a membership."""
    return membership["account"]["id"]


def member_of(change: Change, membership: Doc) -> Doc:
    """The member that holds a membership."""
    return change.get("member", membership["member_id"])


def user_of(change: Change, member: Doc) -> Doc | None:
    """The person behind a member, None for a business buyer."""
    return change.get("user", member["user"]["id"]) if member["user"] else None


def tell(change: Change, kind: str, doc: Doc, *events: str, body: Callable[[Doc], Doc] | None = None) -> None:
    """Append events about a document to the outbox."""
    if change.emit:
        account_id = doc.get("account_id") or (doc.get("account") or doc.get("company") or {}).get("id")
        for event in events:
            change.notify(event, account_id or doc["_account_id"], kind, doc, body)


def changed_membership(change: Change, membership: Doc, *events: str) -> None:
    """Give the membership its next version and tell of it: `events`, then membership.updated."""
    change.touch("membership", membership)
    if change.emit:
        tell(change, "membership", membership, *events, "membership.updated", body=membership_event)


def membership_event(doc: Doc) -> Doc:
    """A membership as webhooks carry it."""
    return {key: value for key, value in doc.items() if key[0] != "_"} | {"affiliate": None, "manage_url": None}


def _state(membership: Doc) -> str:
    """A membership's state in the words of a member's most recent action."""
    status = membership["status"]
    if status not in GRANTING:
        return "churned"
    if membership["cancel_at_period_end"]:
        return "canceling"
    if membership["_paused"]:
        return "paused"
    if status == "completed":
        return _bought_once(membership)
    if status == "active":
        return "renewing" if membership["_charges"] > 1 else "paid_subscriber"
    return status


def _bought_once(membership: Doc) -> str:
    if membership["expires_at"]:
        return "expiring"
    return "paid_once" if membership["_price"] or membership["initial_price"]["amount"] != "0.00" else "joined"


def settle_member(change: Change, member: Doc, *, at: str | None = None) -> None:
    """Recompute a member's summary from their memberships, give it its next version and tell of it.

    The most recent action is that of the membership that changed last among those giving access, else `churned`.
    """
    held = [change.get("membership", each) for each in member["_memberships"]]
    live = [each for each in held if each["status"] in GRANTING]
    newest = max(live or held, key=lambda each: each["updated_at"], default=None)
    if member["status"] == "left" and not live:
        action = "left"
    elif newest is None:
        action = member["most_recent_action"] or "joined"
    else:
        member["status"] = "joined"
        action = _state(newest)
    if action != member["most_recent_action"] or newest is None:
        member["most_recent_action"] = action
        member["most_recent_action_at"] = at or change.now
    member["access_level"] = "admin" if member["_team"] else "customer" if live else "no_access"
    changed_member(change, member)


def changed_member(change: Change, member: Doc, event: str = "member.updated") -> None:
    """Give the member its next version and tell of it."""
    change.touch("member", member)
    tell(change, "member", member, event)


def count_members(change: Change, membership: Doc, step: int) -> None:
    """Keep the plan's and product's member counts; no event tells of those."""
    for kind, object_id in (("plan", membership["plan_id"]), ("product", membership["product_id"])):
        doc = change.get(kind, object_id)
        doc["member_count"] += step
        change.save(kind, doc)
