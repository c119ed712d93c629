"""The timeline, which is also the event log, and the counts kept from it for ever."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import date, datetime

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import (
    big,
    company_key,
    count,
    enum,
    one_of,
    recorded,
    row_id,
    unlinked,
    when,
    within_company,
)
from whop_crm.models.enums import ActivityGroup, ActivityKind, DayKind, Origin


class Activity(SQLModel, table=True):
    """One thing that happened. Partitioned by month of `occurred_at`.

    `source` names the fact it came from (`payment:pay_…:paid`), unique within a company and an instant, so that telling
    it twice changes nothing. `title` and `detail` are what the timeline says; `amount_minor` is in `currency`.
    """

    __tablename__ = "activities"
    company_id: int = company_key()
    occurred_at: datetime = when(primary_key=True)
    id: int = row_id()
    source: str
    kind: ActivityKind = enum(ActivityKind)
    grp: ActivityGroup = enum(ActivityGroup)
    origin: Origin = enum(Origin)
    recorded_at: datetime = recorded()
    member_id: int | None = big(None, nullable=True)
    whop_member_id: str | None = None
    whop_user_id: str | None = None
    subject: str | None = None
    """The Whop id, or note:<id>, tag:<id>, of what it is about."""
    title: str
    detail: str = Field(default="", sa_column_kwargs={"server_default": ""})
    amount_minor: int | None = big(None, nullable=True)
    currency: str | None = None
    actor_id: str | None = None
    actor_name: str | None = None

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "occurred_at", "id"),
        UniqueConstraint("company_id", "source", "occurred_at", name="activities_source"),
        one_of("kind", ActivityKind),
        one_of("grp", ActivityGroup),
        one_of("origin", Origin),
        within_company("member_id", "members", on_delete="SET NULL"),
        Index("activities_member", "company_id", "member_id", "occurred_at", "id"),
        *unlinked("activities"),
        {"postgresql_partition_by": "RANGE (occurred_at)"},
    )


class MemberDay(SQLModel, table=True):
    """How often a member did something on one local day."""

    __tablename__ = "member_days"
    company_id: int = company_key()
    member_id: int = big(primary_key=True)
    kind: DayKind = enum(DayKind, primary_key=True)
    day: date = Field(primary_key=True)
    n: int = count()
    first_at: datetime | None = when(None)
    last_at: datetime | None = when(None)
    """The first and the last instant of a visit, so that its day can be told in another zone; else None."""

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "member_id", "kind", "day"),
        one_of("kind", DayKind),
        within_company("member_id", "members"),
        Index("member_days_window", "company_id", "kind", "day", "member_id", postgresql_include=["n"]),
    )


class MemberScore(SQLModel, table=True):
    """A member's engagement score as it stood at the end of a local day; a row only where it changed."""

    __tablename__ = "member_scores"
    company_id: int = company_key()
    member_id: int = big(primary_key=True)
    day: date = Field(primary_key=True)
    score: int | None = None

    __table_args__ = (PrimaryKeyConstraint("company_id", "member_id", "day"), within_company("member_id", "members"))


class CourseProgress(SQLModel, table=True):
    """A member's standing in one course; `completion` is percent, 0 to 100."""

    __tablename__ = "course_progress"
    company_id: int = company_key()
    id: int = row_id()
    whop_course_id: str
    whop_user_id: str
    version: datetime = when()
    member_id: int | None = big(None, nullable=True)
    course_title: str = Field(default="", sa_column_kwargs={"server_default": ""})
    completion: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    completed_lessons: int = count()
    total_lessons: int = count()
    last_interaction_at: datetime | None = when(None)

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        UniqueConstraint("company_id", "whop_course_id", "whop_user_id", name="course_progress_person"),
        within_company("member_id", "members"),
        Index("course_progress_member", "company_id", "member_id"),
        *unlinked("course_progress", "whop_user_id"),
    )
