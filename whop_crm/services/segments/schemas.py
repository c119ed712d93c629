"""Shapes of segments. Money is minor units of the company's currency."""

from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from whop_crm.filters import Filter
from whop_crm.models.enums import TagColor
from whop_crm.services.members import MemberRow
from whop_crm.text import one_line

NAME_LIMIT, DESCRIPTION_LIMIT = 80, 300
MOST_SEGMENTS = 500


class SegmentInput(BaseModel):
    """What a person saves."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(max_length=NAME_LIMIT)
    description: str = Field(default="", max_length=DESCRIPTION_LIMIT)
    color: TagColor = TagColor.BLUE
    shared: bool = False
    filter: Filter = Filter()
    template: str | None = None

    @field_validator("name")
    @classmethod
    def _named(cls, value: str) -> str:
        name = one_line(value)
        if not name:
            raise ValueError("A segment needs a name.")
        return name

    @field_validator("description")
    @classmethod
    def _storable(cls, value: str) -> str:
        return one_line(value)


@dataclass(frozen=True, slots=True)
class Money:
    """What the members of a segment bring: MRR, what they paid net, and the MRR that leaves at its period's end."""

    mrr_minor: int
    net_revenue_minor: int
    leaving_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment with how many are in it now; `members` None where `problem` says why it cannot be asked."""

    id: int
    name: str
    description: str
    color: TagColor
    shared: bool
    mine: bool
    may_change: bool
    owner_name: str
    created_at: datetime
    changed_at: datetime
    changed_by: str
    filter: Filter
    words: str
    members: int | None
    mrr_minor: int
    currency: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Loss:
    """One condition of a group. `alone`: how many meet it by itself; `without`: how many there would be without it."""

    alone: int
    without: int


@dataclass(frozen=True, slots=True)
class Losses:
    """`total` is how many meet the whole filter; one Loss for each child of the group, in its order."""

    total: int
    everybody: int
    children: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    rows: tuple[MemberRow, ...]
    money: Money


@dataclass(frozen=True, slots=True)
class SizeDay:
    day: date
    members: int
    mrr_minor: int


@dataclass(frozen=True, slots=True)
class Move:
    """A member who entered or left a segment."""

    member_id: str
    name: str
    photo_url: str | None
    entered: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Template:
    """A segment that most creators want, adjustable before it is saved."""

    key: str
    name: str
    description: str
    color: TagColor
    filter: Filter
