"""Members: the list, the search, one person's page."""

from whop_crm.services.members.facts import (
    MemberBefore,
    find_ids,
    link_courses,
    note_activity,
    write_course_progress,
    write_members,
)
from whop_crm.services.members.naming import search_text, shown_name, sort_name
from whop_crm.services.members.queries import get_member, list_members, list_payments, search_members, status_counts
from whop_crm.services.members.schemas import (
    PAGE_SIZE,
    CourseRow,
    DisputeRow,
    MemberDetail,
    MemberHit,
    MemberListQuery,
    MemberPage,
    MemberRow,
    MembershipRow,
    MemberSort,
    MemberStats,
    PaymentOutcome,
    PaymentPage,
    PaymentRow,
    RefundRow,
    StatusCount,
)
from whop_crm.services.members.status import STATUS_ORDER, status_rank
from whop_crm.services.members.summaries import (
    recompute_summaries,
    summarize_community,
    summarize_courses,
    summarize_money,
)
from whop_crm.services.members.windows import recount_windows

__all__ = [
    "PAGE_SIZE",
    "STATUS_ORDER",
    "CourseRow",
    "DisputeRow",
    "MemberBefore",
    "MemberDetail",
    "MemberHit",
    "MemberListQuery",
    "MemberPage",
    "MemberRow",
    "MemberSort",
    "MemberStats",
    "MembershipRow",
    "PaymentOutcome",
    "PaymentPage",
    "PaymentRow",
    "RefundRow",
    "StatusCount",
    "find_ids",
    "get_member",
    "link_courses",
    "list_members",
    "list_payments",
    "note_activity",
    "recompute_summaries",
    "recount_windows",
    "search_members",
    "search_text",
    "shown_name",
    "sort_name",
    "status_counts",
    "status_rank",
    "summarize_community",
    "summarize_courses",
    "summarize_money",
    "write_course_progress",
    "write_members",
]
