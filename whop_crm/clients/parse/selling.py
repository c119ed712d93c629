"""Products, plans, promo codes and the memberships sold with them."""

from datetime import datetime
from typing import Final

from whop_sdk.types import (
    Membership,
    Product,
    ProductListItem,
    PromoCodeListItem,
    Variant,
    VariantListItem,
)

from whop_crm.clients.facts import UNSAID, MembershipFact, PlanFact, ProductFact, PromoCodeFact, Unsaid
from whop_crm.clients.parse.clean import count, currency, label, minor, moment, moment_or, money, text, whole

_SAYS_NOTHING_OF_PAUSING: Final = (None, "canceling_on", "ending_on", "trial_canceling_on")
"""A paused membership may be set to end as well; then its most recent action tells only the end."""


def product(item: Product | ProductListItem, version: datetime) -> ProductFact:
    return ProductFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        title=text(item.title) or "Untitled product",
        route=text(item.route),
        visibility=text(item.visibility),
        created_at=moment_or(item.created_at, version),
    )


def plan(item: Variant | VariantListItem, version: datetime) -> PlanFact:
    code = currency(item.currency)
    product_id = (item.product or {}).get("id")
    return PlanFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        product_id=text(product_id) if isinstance(product_id, str) else None,
        title=text(item.title),
        plan_type=str(item.plan_type),
        visibility=text(item.visibility),
        currency=code,
        initial_price=minor(item.initial_price, code),
        renewal_price=minor(item.renewal_price, code),
        billing_period_days=whole(item.billing_period),
        expiration_days=whole(item.expiration_days),
        trial_period_days=whole(item.trial_period_days),
        split_pay_required_payments=whole(item.split_pay_required_payments),
        formatted_price=text(item.formatted_price),
        created_at=moment_or(item.created_at, version),
    )


def promo_code(item: PromoCodeListItem, version: datetime) -> PromoCodeFact:
    return PromoCodeFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        code=text(item.code),
        promo_type=label(item.promo_type),
        amount_off=min(1e12, max(0.0, item.amount_off)),
        currency=currency(item.currency),
        duration=str(item.duration),
        duration_months=whole(item.promo_duration_months),
        status=label(item.status),
        uses=count(item.uses),
        created_at=moment_or(item.created_at, version),
    )


def membership(item: Membership, version: datetime) -> MembershipFact:
    return MembershipFact(
        id=label(item.id),
        version=moment_or(item.updated_at, version),
        member_id=text(item.member_id),
        user_id=text(item.user_id),
        plan_id=label(item.plan_id),
        product_id=label(item.product_id),
        promo_code_id=text(item.promo_code_id),
        status=str(item.status),
        paused=_paused(item.most_recent_action),
        cancel_at_period_end=item.cancel_at_period_end,
        canceled_at=moment(item.canceled_at),
        cancel_option=text(item.cancel_option),
        cancel_reason=text(item.cancellation_reason, 2000),
        cancel_feedback=text(item.feedback_option.label, 2000) if item.feedback_option else None,
        created_at=moment_or(item.created_at, version),
        period_start=moment(item.current_period_start),
        period_end=moment(item.current_period_end),
        expires_at=moment(item.expires_at),
        billing_period_days=whole(item.billing_period_days),
        collection_method=text(item.collection_method),
        currency=currency((item.renewal_price or item.initial_price).currency),
        initial_price=money(item.initial_price),
        renewal_price=None if item.renewal_price is None else money(item.renewal_price),
        most_recent_action=text(item.most_recent_action),
        most_recent_action_at=moment(item.most_recent_action_at),
        split_pay_required_payments=whole(item.split_pay_required_payments),
    )


def _paused(most_recent_action: str | None) -> bool | Unsaid:
    """A membership carries no flag for it: the list of paused ones and the most recent action tell."""
    if most_recent_action in _SAYS_NOTHING_OF_PAUSING:
        return UNSAID
    return most_recent_action == "paused_at"
