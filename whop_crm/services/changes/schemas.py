"""Shapes of changes: one typed payload a kind. What it was before is in it, and what it became, to be known again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, TypeAdapter

from whop_crm.models.action import ChangeKind
from whop_crm.models.enums import TagColor

KEPT = timedelta(days=30)
"""How long something can be taken back."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True)

    member_id: int | None = None


class TagAdded(_Payload):
    kind: Literal[ChangeKind.TAG_ADDED] = ChangeKind.TAG_ADDED
    tag_id: int
    at: datetime


class TagRemoved(_Payload):
    kind: Literal[ChangeKind.TAG_REMOVED] = ChangeKind.TAG_REMOVED
    tag_id: int
    tagged_by: str | None
    tagged_at: datetime


class NoteEdited(_Payload):
    kind: Literal[ChangeKind.NOTE_EDITED] = ChangeKind.NOTE_EDITED
    note_id: int
    before: str
    edited_at: datetime | None
    after: str


class NoteDeleted(_Payload):
    kind: Literal[ChangeKind.NOTE_DELETED] = ChangeKind.NOTE_DELETED
    note_id: int
    body: str
    author_id: str | None
    author_name: str
    created_at: datetime
    edited_at: datetime | None


class ListKept(BaseModel):
    """A list as it was called."""

    model_config = ConfigDict(frozen=True)

    name: str
    description: str
    color: TagColor


class ListChanged(_Payload):
    kind: Literal[ChangeKind.LIST_CHANGED] = ChangeKind.LIST_CHANGED
    list_id: int
    before: ListKept
    after: ListKept


class ListDeleted(_Payload):
    """`members` are marks as `services.many` has them."""

    kind: Literal[ChangeKind.LIST_DELETED] = ChangeKind.LIST_DELETED
    list_id: int
    before: ListKept
    created_by: str | None
    created_by_name: str
    created_at: datetime
    members: list[tuple[int, str | None, datetime]]


class SegmentChanged(_Payload):
    """`before` and `after` are what a person saved: name, description, color, shared, filter."""

    kind: Literal[ChangeKind.SEGMENT_CHANGED] = ChangeKind.SEGMENT_CHANGED
    segment_id: int
    before: dict[str, Any]
    after: dict[str, Any]


class SegmentDeleted(_Payload):
    kind: Literal[ChangeKind.SEGMENT_DELETED] = ChangeKind.SEGMENT_DELETED
    segment_id: int
    before: dict[str, Any]
    owner_id: str | None
    owner_name: str
    created_at: datetime


Changed = Annotated[
    TagAdded | TagRemoved | NoteEdited | NoteDeleted | ListChanged | ListDeleted | SegmentChanged | SegmentDeleted,
    Discriminator("kind"),
]
PAYLOADS = TypeAdapter[Changed](Changed)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A line of what was done lately. `member_name` is empty where it was not about a member, or they are gone."""

    id: int
    kind: ChangeKind
    words: str
    member_whop_id: str | None
    member_name: str
    actor_id: str | None
    actor_name: str
    at: datetime
    undone_at: datetime | None
    undone_by: str | None
