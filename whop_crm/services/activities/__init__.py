"""Activities: the timeline, which is also the event log."""

from whop_crm.services.activities.actions import (
    record_by_team,
    record_by_team_each,
    record_by_team_for,
    record_of_company,
)
from whop_crm.services.activities.days import retell_days
from whop_crm.services.activities.queries import FEED_KINDS, feed, timeline
from whop_crm.services.activities.record import DAY_KINDS, Draft, Linked, link_activities, record, record_visits
from whop_crm.services.activities.schemas import Cursor, FeedItem, TimelineItem, TimelinePage

__all__ = [
    "DAY_KINDS",
    "FEED_KINDS",
    "Cursor",
    "Draft",
    "FeedItem",
    "Linked",
    "TimelineItem",
    "TimelinePage",
    "feed",
    "link_activities",
    "record",
    "record_by_team",
    "record_by_team_each",
    "record_by_team_for",
    "record_of_company",
    "record_visits",
    "retell_days",
    "timeline",
]
