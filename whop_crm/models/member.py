"""Members and what the team writes about them."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, text
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
from whop_crm.models.enums import AccessLevel, MemberStatus, Presence, TagColor


def _list_indexes() -> list[Index]:
    """What the list is sorted, filtered and searched by, each answered from the index alone.

    An optional column has one index a direction, because what is missing stands last in both. `members_list` carries
    what a filter or a search has to look at: LIKE cannot use an index under row-level security, but it can read one,
    which is a small part of the table.
    """
    carried = ["search_text", "sort_name", "email", "status", "canceling", "plan_name", "joined_at", "last_active_at",
               "net_revenue_minor", "mrr_minor", "payments", "failed_payments", "refunds", "disputes",
               "first_payment_at", "last_payment_at", "canceled_at", "trial_ends_at", "next_charge_at", "memberships",
               "posts", "comments", "chats", "lessons", "course_completion", "engagement_score",
               "engagement_change"]  # fmt: skip
    found = [Index("members_list", "company_id", "id", postgresql_include=carried, postgresql_where=text("counted"))]
    required = [("sort_name",), ("net_revenue_minor",), ("mrr_minor",), ("status", "canceling")]
    for names in required:
        found += [Index(f"members_by_{names[0]}", "company_id", *names, "id", postgresql_where=text("counted"))]
    for name in ("email", "joined_at", "last_active_at"):
        found += _both_ways(name, name)
    found += _both_ways("plan_name", "nullif(plan_name, '')", postgresql_include=["plan_name"])
    return found


def _both_ways(name: str, column: str, **options: Any) -> list[Index]:
    down = ("company_id", text(f"{column} DESC NULLS LAST"), text("id DESC"))
    up = ("company_id", text(column), "id")
    return [
        Index(f"members_by_{name}_down", *down, postgresql_where=text("counted"), **options),
        Index(f"members_by_{name}_up", *up, postgresql_where=text("counted"), **options),
    ]


class Member(SQLModel, table=True):
    """One person in one company (`mber_…`), with the summary that lists sort by.

    The facts come from Whop's member object; `version` decides which of two is newer. The summary is derived from
    memberships, payments and activities in the transaction that changes them. Money is in the company's currency.
    """

    __tablename__ = "members"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        UniqueConstraint("company_id", "whop_id", name="members_whop_id"),
        one_of("access_level", AccessLevel),
        one_of("presence", Presence),
        one_of("status", MemberStatus),
        Index("members_user", "company_id", "whop_user_id"),
        *_list_indexes(),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    version: datetime = when()
    recorded_at: datetime = recorded()

    whop_user_id: str | None = None
    name: str | None = None
    username: str | None = None
    email: str | None = None
    phone: str | None = None
    photo_url: str | None = None
    access_level: AccessLevel = enum(AccessLevel)
    presence: Presence = enum(Presence)
    joined_at: datetime | None = when(None)
    whop_created_at: datetime = when()
    last_active_at: datetime | None = when(None)
    most_recent_action: str | None = None
    most_recent_action_at: datetime | None = when(None)
    spent_usd_minor: int = money()

    search_text: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Name, username and email in lower case, a newline between: what search looks in."""
    sort_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What the list shows as the name, in lower case."""
    counted: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    """False for admins who bought nothing and the app's technical member: in no count and no list."""

    status: MemberStatus = enum(
        MemberStatus, MemberStatus.NONE, sa_column_kwargs={"server_default": MemberStatus.NONE.value}
    )
    canceling: bool = flag()
    plan_id: int | None = big(None, nullable=True)
    product_id: int | None = big(None, nullable=True)
    plan_name: str = Field(default="", sa_column_kwargs={"server_default": ""})
    memberships: int = count()
    mrr_minor: int = money()
    next_charge_at: datetime | None = when(None)
    trial_ends_at: datetime | None = when(None)
    canceled_at: datetime | None = when(None)

    net_revenue_minor: int = money()
    payments: int = count()
    failed_payments: int = count()
    refunds: int = count()
    disputes: int = count()
    first_payment_at: datetime | None = when(None)
    last_payment_at: datetime | None = when(None)

    posts: int = count()
    comments: int = count()
    chats: int = count()
    lessons: int = count()
    posts_30d: int = count()
    comments_30d: int = count()
    chats_30d: int = count()
    lessons_30d: int = count()
    course_completion: float | None = None
    """Percent, 0 to 100, over the courses begun."""
    engagement_score: int | None = None
    """0 to 100; None until the job has counted."""
    engagement_change: int | None = None
    """The score less what it was 30 local days ago; None where it was not known then or is not now."""


class Tag(SQLModel, table=True):
    __tablename__ = "tags"
    company_id: int = company_key()
    id: int = row_id()
    name: str
    color: TagColor = enum(TagColor)
    created_by: str | None = None
    created_at: datetime = recorded()

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("color", TagColor),
        Index("tags_name", "company_id", text("lower(name)"), unique=True),
    )


class MemberTag(SQLModel, table=True):
    __tablename__ = "member_tags"
    company_id: int = company_key()
    member_id: int = big(primary_key=True)
    tag_id: int = big(primary_key=True)
    tagged_by: str | None = None
    tagged_at: datetime = recorded()

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "member_id", "tag_id"),
        within_company("member_id", "members"),
        within_company("tag_id", "tags"),
        Index("member_tags_tag", "company_id", "tag_id", "member_id"),
    )


class Note(SQLModel, table=True):
    """Markdown as the author typed it; sanitised when it is shown."""

    __tablename__ = "notes"
    company_id: int = company_key()
    id: int = row_id()
    member_id: int = big()
    body: str
    author_id: str | None = None
    author_name: str
    created_at: datetime = recorded()
    edited_at: datetime | None = when(None)

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        within_company("member_id", "members"),
        Index("notes_member", "company_id", "member_id", "created_at"),
    )
