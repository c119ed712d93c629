"""Sets of members: segments, which a filter makes, and lists, which people make; and who uses what."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import (
    big,
    company_key,
    count,
    enum,
    flag,
    money,
    one_of,
    recorded,
    row_id,
    when,
    within_company,
)
from whop_crm.models.enums import TagColor, UsedKind, UserKind


class Segment(SQLModel, table=True):
    """A filter with a name. `filter` is a `filters.Filter` as JSON, which nothing but the filters looks into."""

    __tablename__ = "segments"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("color", TagColor),
        Index("segments_name", "company_id", text("lower(name)"), "id"),
    )
    company_id: int = company_key()
    id: int = row_id()
    name: str
    description: str = Field(default="", sa_column_kwargs={"server_default": ""})
    color: TagColor = enum(TagColor, TagColor.BLUE, sa_column_kwargs={"server_default": TagColor.BLUE.value})
    filter: dict[str, Any] = Field(sa_type=JSONB)
    shared: bool = flag()
    owner_id: str | None = None
    owner_name: str
    template: str | None = None
    """The key of the template it was made from."""
    created_at: datetime = recorded()
    changed_at: datetime = recorded()
    changed_by: str
    """The name of who last changed it."""
    relative: bool = flag()
    """Whether time alone can change who is in it."""
    problem: str | None = None
    """Why it matches nobody: what it asks for is gone."""
    compared_at: datetime | None = when(None)
    """When `segment_members` was last compared with everybody; None: never since it was changed."""


class SegmentMember(SQLModel, table=True):
    """Who was in a segment when it was last looked at. A page counts afresh; this tells who entered and left."""

    __tablename__ = "segment_members"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "segment_id", "member_id"),
        within_company("segment_id", "segments"),
        within_company("member_id", "members"),
        Index("segment_members_member", "company_id", "member_id"),
    )
    company_id: int = company_key()
    segment_id: int = big(primary_key=True)
    member_id: int = big(primary_key=True)
    entered_at: datetime = recorded()


class SegmentMove(SQLModel, table=True):
    """A member entered or left a segment. Kept for 90 days."""

    __tablename__ = "segment_moves"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        within_company("segment_id", "segments"),
        within_company("member_id", "members"),
        Index("segment_moves_at", "company_id", "segment_id", "at"),
        Index("segment_moves_member", "company_id", "member_id"),
    )
    company_id: int = company_key()
    id: int = row_id()
    segment_id: int = big()
    member_id: int = big()
    entered: bool
    at: datetime = recorded()


class SegmentDay(SQLModel, table=True):
    """A segment's size on one local day, as last counted on it."""

    __tablename__ = "segment_days"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "segment_id", "day"),
        within_company("segment_id", "segments"),
    )
    company_id: int = company_key()
    segment_id: int = big(primary_key=True)
    day: date = Field(primary_key=True)
    members: int = count()
    mrr_minor: int = money()


class MemberList(SQLModel, table=True):
    """A static list: its members are put in and taken out by hand or by an import."""

    __tablename__ = "lists"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("color", TagColor),
        Index("lists_name", "company_id", text("lower(name)"), unique=True),
    )
    company_id: int = company_key()
    id: int = row_id()
    name: str
    description: str = Field(default="", sa_column_kwargs={"server_default": ""})
    color: TagColor = enum(TagColor, TagColor.GRAY, sa_column_kwargs={"server_default": TagColor.GRAY.value})
    created_by: str | None = None
    created_by_name: str
    created_at: datetime = recorded()


class ListMember(SQLModel, table=True):
    __tablename__ = "list_members"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "list_id", "member_id"),
        within_company("list_id", "lists"),
        within_company("member_id", "members"),
        Index("list_members_member", "company_id", "member_id", "list_id"),
    )
    company_id: int = company_key()
    list_id: int = big(primary_key=True)
    member_id: int = big(primary_key=True)
    added_by: str | None = None
    added_at: datetime = recorded()


class Usage(SQLModel, table=True):
    """What a filter asks for: a tag in use is not deleted without saying where, and merging rewrites who uses it."""

    __tablename__ = "usages"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "user_kind", "user_id", "used_kind", "used_id"),
        one_of("user_kind", UserKind),
        one_of("used_kind", UsedKind),
        Index("usages_used", "company_id", "used_kind", "used_id"),
    )
    company_id: int = company_key()
    user_kind: UserKind = enum(UserKind, primary_key=True)
    user_id: int = big(primary_key=True)
    used_kind: UsedKind = enum(UsedKind, primary_key=True)
    used_id: int = big(primary_key=True)
