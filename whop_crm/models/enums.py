"""Closed sets. Whop's own values keep Whop's spelling; `UNKNOWN` takes what Whop may add one day."""

from enum import StrEnum
from typing import Self


class OpenSet(StrEnum):
    """A set that Whop may extend: a value not listed here reads as UNKNOWN instead of failing."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:  # noqa: ARG003 - enum's signature
        return cls.__members__.get("UNKNOWN")  # pyright: ignore[reportReturnType] # each subclass lists UNKNOWN itself


class MembershipStatus(OpenSet):
    """whop_sdk 2.6.0, types/membership_status.py."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    UNRESOLVED = "unresolved"
    DRAFTED = "drafted"
    CANCELING = "canceling"
    UNKNOWN = "unknown"


class MemberStatus(StrEnum):
    """A member's one status: the best of the memberships', in this order; NONE without any membership."""

    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    TRIALING = "trialing"
    COMPLETED = "completed"
    UNRESOLVED = "unresolved"
    DRAFTED = "drafted"
    CANCELED = "canceled"
    EXPIRED = "expired"
    NONE = "none"

    @property
    def label(self) -> str:
        return {"past_due": "Past due", "none": "No membership", "trialing": "Trial"}.get(
            self.value, self.value.capitalize()
        )


class AccessLevel(OpenSet):
    NO_ACCESS = "no_access"
    ADMIN = "admin"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class Presence(OpenSet):
    """Whop's own status of a member."""

    JOINED = "joined"
    LEFT = "left"
    UNKNOWN = "unknown"


class PaymentStatus(OpenSet):
    DRAFT = "draft"
    OPEN = "open"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PENDING = "pending"
    UNCOLLECTIBLE = "uncollectible"
    UNRESOLVED = "unresolved"
    VOID = "void"
    UNKNOWN = "unknown"


class RefundStatus(OpenSet):
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class DisputeStatus(OpenSet):
    NEEDS_RESPONSE = "needs_response"
    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    UNDER_REVIEW = "under_review"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WON = "won"
    LOST = "lost"
    PREVENTED = "prevented"
    WARNING_CLOSED = "warning_closed"
    UNKNOWN = "unknown"


class InvoiceStatus(OpenSet):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    PAST_DUE = "past_due"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"
    UNKNOWN = "unknown"


class PlanType(OpenSet):
    RENEWAL = "renewal"
    ONE_TIME = "one_time"
    UNKNOWN = "unknown"


class PromoDuration(OpenSet):
    FOREVER = "forever"
    ONCE = "once"
    REPEATING = "repeating"
    UNKNOWN = "unknown"


class RecountStage(StrEnum):
    """What a changed setting has worked out anew, in this order."""

    AMOUNTS = "amounts"
    MEMBERSHIPS = "memberships"
    DAYS = "days"
    MEMBERS = "members"
    SCORES = "scores"


class Origin(StrEnum):
    """How a fact came to us. Only live, rule and young catch-up facts may ever start a rule."""

    LIVE = "live"
    CATCH_UP = "catch_up"
    BACKFILL = "backfill"
    IMPORT = "import"
    UNDO = "undo"
    RULE = "rule"


class ActivityKind(StrEnum):
    """What the timeline can tell."""

    JOINED = "joined"
    LEFT = "left"
    MEMBERSHIP_STARTED = "membership_started"
    MEMBERSHIP_RENEWED = "membership_renewed"
    MEMBERSHIP_CHANGED = "membership_changed"
    MEMBERSHIP_PAST_DUE = "membership_past_due"
    MEMBERSHIP_PAUSED = "membership_paused"
    MEMBERSHIP_RESUMED = "membership_resumed"
    CANCEL_SCHEDULED = "cancel_scheduled"
    CANCEL_TAKEN_BACK = "cancel_taken_back"
    MEMBERSHIP_ENDED = "membership_ended"
    TRIAL_ENDING = "trial_ending"
    PAYMENT_PAID = "payment_paid"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_RECOVERED = "payment_recovered"
    REFUNDED = "refunded"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_CLOSED = "dispute_closed"
    INVOICE_CREATED = "invoice_created"
    INVOICE_PAID = "invoice_paid"
    INVOICE_PAST_DUE = "invoice_past_due"
    POSTED = "posted"
    COMMENTED = "commented"
    CHATTED = "chatted"
    LESSON_COMPLETED = "lesson_completed"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    NOTED = "noted"
    PROFILE_CHANGED = "profile_changed"
    FIELD_CHANGED = "field_changed"
    EXPORTED = "exported"
    IMPORTED = "imported"

    @property
    def group(self) -> "ActivityGroup":
        return _GROUPS[self]


class ActivityGroup(StrEnum):
    """What the timeline is filtered by."""

    MEMBERSHIP = "membership"
    PAYMENT = "payment"
    COMMUNITY = "community"
    COURSE = "course"
    TEAM = "team"

    @property
    def label(self) -> str:
        return {
            "membership": "Memberships",
            "payment": "Payments",
            "community": "Community",
            "course": "Courses",
            "team": "Notes, tags and fields",
        }[self.value]


_GROUPS = {
    **dict.fromkeys(
        (ActivityKind.PAYMENT_PAID, ActivityKind.PAYMENT_FAILED, ActivityKind.PAYMENT_RECOVERED, ActivityKind.REFUNDED,
         ActivityKind.DISPUTE_OPENED, ActivityKind.DISPUTE_CLOSED, ActivityKind.INVOICE_CREATED,
         ActivityKind.INVOICE_PAID, ActivityKind.INVOICE_PAST_DUE), ActivityGroup.PAYMENT),
    **dict.fromkeys((ActivityKind.POSTED, ActivityKind.COMMENTED, ActivityKind.CHATTED), ActivityGroup.COMMUNITY),
    ActivityKind.LESSON_COMPLETED: ActivityGroup.COURSE,
    **dict.fromkeys((ActivityKind.TAGGED, ActivityKind.UNTAGGED, ActivityKind.NOTED, ActivityKind.FIELD_CHANGED,
                     ActivityKind.EXPORTED, ActivityKind.IMPORTED), ActivityGroup.TEAM),
    **dict.fromkeys(
        (ActivityKind.JOINED, ActivityKind.LEFT, ActivityKind.MEMBERSHIP_STARTED, ActivityKind.MEMBERSHIP_RENEWED,
         ActivityKind.MEMBERSHIP_CHANGED, ActivityKind.MEMBERSHIP_PAST_DUE, ActivityKind.MEMBERSHIP_PAUSED,
         ActivityKind.MEMBERSHIP_RESUMED, ActivityKind.CANCEL_SCHEDULED, ActivityKind.CANCEL_TAKEN_BACK,
         ActivityKind.MEMBERSHIP_ENDED, ActivityKind.TRIAL_ENDING, ActivityKind.PROFILE_CHANGED),
        ActivityGroup.MEMBERSHIP),
}  # fmt: skip


class DayKind(StrEnum):
    """What `member_days` counts."""

    POST = "post"
    COMMENT = "comment"
    CHAT = "chat"
    LESSON = "lesson"
    PAYMENT = "payment"
    PAYMENT_FAILED = "payment_failed"
    VISIT = "visit"


class EventStatus(StrEnum):
    """Where a stored webhook stands."""

    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return {"pending": "Waiting", "done": "Applied", "ignored": "Not used", "failed": "Failed"}[self.value]


class RunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RunKind(StrEnum):
    """What a run is for. The first two read everything for the first time, or once more."""

    INITIAL = "initial"
    MANUAL = "manual"
    CATCH_UP = "catch_up"
    """Reads what changed in a gap, and nothing older."""
    RECONCILE = "reconcile"
    """Reads everything, compares it with what is stored, and repairs what differs."""

    @property
    def is_full(self) -> bool:
        """Whether numbers are whole once it is done."""
        return self in (RunKind.INITIAL, RunKind.MANUAL)

    @property
    def label(self) -> str:
        return {"initial": "First sync", "manual": "Full sync", "catch_up": "Catch-up", "reconcile": "Reconciliation"}[
            self.value
        ]


class SyncResource(StrEnum):
    """What a sync reads, in its order: what people ask about first comes first."""

    PRODUCTS = "products"
    PLANS = "plans"
    PROMO_CODES = "promo_codes"
    TEAM = "team_members"
    MEMBERS = "members"
    MEMBERSHIPS = "memberships"
    PAUSED = "paused_memberships"
    PAYMENTS = "payments"
    REFUNDS = "refunds"
    DISPUTES = "disputes"
    INVOICES = "invoices"
    COURSES = "courses"
    LESSONS = "lessons"
    FORUMS = "forum_posts"
    CHATS = "chat_messages"

    @property
    def label(self) -> str:
        return {"team_members": "team", "paused_memberships": "paused memberships", "courses": "course progress",
                "lessons": "completed lessons"}.get(self.value, self.value.replace("_", " "))  # fmt: skip


class TagColor(StrEnum):
    GRAY = "gray"
    RED = "red"
    ORANGE = "orange"
    AMBER = "amber"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    VIOLET = "violet"
    PINK = "pink"


class ShownStatus(StrEnum):
    """What a status badge says, of a member or of one membership: CANCELING stands before the status underneath."""

    ACTIVE = "active"
    CANCELING = "canceling"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    TRIALING = "trialing"
    COMPLETED = "completed"
    UNRESOLVED = "unresolved"
    DRAFTED = "drafted"
    CANCELED = "canceled"
    EXPIRED = "expired"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        return {"past_due": "Past due", "none": "No membership", "trialing": "Trial"}.get(
            self.value, self.value.capitalize()
        )


class WebhookState(StrEnum):
    """How the webhook that brings Whop's news to us is doing."""

    GOOD = "good"
    MISSING = "missing"
    INCOMPLETE = "incomplete"
    """Some events are not sent."""
    DISABLED = "disabled"
    FAILING = "failing"
    """Whop's latest deliveries were not accepted."""
    OUTDATED = "outdated"
    """It is pinned to another version of Whop's API than ours, or to none."""
    UNSIGNED = "unsigned"
    """We do not hold its secret."""
    FORBIDDEN = "forbidden"
    """Whop does not let the app look."""


class UserKind(StrEnum):
    """What can use a tag, a list, a segment or a custom field."""

    SEGMENT = "segment"
    VIEW = "view"
    RULE = "rule"


class UsedKind(StrEnum):
    """What a filter can ask for that a person may delete."""

    TAG = "tag"
    LIST = "list"
    SEGMENT = "segment"
    FIELD = "field"


class CustomFieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    YES_NO = "yes_no"

    @property
    def label(self) -> str:
        return {"yes_no": "Yes or no"}.get(self.value, self.value.capitalize())
