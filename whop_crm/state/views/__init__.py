"""What a page shows of what a service read: text for people, made once on the server.

Every view is a flat dataclass of plain values, so that Reflex sends it as it is and a page can loop over it. Times are
ISO 8601 with an offset (empty for none): the browser writes them in the company's zone. Closed sets travel as their
enum's value; the page turns them into words and colours in one place.
"""

from whop_crm.state.views.activity import FeedLine, TimelineLine, feed_line, timeline_line
from whop_crm.state.views.connection import (
    ConnectionView,
    ScopeLine,
    WebhookLine,
    attention,
    connection_view,
    scope_line,
    webhook_line,
)
from whop_crm.state.views.figures import Figure, figure
from whop_crm.state.views.members import Hit, MemberLine, StatusChip, hit, member_line, status_chip
from whop_crm.state.views.profile import (
    CourseLine,
    MembershipCard,
    PaymentLine,
    Profile,
    course_line,
    membership_card,
    payment_line,
    profile,
)
from whop_crm.state.views.settings import (
    RecountLine,
    SessionLine,
    TagLine,
    TeammateLine,
    recount_line,
    session_line,
    tag_line,
    teammate_line,
)
from whop_crm.state.views.syncing import (
    DifferenceLine,
    DriftLine,
    EventLine,
    EventView,
    RunLine,
    SyncLine,
    SyncNow,
    difference_line,
    drift_line,
    event_line,
    event_view,
    run_line,
    sync_line,
    sync_now,
)
from whop_crm.state.views.team import NoteLine, TagChip, TagOption, note_line, tag_chip, tag_options

__all__ = [
    "ConnectionView",
    "CourseLine",
    "DifferenceLine",
    "DriftLine",
    "EventLine",
    "EventView",
    "FeedLine",
    "Figure",
    "Hit",
    "MemberLine",
    "MembershipCard",
    "NoteLine",
    "PaymentLine",
    "Profile",
    "RecountLine",
    "RunLine",
    "ScopeLine",
    "SessionLine",
    "StatusChip",
    "SyncLine",
    "SyncNow",
    "TagChip",
    "TagLine",
    "TagOption",
    "TeammateLine",
    "TimelineLine",
    "WebhookLine",
    "attention",
    "connection_view",
    "course_line",
    "difference_line",
    "drift_line",
    "event_line",
    "event_view",
    "feed_line",
    "figure",
    "hit",
    "member_line",
    "membership_card",
    "note_line",
    "payment_line",
    "profile",
    "recount_line",
    "run_line",
    "scope_line",
    "session_line",
    "status_chip",
    "sync_line",
    "sync_now",
    "tag_chip",
    "tag_line",
    "tag_options",
    "teammate_line",
    "timeline_line",
    "webhook_line",
]
