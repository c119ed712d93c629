"""What teammates bring in from spreadsheets: staged first, then applied in one transaction, kept for 30 days."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import big, company_key, count, enum, one_of, recorded, row_id, when, within_company


class ImportStatus(StrEnum):
    STAGED = "staged"
    """Read, and waiting to be told what its columns are."""
    PLANNED = "planned"
    """What it would change is known; nothing is changed yet."""
    APPLIED = "applied"
    UNDONE = "undone"


class StepKind(StrEnum):
    TAG = "tag"
    LIST = "list"
    FIELD = "field"
    NOTE = "note"


class Import(SQLModel, table=True):
    __tablename__ = "imports"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("status", ImportStatus),
        Index("imports_created", "company_id", "created_at"),
    )
    company_id: int = company_key()
    id: int = row_id()
    status: ImportStatus = enum(ImportStatus, ImportStatus.STAGED)
    name: str
    """The file's, or that it was pasted."""
    encoding: str
    delimiter: str
    headers: list[str] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    mapping: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    plan: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, sa_column_kwargs={"server_default": "{}"})
    """What it would change, in counts."""
    lines: int = count()
    actor_id: str | None = None
    actor_name: str
    created_at: datetime = recorded()
    applied_at: datetime | None = when(None)
    undone_at: datetime | None = when(None)
    undone_by: str | None = None
    undone: int = count()
    undo_skipped: int = count()


class ImportChunk(SQLModel, table=True):
    """Up to 1,000 lines of the file: `[number, [cell, …]]`, and what is wrong with which: `[number, sentence]`."""

    __tablename__ = "import_chunks"
    __table_args__ = (PrimaryKeyConstraint("company_id", "import_id", "n"), within_company("import_id", "imports"))
    company_id: int = company_key()
    import_id: int = big(primary_key=True)
    n: int = Field(primary_key=True)
    lines: list[Any] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    problems: list[Any] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})


class ImportStep(SQLModel, table=True):
    """One thing that applying does: a tag or list (by name), a field, or notes, for up to 5,000 members."""

    __tablename__ = "import_steps"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "import_id", "n"),
        within_company("import_id", "imports"),
        one_of("kind", StepKind),
    )
    company_id: int = company_key()
    import_id: int = big(primary_key=True)
    n: int = Field(primary_key=True)
    kind: StepKind = enum(StepKind)
    name: str
    target_id: int | None = big(None, nullable=True)
    """The field; of a tag or list what it was found or made as."""
    given: list[Any] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    """Ids of members, or `[id, value]`."""
    changed: list[Any] = Field(default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": "[]"})
    """What has to be known to take it back."""
