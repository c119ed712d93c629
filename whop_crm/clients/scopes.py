"""The permissions the app asks for at Whop, and what each is for, in words fit to be shown to whoever installs it."""

from dataclasses import dataclass
from enum import StrEnum

from whop_crm.models.enums import SyncResource

API_VERSION = "2026-10-15-1"


class ScopeNeed(StrEnum):
    READ = "read"
    """Without it part of the app stays empty."""
    NICE = "nice"
    """Without it a column stays empty."""
    WEBHOOK = "webhook"
    """Without it changes of this kind are seen only by the next sync."""


@dataclass(frozen=True, slots=True)
class WhopScope:
    """`action` is Whop's own name of the permission."""

    action: str
    need: ScopeNeed
    purpose: str


_R, _N, _W = ScopeNeed.READ, ScopeNeed.NICE, ScopeNeed.WEBHOOK

SCOPES: tuple[WhopScope, ...] = (
    WhopScope("company:basic:read", _R, "Show the company's name and logo."),
    WhopScope("company:authorized_user:read", _R, "Know who is on the team, and so who may do what here."),
    WhopScope("member:basic:read", _R, "List members and their memberships."),
    WhopScope("member:email:read", _N, "Show and search members' email addresses."),
    WhopScope("member:phone:read", _N, "Show members' phone numbers."),
    WhopScope("access_pass:basic:read", _R, "Name the products that members hold."),
    WhopScope("plan:basic:read", _R, "Know prices and billing periods, for recurring revenue."),
    WhopScope("promo_code:basic:read", _R, "Show which promo code a purchase used."),
    WhopScope("payment:basic:read", _R, "Sum revenue, and show payments, failures and refunds."),
    WhopScope("payment:dispute:read", _R, "Show disputes and when an answer to them is due."),
    WhopScope("invoice:basic:read", _R, "Show invoices on a member's profile."),
    WhopScope("forum:read", _R, "Count posts and comments, and show them on the timeline."),
    WhopScope("chat:read", _R, "Count chat messages, and show them on the timeline."),
    WhopScope("courses:read", _R, "Name courses and lessons."),
    WhopScope("course_analytics:read", _R, "Show how far each student has come."),
    WhopScope("webhook_receive:members", _W, "Hear at once when a member joins or changes."),
    WhopScope("webhook_receive:memberships", _W, "Hear at once when a membership starts, changes or ends."),
    WhopScope("webhook_receive:payments", _W, "Hear at once when a payment succeeds or fails."),
    WhopScope("webhook_receive:refunds", _W, "Hear at once about refunds."),
    WhopScope("webhook_receive:disputes", _W, "Hear at once about disputes."),
    WhopScope("webhook_receive:invoices", _W, "Hear at once about invoices."),
    WhopScope("webhook_receive:courses", _W, "Hear at once when a lesson is completed."),
    WhopScope("webhook_receive:chat", _W, "Hear at once about chat messages."),
    WhopScope("webhook_receive:products", _W, "Hear at once when a product changes."),
    WhopScope("webhook_receive:plans", _W, "Hear at once when a plan changes."),
)

ACTIONS: tuple[str, ...] = tuple(scope.action for scope in SCOPES)

PURPOSES: dict[str, str] = {scope.action: scope.purpose for scope in SCOPES}

WEBHOOK_EVENTS: tuple[str, ...] = (
    "member.created", "member.updated",
    "membership.activated", "membership.deactivated", "membership.updated", "membership.trial_ending_soon",
    "membership.cancel_at_period_end_changed",
    "payment.created", "payment.succeeded", "payment.failed", "payment.pending", "payment.requires_action",
    "payment.authorized", "payment.canceled",
    "refund.created", "refund.updated", "dispute.created", "dispute.updated",
    "invoice.created", "invoice.paid", "invoice.past_due", "invoice.voided", "invoice.marked_uncollectible",
    "course_lesson_interaction.completed", "chat.message.created",
    "product.created", "product.updated", "product.deleted", "product.published", "product.unpublished",
    "plan.created", "plan.updated", "plan.deleted",
)  # fmt: skip
"""What to subscribe the app's webhook to."""

_NEEDED: dict[SyncResource, tuple[str, ...]] = {
    SyncResource.PRODUCTS: ("access_pass:basic:read",),
    SyncResource.PLANS: ("plan:basic:read",),
    SyncResource.PROMO_CODES: ("promo_code:basic:read",),
    SyncResource.TEAM: ("company:authorized_user:read",),
    SyncResource.MEMBERS: ("member:basic:read",),
    SyncResource.MEMBERSHIPS: ("member:basic:read",),
    SyncResource.PAUSED: ("member:basic:read",),
    SyncResource.PAYMENTS: ("payment:basic:read",),
    SyncResource.REFUNDS: ("payment:basic:read",),
    SyncResource.DISPUTES: ("payment:dispute:read",),
    SyncResource.INVOICES: ("invoice:basic:read",),
    SyncResource.COURSES: ("courses:read", "course_analytics:read"),
    SyncResource.LESSONS: ("courses:read", "course_analytics:read"),
    SyncResource.FORUMS: ("forum:read",),
    SyncResource.CHATS: ("chat:read",),
}


def needed_for(resource: SyncResource) -> tuple[str, ...]:
    """The actions without which the resource cannot be listed; some of Whop's lists are then empty, not forbidden."""
    return _NEEDED[resource]
