"""The tables. Importing this package loads them all, which is what Alembic reads."""

from whop_crm.models.activity import Activity, CourseProgress, MemberDay
from whop_crm.models.billing import (
    Dispute,
    Invoice,
    Membership,
    MembershipChange,
    Payment,
    Plan,
    Product,
    PromoCode,
    Refund,
)
from whop_crm.models.company import (
    Company,
    CompanyAccess,
    Experience,
    Inbox,
    Recount,
    Session,
    TeamMember,
    WebhookCheck,
    WebhookEndpoint,
)
from whop_crm.models.member import Member, MemberTag, Note, Tag
from whop_crm.models.sync import Heartbeat, SyncDifference, SyncRun, SyncSeen, SyncStep, WebhookEvent

__all__ = [
    "Activity",
    "Company",
    "CompanyAccess",
    "CourseProgress",
    "Dispute",
    "Experience",
    "Heartbeat",
    "Inbox",
    "Invoice",
    "Member",
    "MemberDay",
    "MemberTag",
    "Membership",
    "MembershipChange",
    "Note",
    "Payment",
    "Plan",
    "Product",
    "PromoCode",
    "Recount",
    "Refund",
    "Session",
    "SyncDifference",
    "SyncRun",
    "SyncSeen",
    "SyncStep",
    "Tag",
    "TeamMember",
    "WebhookCheck",
    "WebhookEndpoint",
    "WebhookEvent",
]
