"""What Whop says, in our own words: the same shape whether it came from the API or from a webhook.

Money is integer minor units of the currency beside it; times are aware and in UTC; ids are Whop's. `version` is the
object's `updated_at`, else the envelope's timestamp, else the start of the request. What one of the two sources does
not carry is `UNSAID` there, and leaves the stored value alone.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final


class Unsaid(Enum):
    UNSAID = "unsaid"


UNSAID: Final = Unsaid.UNSAID


@dataclass(frozen=True, slots=True)
class ProductFact:
    id: str
    version: datetime
    title: str
    route: str | None
    visibility: str | None
    created_at: datetime
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PlanFact:
    id: str
    version: datetime
    product_id: str | None
    title: str | None
    plan_type: str
    visibility: str | None
    currency: str
    initial_price: int
    renewal_price: int
    billing_period_days: int | None
    expiration_days: int | None
    trial_period_days: int | None
    split_pay_required_payments: int | None
    formatted_price: str | None
    created_at: datetime
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PromoCodeFact:
    id: str
    version: datetime
    code: str | None
    promo_type: str
    amount_off: float
    currency: str
    duration: str
    duration_months: int | None
    status: str
    uses: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TeamMemberFact:
    id: str
    version: datetime
    user_id: str | None
    name: str
    username: str | None
    photo_url: str | None
    role: str
    status: str


@dataclass(frozen=True, slots=True)
class MemberFact:
    id: str
    version: datetime
    user_id: str | None
    name: str | None
    username: str | None
    email: str | None
    phone: str | None
    photo_url: str | None
    access_level: str
    presence: str
    joined_at: datetime | None
    created_at: datetime
    last_accessed_at: datetime | None
    most_recent_action: str | None
    most_recent_action_at: datetime | None
    spent_usd: int


@dataclass(frozen=True, slots=True)
class MembershipFact:
    id: str
    version: datetime
    member_id: str | None
    user_id: str | None
    plan_id: str
    product_id: str
    promo_code_id: str | None
    status: str
    paused: bool | Unsaid
    cancel_at_period_end: bool
    canceled_at: datetime | None
    cancel_option: str | None
    cancel_reason: str | None
    cancel_feedback: str | None
    created_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    expires_at: datetime | None
    billing_period_days: int | None
    collection_method: str | None
    currency: str
    initial_price: int
    renewal_price: int | None
    most_recent_action: str | None
    most_recent_action_at: datetime | None
    split_pay_required_payments: int | None


@dataclass(frozen=True, slots=True)
class PaymentFact:
    id: str
    version: datetime
    member_id: str | None
    user_id: str | None
    membership_id: str | None
    plan_id: str | None
    product_id: str | None
    promo_code_id: str | None
    status: str
    substatus: str
    billing_reason: str | None
    currency: str
    total: int
    subtotal: int
    tax: int
    refunded: int
    after_fees: int
    usd_total: int
    created_at: datetime
    paid_at: datetime | None
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    refunded_at: datetime | None
    dispute_alerted_at: datetime | None
    failed_attempts: int
    failure_message: str | None
    decline_code: str | None
    retryable: bool
    method: str | None
    card_brand: str | None
    card_last4: str | None


@dataclass(frozen=True, slots=True)
class RefundFact:
    id: str
    version: datetime
    payment_id: str
    status: str
    currency: str
    amount: int
    reason: str | Unsaid | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeFact:
    id: str
    version: datetime
    payment_id: str
    status: str
    reason: str | None
    inquiry: bool
    currency: str
    amount: int
    evidence_due_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    id: str
    version: datetime
    member_id: str | Unsaid | None
    user_id: str | None
    number: str
    status: str
    currency: str | None
    amount: int | None
    due_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CourseProgressFact:
    """One student in one course; `completion` is percent, 0 to 100."""

    course_id: str
    user_id: str
    version: datetime
    course_title: str
    completion: float
    completed_lessons: int
    total_lessons: int
    last_interaction_at: datetime | None


@dataclass(frozen=True, slots=True)
class LessonFact:
    """A lesson that somebody completed."""

    id: str
    user_id: str
    completed_at: datetime
    lesson_id: str
    lesson_title: str
    course_title: str | None


@dataclass(frozen=True, slots=True)
class PostFact:
    """A forum post, or a comment where `parent_id` is set. `text` is an excerpt of at most 280 characters."""

    id: str
    user_id: str
    created_at: datetime
    parent_id: str | None
    title: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ChatFact:
    """A chat message; `text` is an excerpt of at most 280 characters."""

    id: str
    user_id: str
    created_at: datetime
    channel_id: str
    text: str


Fact = (
    ProductFact
    | PlanFact
    | PromoCodeFact
    | TeamMemberFact
    | MemberFact
    | MembershipFact
    | PaymentFact
    | RefundFact
    | DisputeFact
    | InvoiceFact
    | CourseProgressFact
    | LessonFact
    | PostFact
    | ChatFact
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A verified webhook: `id` is the `webhook-id`, `account_id` the company, `data` the object as Whop sent it."""

    id: str
    type: str
    account_id: str | None
    sent_at: datetime
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class AccountFact:
    """A company as Whop's account has it; `id` is `biz_…`."""

    id: str
    title: str
    route: str | None
    logo_url: str | None


@dataclass(frozen=True, slots=True)
class PersonFact:
    """Somebody's public profile; `id` is `user_…`."""

    id: str
    name: str
    username: str | None
    photo_url: str | None


@dataclass(frozen=True, slots=True)
class AccessFact:
    """`level` is admin (anybody on the team), customer or no_access."""

    has_access: bool
    level: str


@dataclass(frozen=True, slots=True)
class PermissionsFact:
    """Permission actions that a company has granted the app, and those it has not, of the ones asked for."""

    granted: tuple[str, ...]
    missing: tuple[str, ...]
