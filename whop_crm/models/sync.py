"""The inbox of webhooks, and the runs that read Whop page by page."""

# SQLModel types __tablename__ as a declared_attr; a plain string is its documented use.
# pyright: reportAssignmentType=false

from datetime import datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from whop_crm.models.columns import (
    big,
    company_key,
    count,
    enum,
    flag,
    one_of,
    recorded,
    row_id,
    when,
    within_company,
)
from whop_crm.models.enums import EventStatus, Origin, RunKind, RunStatus, SyncResource


class WebhookEvent(SQLModel, table=True):
    """A delivery as it was received, stored once by `webhook_id`, the only unique that is not a company's own."""

    __tablename__ = "webhook_events"
    company_id: int = company_key()
    id: int = row_id()
    webhook_id: str
    event_type: str
    occurred_at: datetime = when()
    received_at: datetime = recorded()
    payload: dict[str, Any] = Field(sa_type=JSONB)
    origin: Origin = enum(Origin, Origin.LIVE, sa_column_kwargs={"server_default": Origin.LIVE.value})
    """CATCH_UP where it never came to the door and was read from Whop's own log."""
    object_id: str | None = None
    whop_member_id: str | None = None
    whop_user_id: str | None = None
    status: EventStatus = enum(EventStatus, EventStatus.PENDING)
    attempts: int = count()
    next_attempt_at: datetime = recorded()
    processed_at: datetime | None = when(None)
    reason: str | None = None

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        UniqueConstraint("webhook_id", name="webhook_events_webhook_id"),
        one_of("status", EventStatus),
        one_of("origin", Origin),
        Index("webhook_events_pending", "company_id", "id", postgresql_where=text("status = 'pending'")),
        Index("webhook_events_received", "company_id", "received_at"),
    )


class OpenQuestion(SQLModel, table=True):
    """What only Whop can say and has not said yet: who a payment's member is, what a refund made of a payment."""

    __tablename__ = "open_questions"
    company_id: int = company_key()
    resource: SyncResource = enum(SyncResource, primary_key=True)
    whop_id: str = Field(primary_key=True)
    origin: Origin = enum(Origin)
    """How the answer is told: as what raised the question."""
    wanted_at: datetime = recorded()
    """An answer counts when Whop was asked after this."""
    next_attempt_at: datetime = recorded()

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "resource", "whop_id"),
        one_of("resource", SyncResource),
        one_of("origin", Origin),
    )


class SyncRun(SQLModel, table=True):
    __tablename__ = "sync_runs"
    company_id: int = company_key()
    id: int = row_id()
    kind: RunKind = enum(RunKind)
    status: RunStatus = enum(RunStatus, RunStatus.RUNNING)
    started_at: datetime = recorded()
    finished_at: datetime | None = when(None)
    heartbeat_at: datetime = recorded()
    worker: str | None = None
    """Who works on it (host:process:token); None: nobody yet, or not at present."""
    reason: str | None = None
    """Why it waits or failed, in words."""
    failures: int = count()
    """How often in a row it went wrong here, without a page written in between."""
    since: datetime | None = when(None)
    """A catch-up reads what changed after this."""
    gap: str | None = None
    """Why a catch-up was needed, in words."""
    deliveries: int | None = None
    """Deliveries read back from Whop's log; None: not asked, or not allowed to."""
    found: int = count()
    """Rows that differed from Whop."""
    summary: str | None = None
    """What it came to, in words."""

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        one_of("kind", RunKind),
        one_of("status", RunStatus),
        Index("sync_runs_started", "company_id", "started_at"),
        Index("sync_runs_one", "company_id", unique=True, postgresql_where=text("status = 'running'")),
    )


class SyncStep(SQLModel, table=True):
    """How far one resource of a run has come; `cursor` is Whop's own, saved with the rows of its page."""

    __tablename__ = "sync_steps"
    company_id: int = company_key()
    id: int = row_id()
    run_id: int = big()
    resource: SyncResource = enum(SyncResource)
    parent: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The experience, channel or course a nested list belongs to; empty otherwise."""
    cursor: str | None = None
    rows: int = count()
    skipped: str | None = None
    """Why nothing could be read, in words; empty otherwise."""
    done: bool = flag()

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        UniqueConstraint("company_id", "run_id", "resource", "parent", name="sync_steps_resource"),
        one_of("resource", SyncResource),
        within_company("run_id", "sync_runs"),
    )


class SyncSeen(SQLModel, table=True):
    """What an unfinished reconciliation has met so far: what is stored and not in here is no longer listed."""

    __tablename__ = "sync_seen"
    company_id: int = company_key()
    run_id: int = big(primary_key=True)
    resource: SyncResource = enum(SyncResource, primary_key=True)
    whop_id: str = Field(primary_key=True)

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "run_id", "resource", "whop_id"),
        one_of("resource", SyncResource),
        within_company("run_id", "sync_runs"),
    )


class SyncDifference(SQLModel, table=True):
    """Something that a reconciliation found other than Whop has it."""

    __tablename__ = "sync_differences"
    company_id: int = company_key()
    id: int = row_id()
    run_id: int = big()
    resource: SyncResource = enum(SyncResource)
    whop_id: str
    words: str
    seen_at: datetime = recorded()
    repaired: bool = flag()

    __table_args__ = (
        PrimaryKeyConstraint("company_id", "id"),
        UniqueConstraint("company_id", "run_id", "resource", "whop_id", name="sync_differences_once"),
        one_of("resource", SyncResource),
        within_company("run_id", "sync_runs"),
    )


class Heartbeat(SQLModel, table=True):
    """When the clock last ticked, in whichever process: what lies between two of its beats nobody listened to."""

    __tablename__ = "heartbeats"
    name: str = Field(primary_key=True)
    at: datetime = when()
