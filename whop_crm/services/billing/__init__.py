"""Billing: what is sold, who holds it, what was paid and taken back, and the recurring revenue that follows."""

from whop_crm.services.billing.catalogue import mark_deleted, write_plans, write_products, write_promo_codes
from whop_crm.services.billing.facts import (
    write_disputes,
    write_invoices,
    write_memberships,
    write_payments,
    write_refunds,
)
from whop_crm.services.billing.linking import link_members, members_of
from whop_crm.services.billing.remembering import keep_links
from whop_crm.services.billing.repricing import reprice_memberships, revalue_payments
from whop_crm.services.billing.rows import Sold, ended_at, row_of
from whop_crm.services.billing.standing import CLEARED, settle_memberships, settle_payments
from whop_crm.services.billing.written import MembershipBefore, Written, by_version

__all__ = [
    "CLEARED",
    "MembershipBefore",
    "Sold",
    "Written",
    "by_version",
    "ended_at",
    "keep_links",
    "link_members",
    "mark_deleted",
    "members_of",
    "reprice_memberships",
    "revalue_payments",
    "row_of",
    "settle_memberships",
    "settle_payments",
    "write_disputes",
    "write_invoices",
    "write_memberships",
    "write_payments",
    "write_plans",
    "write_products",
    "write_promo_codes",
    "write_refunds",
]
