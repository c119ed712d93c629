"""The tables. Importing this package loads them all, which is what Alembic reads."""

from whop_crm.models.action import BulkAction, BulkChunk, TeamChange
from whop_crm.models.activity import Activity, CourseProgress, MemberDay, MemberScore
from whop_crm.models.api_key import ApiAnswer, ApiKey, ApiKeyLookup, ApiRate
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
from whop_crm.models.custom import CustomField, CustomValue
from whop_crm.models.importing import Import, ImportChunk, ImportStep
from whop_crm.models.member import Member, MemberTag, Note, Tag
from whop_crm.models.segment import (
    ListMember,
    MemberList,
    Segment,
    SegmentDay,
    SegmentMember,
    SegmentMove,
    Usage,
)
from whop_crm.models.sync import Heartbeat, OpenQuestion, SyncDifference, SyncRun, SyncSeen, SyncStep, WebhookEvent
from whop_crm.models.view import ListLayout, SavedView

__all__ = [
    "Activity",
    "ApiAnswer",
    "ApiKey",
    "ApiKeyLookup",
    "ApiRate",
    "BulkAction",
    "BulkChunk",
    "Company",
    "CompanyAccess",
    "CourseProgress",
    "CustomField",
    "CustomValue",
    "Dispute",
    "Experience",
    "Heartbeat",
    "Import",
    "ImportChunk",
    "ImportStep",
    "Inbox",
    "Invoice",
    "ListLayout",
    "ListMember",
    "Member",
    "MemberDay",
    "MemberList",
    "MemberScore",
    "MemberTag",
    "Membership",
    "MembershipChange",
    "Note",
    "OpenQuestion",
    "Payment",
    "Plan",
    "Product",
    "PromoCode",
    "Recount",
    "Refund",
    "SavedView",
    "Segment",
    "SegmentDay",
    "SegmentMember",
    "SegmentMove",
    "Session",
    "SyncDifference",
    "SyncRun",
    "SyncSeen",
    "SyncStep",
    "Tag",
    "TeamChange",
    "TeamMember",
    "Usage",
    "WebhookCheck",
    "WebhookEndpoint",
    "WebhookEvent",
]
