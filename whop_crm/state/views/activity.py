"""Lines of the feed and of a profile's timeline."""

from dataclasses import dataclass

from whop_crm.services.activities import FeedItem, TimelineItem
from whop_crm.state.views.text import iso


@dataclass(frozen=True, slots=True)
class FeedLine:
    """`member` is the Whop id of the member's page, empty where the member is not known."""

    id: int
    at: str
    kind: str
    title: str
    detail: str
    member: str
    name: str
    photo: str
    by: str


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """`html` is a note's body, safe to show; `note_id` 0 for everything else."""

    key: str
    at: str
    kind: str
    title: str
    detail: str
    by: str
    note_id: int
    html: str


def feed_line(item: FeedItem) -> FeedLine:
    return FeedLine(
        id=item.id,
        at=iso(item.at),
        kind=item.kind.value,
        title=item.title,
        detail=item.detail,
        member=item.member_whop_id or "",
        name=item.member_name,
        photo=item.member_photo_url or "",
        by=item.actor_name or "",
    )


def timeline_line(item: TimelineItem) -> TimelineLine:
    return TimelineLine(
        key=f"note-{item.note_id}" if item.note_id else str(item.id),
        at=iso(item.at),
        kind=item.kind.value,
        title=item.title,
        detail=item.detail,
        by=item.actor_name or "",
        note_id=item.note_id or 0,
        html=item.html,
    )
