"""Shapes of members. Money is minor units of the currency beside it; times are aware, in UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from whop_crm.filters import Filter
from whop_crm.models.enums import DisputeStatus, Presence, RefundStatus, ShownStatus

PAGE_SIZE = 50
EVERYONE = Filter()


class MemberSort(StrEnum):
    """The columns of the list. What is missing stands last in both directions."""

    NAME = "name"
    EMAIL = "email"
    STATUS = "status"
    PLAN = "plan"
    REVENUE = "revenue"
    MRR = "mrr"
    JOINED = "joined"
    LAST_ACTIVE = "last_active"


@dataclass(frozen=True, slots=True)
class MemberListQuery:
    """One page of the list. `statuses` empty: all; `search` is matched in name, username and email.

    `where` is a resolved filter that all must meet as well.
    """

    page: int = 1
    sort: MemberSort = MemberSort.JOINED
    descending: bool = True
    statuses: tuple[ShownStatus, ...] = ()
    tag_id: int | None = None
    search: str = ""
    where: Filter = EVERYONE


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member in the list. `name` is never empty: the username, the email or Whop's id where there is none."""

    id: int
    whop_id: str
    name: str
    username: str | None
    email: str | None
    photo_url: str | None
    status: ShownStatus
    plan_name: str
    currency: str
    net_revenue_minor: int
    mrr_minor: int
    joined_at: datetime | None
    last_active_at: datetime | None
    payments: int
    failed_payments: int
    first_payment_at: datetime | None
    last_payment_at: datetime | None
    next_charge_at: datetime | None
    engagement_score: int | None
    posts: int
    comments: int
    lessons: int


@dataclass(frozen=True, slots=True)
class MemberPage:
    """`page` is the one that was found: the last one where a later one was asked for. `pages` is at least 1."""

    rows: tuple[MemberRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class MemberAfter:
    """The last member shown: what it was ordered by then, and its id. The next slice begins behind it."""

    keys: tuple[str | int | bool | datetime | None, ...]
    id: int


@dataclass(frozen=True, slots=True)
class MemberSlice:
    """Some members in order. `next` is None where there are no more."""

    rows: tuple[MemberRow, ...]
    next: MemberAfter | None


@dataclass(frozen=True, slots=True)
class MemberHit:
    """A member found by search."""

    id: int
    whop_id: str
    name: str
    username: str | None
    email: str | None
    photo_url: str | None
    status: ShownStatus
    plan_name: str
    currency: str
    net_revenue_minor: int


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """One membership on the profile.

    `interval` is "month", "year", "week", "45 days" or, for what is paid once, empty. `next_charge_at` and
    `next_charge_minor` are set where a charge is due; `ends_at` where it is set to end, `ended_at` where it has.
    """

    whop_id: str
    status: ShownStatus
    plan_name: str
    product_name: str
    interval: str
    currency: str
    price_minor: int
    initial_price_minor: int
    promo_code: str | None
    mrr_minor: int
    mrr_currency: str
    started_at: datetime
    trial_ends_at: datetime | None
    next_charge_at: datetime | None
    next_charge_minor: int | None
    ends_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    paused: bool
    paused_at: datetime | None
    canceling: bool
    canceled_at: datetime | None
    cancel_option: str | None
    cancel_reason: str | None
    cancel_feedback: str | None


class PaymentOutcome(StrEnum):
    """What became of a payment, in the one word its badge says."""

    PAID = "paid"
    PENDING = "pending"
    FAILED = "failed"
    REFUNDED = "refunded"
    PARTLY_REFUNDED = "partly_refunded"
    DISPUTED = "disputed"
    DISPUTE_LOST = "dispute_lost"
    VOID = "void"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class RefundRow:
    whop_id: str
    status: RefundStatus
    amount_minor: int
    currency: str
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeRow:
    whop_id: str
    status: DisputeStatus
    amount_minor: int
    currency: str
    reason: str | None
    inquiry: bool
    evidence_due_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment on the profile. `at` is when it was paid, else when it was made."""

    whop_id: str
    at: datetime
    outcome: PaymentOutcome
    substatus: str
    currency: str
    total_minor: int
    refunded_minor: int
    product_name: str
    plan_name: str
    billing_reason: str | None
    method: str | None
    card_brand: str | None
    card_last4: str | None
    failed_attempts: int
    failure_message: str | None
    decline_code: str | None
    next_attempt_at: datetime | None
    refunds: tuple[RefundRow, ...]
    disputes: tuple[DisputeRow, ...]


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Newest first. `total` counts all of the member's payments; the rows begin at `offset`."""

    rows: tuple[PaymentRow, ...]
    total: int
    offset: int


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A member's standing in one course; `completion` is percent, 0 to 100."""

    title: str
    completion: float
    completed_lessons: int
    total_lessons: int
    last_interaction_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberStats:
    """Counters over the whole life and the last 30 days; `engagement_score` is None until it was counted."""

    posts: int
    comments: int
    chats: int
    lessons: int
    posts_30d: int
    comments_30d: int
    chats_30d: int
    lessons_30d: int
    course_completion: float | None
    engagement_score: int | None


@dataclass(frozen=True, slots=True)
class MemberDetail:
    """The profile. Sums are in `currency`, the company's."""

    id: int
    whop_id: str
    whop_user_id: str | None
    name: str
    username: str | None
    email: str | None
    phone: str | None
    photo_url: str | None
    presence: Presence
    status: ShownStatus
    plan_name: str
    joined_at: datetime | None
    last_active_at: datetime | None
    currency: str
    net_revenue_minor: int
    mrr_minor: int
    payment_count: int
    failed_payment_count: int
    refund_count: int
    dispute_count: int
    first_payment_at: datetime | None
    last_payment_at: datetime | None
    next_charge_at: datetime | None
    trial_ends_at: datetime | None
    canceled_at: datetime | None
    memberships: tuple[MembershipRow, ...]
    payments: PaymentPage
    stats: MemberStats
    courses: tuple[CourseRow, ...]


@dataclass(frozen=True, slots=True)
class StatusCount:
    """A filter chip. CANCELING members are counted here alone, not under the status underneath."""

    status: ShownStatus
    members: int
