"""Shapes of members, as the API shows them."""

from typing import Annotated, Any

from pydantic import Field

from whop_crm.api.v1.custom_fields import Value
from whop_crm.api.v1.paging import MOST
from whop_crm.api.v1.shapes import BigId, Input, Money, PageInfo, Shape, Time
from whop_crm.models.enums import ActivityGroup, ActivityKind, Presence, ShownStatus, TagColor
from whop_crm.services import activities, members, notes, tags
from whop_crm.services.custom_fields import MOST_FIELDS
from whop_crm.services.members import MemberSort, PaymentOutcome

MOST_TAGS = 50
TagName = Annotated[str, Field(min_length=1, max_length=tags.NAME_LIMIT, examples=["VIP"])]
TagNames = Annotated[list[TagName], Field(max_length=MOST_TAGS)]


class MemberTag(Shape):
    id: BigId
    name: str = Field(examples=["VIP"])
    color: TagColor
    tagged_at: Time


class MemberItem(Shape):
    """A member in a list."""

    id: str = Field(description="Whop's id of the member.", examples=["mber_2JfK6sVd8rQmH"])
    name: str = Field(description="Never empty: the username, the email or the id where there is no name.")
    username: str | None
    email: str | None = Field(examples=["ines@example.com"])
    photo_url: str | None
    status: ShownStatus
    plan: str = Field(description="What they hold, in words; empty where nothing.", examples=["Ridge Pro · Monthly"])
    net_revenue: Money
    mrr: Money
    joined_at: Time | None
    last_active_at: Time | None
    tags: list[MemberTag]
    custom_fields: dict[str, Value] = Field(
        description="The company's own fields that are filled in, by key.", examples=[{"shirt": "M"}]
    )


class MemberList(Shape):
    data: list[MemberItem]
    page_info: PageInfo
    total: int | None = Field(description="How many there are, where `include_total` asked for it.")


class MemberHit(Shape):
    id: str = Field(examples=["mber_2JfK6sVd8rQmH"])
    name: str
    username: str | None
    email: str | None
    photo_url: str | None
    status: ShownStatus
    plan: str
    net_revenue: Money


class MemberHits(Shape):
    data: list[MemberHit]


class MembershipOut(Shape):
    id: str = Field(examples=["mem_9kQ2vX7LpTn4Aa"])
    status: ShownStatus
    plan: str
    product: str
    interval: str = Field(description="Between two charges: month, year, 45 days; empty for what is paid once.")
    price: Money
    initial_price: Money
    promo_code: str | None
    mrr: Money
    started_at: Time
    trial_ends_at: Time | None
    next_charge_at: Time | None
    ends_at: Time | None = Field(description="When it is set to end.")
    ended_at: Time | None
    expires_at: Time | None
    paused: bool
    canceling: bool
    canceled_at: Time | None
    cancel_option: str | None
    cancel_reason: str | None


class PaymentOut(Shape):
    id: str = Field(examples=["pay_5RtY7uIo9PaSdF"])
    at: Time
    outcome: PaymentOutcome
    total: Money
    refunded: Money
    plan: str
    product: str
    method: str | None
    card_brand: str | None
    card_last4: str | None
    failed_attempts: int
    failure_message: str | None
    next_attempt_at: Time | None


class CourseOut(Shape):
    title: str
    completion: float = Field(description="Percent, 0 to 100.")
    completed_lessons: int
    total_lessons: int
    last_interaction_at: Time | None


class StatsOut(Shape):
    posts: int
    comments: int
    chats: int
    lessons: int
    posts_30d: int
    comments_30d: int
    chats_30d: int
    lessons_30d: int
    course_completion: float | None
    engagement_score: int | None = Field(description="0 to 100; null until it was counted.")


class MemberOut(MemberItem):
    """A member's profile, with the newest 50 payments."""

    user_id: str | None = Field(description="Whop's id of the person.", examples=["user_4TgB8nWz1cYxE"])
    phone: str | None
    presence: Presence
    payment_count: int
    failed_payment_count: int
    refund_count: int
    dispute_count: int
    first_payment_at: Time | None
    last_payment_at: Time | None
    next_charge_at: Time | None
    trial_ends_at: Time | None
    canceled_at: Time | None
    memberships: list[MembershipOut]
    payments: list[PaymentOut]
    courses: list[CourseOut]
    stats: StatsOut


class MemberPatch(Input):
    """What to change. `tags` says which ones there shall be; the other two put on and take off."""

    tags: TagNames | None = Field(None, examples=[["VIP", "Founding member"]])
    add_tags: TagNames = Field(default_factory=list, examples=[["VIP"]])
    remove_tags: TagNames = Field(default_factory=list, examples=[["At risk"]])
    custom_fields: dict[str, Value | None] = Field(
        default_factory=dict, max_length=MOST_FIELDS, description="By key; null empties.", examples=[{"shirt": "M"}]
    )


class _Match(Input):
    q: str = Field("", max_length=200, description="Part of a name, username or email.", examples=["ines"])
    status: list[ShownStatus] = Field(default_factory=list[ShownStatus], max_length=20)
    tag: str | None = Field(None, max_length=tags.NAME_LIMIT, description="A tag's name.", examples=["VIP"])


class MemberMatch(_Match):
    """Which members. All that is given must be met together."""

    filter: dict[str, Any] | None = Field(
        None,
        description="A filter, as docs/filters.md describes it.",
        examples=[{"version": 1, "where": {"field": "status", "op": "is", "value": "active"}}],
    )


class _Ordered(_Match):
    sort: MemberSort = MemberSort.JOINED
    descending: bool = True
    first: int = Field(50, ge=1, le=MOST)
    after: str | None = Field(None, max_length=4_000, examples=[None])
    include_total: bool = Field(False, description="Whether to count them all as well.")


class MemberParams(_Ordered):
    """Which members, in which order, in an address."""

    filter: str | None = Field(
        None,
        max_length=8_000,
        description="A filter as JSON, as docs/filters.md describes it. All that is given must be met together.",
        examples=['{"where": {"field": "status", "op": "is", "value": "active"}}'],
    )


class MemberQuery(_Ordered, MemberMatch):
    """Which members, in which order. All that is given must be met together."""


class TimelineOut(Shape):
    id: BigId
    at: Time
    kind: ActivityKind
    group: ActivityGroup
    title: str
    detail: str
    amount: Money | None
    actor: str | None = Field(description="The teammate or API key that did it; null where Whop or the member did.")
    note_id: BigId | None


class TimelineList(Shape):
    data: list[TimelineOut]
    page_info: PageInfo


def tag_out(row: tags.MemberTagRow) -> MemberTag:
    return MemberTag.model_validate(row)


def item(row: members.MemberRow, carried: list[tags.MemberTagRow], own: dict[str, Value]) -> MemberItem:
    return MemberItem(
        id=row.whop_id, name=row.name, username=row.username, email=row.email, photo_url=row.photo_url,
        status=row.status, plan=row.plan_name, net_revenue=_money(row.net_revenue_minor, row.currency),
        mrr=_money(row.mrr_minor, row.currency), joined_at=row.joined_at, last_active_at=row.last_active_at,
        tags=[tag_out(tag) for tag in carried], custom_fields=own,
    )  # fmt: skip


def hit(row: members.MemberHit) -> MemberHit:
    return MemberHit(
        id=row.whop_id, name=row.name, username=row.username, email=row.email, photo_url=row.photo_url,
        status=row.status, plan=row.plan_name, net_revenue=_money(row.net_revenue_minor, row.currency),
    )  # fmt: skip


def member(row: members.MemberDetail, carried: list[tags.MemberTagRow], own: dict[str, Value]) -> MemberOut:
    return MemberOut(
        id=row.whop_id, name=row.name, username=row.username, email=row.email, photo_url=row.photo_url,
        status=row.status, plan=row.plan_name, net_revenue=_money(row.net_revenue_minor, row.currency),
        mrr=_money(row.mrr_minor, row.currency), joined_at=row.joined_at, last_active_at=row.last_active_at,
        tags=[tag_out(tag) for tag in carried], custom_fields=own, user_id=row.whop_user_id,
        phone=row.phone, presence=row.presence,
        payment_count=row.payment_count, failed_payment_count=row.failed_payment_count, refund_count=row.refund_count,
        dispute_count=row.dispute_count, first_payment_at=row.first_payment_at, last_payment_at=row.last_payment_at,
        next_charge_at=row.next_charge_at, trial_ends_at=row.trial_ends_at, canceled_at=row.canceled_at,
        memberships=[_membership(one) for one in row.memberships],
        payments=[_payment(one) for one in row.payments.rows],
        courses=[CourseOut.model_validate(one) for one in row.courses],
        stats=StatsOut.model_validate(row.stats),
    )  # fmt: skip


def _membership(row: members.MembershipRow) -> MembershipOut:
    return MembershipOut(
        id=row.whop_id, status=row.status, plan=row.plan_name, product=row.product_name, interval=row.interval,
        price=_money(row.price_minor, row.currency), initial_price=_money(row.initial_price_minor, row.currency),
        promo_code=row.promo_code, mrr=_money(row.mrr_minor, row.mrr_currency), started_at=row.started_at,
        trial_ends_at=row.trial_ends_at, next_charge_at=row.next_charge_at, ends_at=row.ends_at, ended_at=row.ended_at,
        expires_at=row.expires_at, paused=row.paused, canceling=row.canceling, canceled_at=row.canceled_at,
        cancel_option=row.cancel_option, cancel_reason=row.cancel_reason,
    )  # fmt: skip


def _payment(row: members.PaymentRow) -> PaymentOut:
    return PaymentOut(
        id=row.whop_id, at=row.at, outcome=row.outcome, total=_money(row.total_minor, row.currency),
        refunded=_money(row.refunded_minor, row.currency), plan=row.plan_name, product=row.product_name,
        method=row.method, card_brand=row.card_brand, card_last4=row.card_last4, failed_attempts=row.failed_attempts,
        failure_message=row.failure_message, next_attempt_at=row.next_attempt_at,
    )  # fmt: skip


def happening(row: activities.TimelineItem) -> TimelineOut:
    amount = None if row.amount_minor is None or row.currency is None else _money(row.amount_minor, row.currency)
    return TimelineOut(
        id=row.id, at=row.at, kind=row.kind, group=row.group, title=row.title, detail=row.detail, amount=amount,
        actor=row.actor_name, note_id=row.note_id,
    )  # fmt: skip


def _money(minor: int, currency: str) -> Money:
    return Money(amount_minor=minor, currency=currency)


class NoteOut(Shape):
    id: BigId
    body: str = Field(description="Markdown, as it was typed.", examples=["Asked for a **refund**."])
    html: str = Field(description="What it looks like, safe to show.")
    author: str
    created_at: Time
    edited_at: Time | None
    editable: bool = Field(description="Whether who asks may change it: its author, or an admin.")


class NoteList(Shape):
    data: list[NoteOut]
    page_info: PageInfo


class NoteInput(Input):
    body: str = Field(min_length=1, max_length=notes.BODY_LIMIT, examples=["Asked for a **refund**."])


def note(row: notes.NoteRow) -> NoteOut:
    return NoteOut(
        id=row.id, body=row.body, html=row.html, author=row.author_name, created_at=row.created_at,
        edited_at=row.edited_at, editable=row.editable,
    )  # fmt: skip
