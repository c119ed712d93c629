"""Facts about money, as Whop has them. A fact whose member is not known yet has `member_id` None until it is.

`version` is the fact's own: the object's `updated_at`, else the envelope's timestamp, else the request's start.
"""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlmodel import SQLModel

from whop_crm.models.columns import (
    big,
    company_key,
    count,
    enum,
    flag,
    money,
    one_of,
    recorded,
    row_id,
    unlinked,
    when,
    within_company,
)
from whop_crm.models.enums import (
    DisputeStatus,
    InvoiceStatus,
    MembershipStatus,
    Origin,
    PaymentStatus,
    PlanType,
    PromoDuration,
    RefundStatus,
)


def _whop_key(table: str) -> UniqueConstraint:
    return UniqueConstraint("company_id", "whop_id", name=f"{table}_whop_id")


def _member_key() -> Any:
    return within_company("member_id", "members", on_delete="SET NULL")


class Product(SQLModel, table=True):
    __tablename__ = "products"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("products"),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    title: str
    route: str | None = None
    visibility: str | None = None
    whop_created_at: datetime = when()
    deleted_at: datetime | None = when(None)


class Plan(SQLModel, table=True):
    """What Whop's API calls a variant. Prices are minor units of `currency`."""

    __tablename__ = "plans"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("plans"),
        one_of("plan_type", PlanType),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    whop_product_id: str | None = None
    title: str | None = None
    plan_type: PlanType = enum(PlanType)
    visibility: str | None = None
    currency: str
    initial_price_minor: int = money()
    renewal_price_minor: int = money()
    billing_period_days: int | None = None
    expiration_days: int | None = None
    trial_period_days: int | None = None
    split_pay_required_payments: int | None = None
    formatted_price: str | None = None
    whop_created_at: datetime = when()
    deleted_at: datetime | None = when(None)


class PromoCode(SQLModel, table=True):
    __tablename__ = "promo_codes"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("promo_codes"),
        one_of("duration", PromoDuration),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    code: str | None = None
    promo_type: str
    amount_off: float
    currency: str
    duration: PromoDuration = enum(PromoDuration)
    duration_months: int | None = None
    status: str
    uses: int = count()
    whop_created_at: datetime = when()


class Membership(SQLModel, table=True):
    """A member's hold on one product (`mem_…`). `mrr_minor` is in the company's currency."""

    __tablename__ = "memberships"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("memberships"),
        one_of("status", MembershipStatus),
        _member_key(),
        Index(
            "memberships_member", "company_id", "member_id", "id", postgresql_include=["status", "paused", "mrr_minor"]
        ),
        Index("memberships_mrr", "company_id", "mrr_minor", postgresql_where=text("mrr_minor > 0")),
        *unlinked("memberships"),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    member_id: int | None = big(None, nullable=True)
    whop_member_id: str | None = None
    whop_user_id: str | None = None
    whop_plan_id: str
    whop_product_id: str
    whop_promo_code_id: str | None = None
    status: MembershipStatus = enum(MembershipStatus)
    paused: bool = flag()
    paused_at: datetime | None = when(None)
    paused_version: datetime | None = when(None)
    """The version of the newest fact that told of pausing: not every one does."""
    cancel_at_period_end: bool = flag()
    canceled_at: datetime | None = when(None)
    cancel_option: str | None = None
    cancel_reason: str | None = None
    cancel_feedback: str | None = None
    whop_created_at: datetime = when()
    period_start: datetime | None = when(None)
    period_end: datetime | None = when(None)
    expires_at: datetime | None = when(None)
    billing_period_days: int | None = None
    collection_method: str | None = None
    currency: str
    initial_price_minor: int = money()
    renewal_price_minor: int | None = big(None, nullable=True)
    most_recent_action: str | None = None
    most_recent_action_at: datetime | None = when(None)
    split_pay_required_payments: int | None = None

    first_charge_at: datetime | None = when(None)
    """When the first charge above 0 cleared; from then on it can carry MRR."""
    ended_at: datetime | None = when(None)
    mrr_minor: int = money()


class MembershipChange(SQLModel, table=True):
    """The states a membership was seen in, append-only: what history and MRR then are computed from."""

    __tablename__ = "membership_changes"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("status", MembershipStatus),
        one_of("origin", Origin),
        within_company("membership_id", "memberships"),
        Index(
            "membership_changes_at",
            "company_id",
            "membership_id",
            "occurred_at",
            "id",
            postgresql_include=["status", "paused", "mrr_minor"],
        ),
        Index("membership_changes_when", "company_id", "occurred_at", "membership_id"),
    )
    company_id: int = company_key()
    id: int = row_id()
    membership_id: int = big()
    occurred_at: datetime = when()
    recorded_at: datetime = recorded()
    origin: Origin = enum(Origin)
    reconstructed: bool = flag()
    """True where it was inferred from paid payments instead of seen."""
    status: MembershipStatus = enum(MembershipStatus)
    paused: bool = flag()
    cancel_at_period_end: bool = flag()
    whop_plan_id: str
    mrr_minor: int = money()
    price_minor: int | None = big(None, nullable=True)
    """What carried MRR, in the membership's currency; None where nothing did."""
    period_days: int | None = None


class Payment(SQLModel, table=True):
    """Amounts are minor units of `currency`, `usd_total_minor` of USD, `total_company_minor` of the company's."""

    __tablename__ = "payments"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("payments"),
        one_of("status", PaymentStatus),
        _member_key(),
        Index("payments_member", "company_id", "member_id", "whop_created_at"),
        *unlinked("payments"),
        Index("payments_membership", "company_id", "whop_membership_id"),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    member_id: int | None = big(None, nullable=True)
    whop_member_id: str | None = None
    whop_user_id: str | None = None
    whop_membership_id: str | None = None
    whop_plan_id: str | None = None
    whop_product_id: str | None = None
    whop_promo_code_id: str | None = None
    status: PaymentStatus = enum(PaymentStatus)
    substatus: str
    billing_reason: str | None = None
    currency: str
    total_minor: int = money()
    subtotal_minor: int = money()
    tax_minor: int = money()
    refunded_minor: int = money()
    after_fees_minor: int = money()
    usd_total_minor: int = money()
    total_company_minor: int = money()
    taken_company_minor: int = money()
    """What succeeded refunds and lost disputes took of it, in the company's currency; never more than it was."""
    refunds: int = count()
    disputes: int = count()
    whop_created_at: datetime = when()
    paid_at: datetime | None = when(None)
    last_attempt_at: datetime | None = when(None)
    next_attempt_at: datetime | None = when(None)
    refunded_at: datetime | None = when(None)
    dispute_alerted_at: datetime | None = when(None)
    failed_attempts: int = count()
    failure_message: str | None = None
    decline_code: str | None = None
    retryable: bool = flag()
    method: str | None = None
    card_brand: str | None = None
    card_last4: str | None = None


class Refund(SQLModel, table=True):
    __tablename__ = "refunds"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("refunds"),
        one_of("status", RefundStatus),
        Index("refunds_payment", "company_id", "whop_payment_id"),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    whop_payment_id: str
    status: RefundStatus = enum(RefundStatus)
    currency: str
    amount_minor: int = money()
    reason: str | None = None
    whop_created_at: datetime = when()


class Dispute(SQLModel, table=True):
    __tablename__ = "disputes"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("disputes"),
        one_of("status", DisputeStatus),
        Index("disputes_payment", "company_id", "whop_payment_id"),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    whop_payment_id: str
    status: DisputeStatus = enum(DisputeStatus)
    reason: str | None = None
    inquiry: bool = flag()
    currency: str
    amount_minor: int = money()
    evidence_due_at: datetime | None = when(None)
    whop_created_at: datetime = when()


class Invoice(SQLModel, table=True):
    """An invoice that the seller issued; card renewals never make one."""

    __tablename__ = "invoices"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        _whop_key("invoices"),
        one_of("status", InvoiceStatus),
        _member_key(),
        Index("invoices_member", "company_id", "member_id"),
        *unlinked("invoices"),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    member_id: int | None = big(None, nullable=True)
    whop_member_id: str | None = None
    whop_user_id: str | None = None
    number: str
    status: InvoiceStatus = enum(InvoiceStatus)
    currency: str | None = None
    amount_minor: int | None = big(None, nullable=True)
    due_at: datetime | None = when(None)
    whop_created_at: datetime = when()
