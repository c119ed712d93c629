"""What teammates did and can take back: bulk actions over many members, and single changes."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import (
    big,
    company_key,
    count,
    enum,
    one_of,
    recorded,
    row_id,
    when,
    within_company,
)


class BulkKind(StrEnum):
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    ADD_TO_LIST = "add_to_list"
    REMOVE_FROM_LIST = "remove_from_list"


class BulkStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    CANCELED = "canceled"
    """Stopped by somebody; what was done until then stays and can be taken back."""
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def at_work(self) -> bool:
        return self in (BulkStatus.RUNNING, BulkStatus.UNDOING)


class ChangeKind(StrEnum):
    """A single change that can be taken back."""

    TAG_ADDED = "tag_added"
    TAG_REMOVED = "tag_removed"
    NOTE_EDITED = "note_edited"
    NOTE_DELETED = "note_deleted"
    LIST_CHANGED = "list_changed"
    LIST_DELETED = "list_deleted"
    SEGMENT_CHANGED = "segment_changed"
    SEGMENT_DELETED = "segment_deleted"


class BulkAction(SQLModel, table=True):
    """One thing done to many members, and how far it has come. Kept for 30 days."""

    __tablename__ = "bulk_actions"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("kind", BulkKind),
        one_of("status", BulkStatus),
        Index("bulk_actions_created", "company_id", "created_at"),
        Index("bulk_actions_at_work", "company_id", "id", postgresql_where=text("status IN ('running', 'undoing')")),
    )
    company_id: int = company_key()
    id: int = row_id()
    kind: BulkKind = enum(BulkKind)
    target_id: int = big()
    """The tag or the list."""
    target_name: str
    """As it was called then."""
    status: BulkStatus = enum(BulkStatus, BulkStatus.RUNNING)
    actor_id: str | None = None
    actor_name: str
    created_at: datetime = recorded()
    finished_at: datetime | None = when(None)
    total: int = count()
    changed: int = count()
    unchanged: int = count()
    """Skipped, as there was nothing to change."""
    missing: int = count()
    """Skipped, as they are no longer there."""
    undone: int = count()
    undo_skipped: int = count()
    """Not taken back, as they were changed again since."""
    undone_by_id: str | None = None
    undone_by: str | None = None
    reason: str | None = None
    """Why it failed, in words."""
    failures: int = count()


class BulkChunk(SQLModel, table=True):
    """Up to 1,000 of an action's members, fixed when it began, and what was done to them."""

    __tablename__ = "bulk_chunks"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "action_id", "n"),
        within_company("action_id", "bulk_actions"),
    )
    company_id: int = company_key()
    action_id: int = big(primary_key=True)
    n: int = Field(primary_key=True)
    member_ids: list[int] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    changed: list[Any] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    """What has to be known to take it back; one entry a member who was changed."""
    done_at: datetime | None = when(None)
    """Also the time that stands on what was changed, by which it is known again."""
    undone_at: datetime | None = when(None)


class TeamChange(SQLModel, table=True):
    """One change of one thing with all that taking it back needs. Kept for 30 days."""

    __tablename__ = "team_changes"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("kind", ChangeKind),
        Index("team_changes_at", "company_id", "at"),
    )
    company_id: int = company_key()
    id: int = row_id()
    kind: ChangeKind = enum(ChangeKind)
    words: str
    member_id: int | None = big(None, nullable=True)
    actor_id: str | None = None
    actor_name: str
    at: datetime = recorded()
    payload: dict[str, Any] = Field(sa_type=JSONB)
    undone_at: datetime | None = when(None)
    undone_by: str | None = None
