"""Shapes of notes."""

from dataclasses import dataclass
from datetime import datetime

BODY_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note. `body` is the markdown as typed, `html` what it looks like, safe to show; `editable` by who asks."""

    id: int
    member_id: int
    body: str
    html: str
    author_name: str
    created_at: datetime
    edited_at: datetime | None
    editable: bool


@dataclass(frozen=True, slots=True)
class NotePage:
    """Newest first. `next` is the time and id of the last, None where there are no more."""

    rows: tuple[NoteRow, ...]
    next: tuple[datetime, int] | None
