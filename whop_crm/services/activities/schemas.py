"""Shapes of the timeline and the feed."""

from dataclasses import dataclass
from datetime import datetime

from whop_crm.models.enums import ActivityGroup, ActivityKind


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last item shown: the next page begins behind it."""

    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One thing that happened. `html` is a note's body, safe to show; empty for everything else.

    `actor_name` is the teammate who did it, None where Whop or the member did. `note_id` is set for notes.
    """

    id: int
    at: datetime
    kind: ActivityKind
    group: ActivityGroup
    title: str
    detail: str
    amount_minor: int | None
    currency: str | None
    actor_name: str | None
    note_id: int | None
    html: str


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Newest first. `next` is the cursor for what comes after, None at the end."""

    items: tuple[TimelineItem, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A line of the company's recent activity. `member_whop_id` is None where the member is not known (yet)."""

    id: int
    at: datetime
    kind: ActivityKind
    group: ActivityGroup
    title: str
    detail: str
    amount_minor: int | None
    currency: str | None
    actor_name: str | None
    member_whop_id: str | None
    member_name: str
    member_photo_url: str | None
