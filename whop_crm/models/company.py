"""The global tables, read through a platform session alone, and the team of a company."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime

from sqlalchemy import Index, LargeBinary, PrimaryKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from whop_crm.access import PauseRule, Role
from whop_crm.models.columns import big, company_key, count, enum, flag, one_of, recorded, row_id, when
from whop_crm.models.enums import RecountStage, WebhookState


class Company(SQLModel, table=True):
    """A Whop account (`biz_…`) that somebody has opened here."""

    __tablename__ = "companies"
    id: int = row_id()
    whop_id: str = Field(unique=True)
    title: str
    route: str | None = None
    logo_url: str | None = None
    timezone: str = Field(default="UTC", sa_column_kwargs={"server_default": "UTC"})
    week_start: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    currency: str = Field(default="usd", sa_column_kwargs={"server_default": "usd"})
    zone_chosen: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    pause_rule: PauseRule = enum(PauseRule, PauseRule.APART, sa_column_kwargs={"server_default": PauseRule.APART})
    posts_weight: int = Field(default=3, sa_column_kwargs={"server_default": "3"})
    comments_weight: int = Field(default=2, sa_column_kwargs={"server_default": "2"})
    courses_weight: int = Field(default=2, sa_column_kwargs={"server_default": "2"})
    recency_weight: int = Field(default=2, sa_column_kwargs={"server_default": "2"})
    connected_at: datetime = recorded()
    missing_scopes: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Permission actions that Whop has not granted, separated by spaces."""
    scopes_checked_at: datetime | None = when(None)

    __table_args__ = (one_of("pause_rule", PauseRule),)


class Session(SQLModel, table=True):
    """A sign-in. The cookie holds a random id, this table only its SHA-256; Whop's tokens are encrypted."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_user", "user_id"),)
    id: int = row_id()
    id_hash: str = Field(unique=True)
    user_id: str
    user_name: str
    username: str | None = None
    user_photo: str | None = None
    tokens: bytes | None = Field(default=None, sa_type=LargeBinary)
    user_agent: str | None = None
    created_at: datetime = recorded()
    last_seen_at: datetime = recorded()
    """When its owner last did something."""
    open_at: datetime | None = when(None)
    """When a tab of it was last open, whether anybody did anything there or not."""
    expires_at: datetime = when()
    ended_at: datetime | None = when(None)
    framed: bool = flag()
    """It began inside Whop, by the word of Whop's user token."""


class CompanyAccess(SQLModel, table=True):
    """What Whop last said of one person at one company; `role` None: may not enter."""

    __tablename__ = "company_access"
    user_id: str = Field(primary_key=True)
    company_id: int = big(primary_key=True, foreign_key="companies.id", ondelete="CASCADE")
    access_level: str
    team_role: str | None = None
    role: Role | None = enum(Role, None, nullable=True)
    checked_at: datetime = recorded()

    __table_args__ = (one_of("role", Role),)


class Inbox(SQLModel, table=True):
    """One row a company: when its stored webhooks want a worker, and when its sync does. Claimed with SKIP LOCKED."""

    __tablename__ = "inboxes"
    __table_args__ = (
        Index("inboxes_due", "due_at"),
        Index("inboxes_sync_due", "sync_due_at"),
        Index("inboxes_recount_due", "recount_due_at"),
        Index("inboxes_questions_due", "questions_due_at"),
        Index("inboxes_bulk_due", "bulk_due_at"),
    )
    company_id: int = company_key()
    due_at: datetime | None = when(None)
    sync_due_at: datetime | None = when(None)
    """When a run wants a worker: at once where it was just asked for, a minute ahead while one works on it."""
    recount_due_at: datetime | None = when(None)
    """Likewise for what a changed setting has to be worked out anew."""
    questions_due_at: datetime | None = when(None)
    """When the company's next open question is due at Whop."""
    bulk_due_at: datetime | None = when(None)
    """Likewise for a bulk action."""
    gap_since: datetime | None = when(None)
    """From when on webhooks may have been missed; None: nothing to catch up with."""
    gap_reason: str | None = None
    caught_up_to: datetime | None = when(None)
    """Up to when everything is known to be here."""
    reconcile_wanted: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    reconcile_at: datetime | None = when(None)
    """When the next nightly reconciliation is due."""
    polled_to: datetime | None = when(None)
    """Up to when what has no event was read."""
    poll_problem: str | None = None
    hook_problem: str | None = None
    """What is wrong with the webhook at Whop, in words."""
    hook_checked_at: datetime | None = when(None)


class Recount(SQLModel, table=True):
    """How far the numbers of a company have been worked out anew after a setting changed; the last one only."""

    __tablename__ = "recounts"
    __table_args__ = (one_of("stage", RecountStage),)
    company_id: int = company_key()
    stage: RecountStage = enum(RecountStage)
    cursor: int = big(0, sa_column_kwargs={"server_default": "0"})
    """The last id of this stage that is done."""
    done: int = count()
    total: int = count()
    asked_at: datetime = recorded()
    finished_at: datetime | None = when(None)


class Experience(SQLModel, table=True):
    """Which company (`biz_…`) an experience (`exp_…`) belongs to. It never moves to another."""

    __tablename__ = "experiences"
    whop_id: str = Field(primary_key=True)
    whop_company_id: str
    found_at: datetime = recorded()


class WebhookEndpoint(SQLModel, table=True):
    """A webhook that we made at Whop, and the sealed secret that Whop tells only once."""

    __tablename__ = "webhook_endpoints"
    whop_id: str = Field(primary_key=True)
    url: str
    secret: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = recorded()


class WebhookCheck(SQLModel, table=True):
    """What Whop last said of the webhook that leads to this address (`url`)."""

    __tablename__ = "webhook_checks"
    url: str = Field(primary_key=True)
    whop_id: str | None = None
    state: WebhookState = enum(WebhookState)
    missing_events: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Separated by spaces."""
    failing_since: datetime | None = when(None)
    checked_at: datetime = recorded()

    __table_args__ = (one_of("state", WebhookState),)


class TeamMember(SQLModel, table=True):
    """A teammate as Whop's team list has it."""

    __tablename__ = "team_members"
    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        UniqueConstraint("company_id", "whop_id", name="team_members_whop_id"),
    )
    company_id: int = company_key()
    id: int = row_id()
    whop_id: str
    whop_user_id: str | None = None
    name: str
    username: str | None = None
    photo_url: str | None = None
    role: str
    status: str
    version: datetime = when()
