"""Shapes of lists."""

from dataclasses import dataclass
from datetime import datetime

from whop_crm.models.enums import TagColor

NAME_LIMIT = 60
DESCRIPTION_LIMIT = 500


@dataclass(frozen=True, slots=True)
class ListInput:
    """What the form of a list asks for."""

    name: str
    description: str = ""
    color: TagColor = TagColor.GRAY


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list with how many members of the member list stand on it."""

    id: int
    name: str
    description: str
    color: TagColor
    created_by_name: str
    created_at: datetime
    members: int
