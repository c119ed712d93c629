"""Shapes of tags."""

from dataclasses import dataclass
from datetime import datetime

from whop_crm.models.enums import TagColor

NAME_LIMIT = 40


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag of the company with how many members carry it."""

    id: int
    name: str
    color: TagColor
    members: int


@dataclass(frozen=True, slots=True)
class MemberTagRow:
    """A tag that a member carries."""

    id: int
    name: str
    color: TagColor
    tagged_at: datetime
