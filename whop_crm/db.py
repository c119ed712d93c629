"""The one way to the database: a company session sees one company, a platform session the few global tables.

What a company session writes is announced in the same transaction: PostgreSQL delivers the notice on commit and never
on rollback. The topics come from the tables written, so that no action can forget; an action may add ids.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import cast

import psycopg
from psycopg import sql
from sqlalchemy import Table, UpdateBase, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from whop_crm.access import Scope
from whop_crm.config import settings
from whop_crm.errors import NotConfigured

CHANNEL = "whop_crm"
INBOX_CHANNEL = "whop_crm_inbox"
MOST_IDS = 20
LEADER_LOCK = 7_315_100
"""The advisory lock of the process that runs the clock."""

_SERVER_KEEPALIVE = "SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2"
"""The server learns within seconds that this machine is gone, and gives its lock to another process."""


class Topic(StrEnum):
    """What an open page can watch; each is the name of the table whose change it tells."""

    COMPANIES = "companies"
    TEAM = "team_members"
    MEMBERS = "members"
    MEMBERSHIPS = "memberships"
    PAYMENTS = "payments"
    REFUNDS = "refunds"
    DISPUTES = "disputes"
    INVOICES = "invoices"
    PRODUCTS = "products"
    PLANS = "plans"
    ACTIVITIES = "activities"
    COURSES = "course_progress"
    TAGS = "tags"
    MEMBER_TAGS = "member_tags"
    NOTES = "notes"
    SEGMENTS = "segments"
    SEGMENT_MOVES = "segment_moves"
    SEGMENT_DAYS = "segment_days"
    LISTS = "lists"
    LIST_MEMBERS = "list_members"
    CUSTOM_FIELDS = "custom_fields"
    CUSTOM_VALUES = "custom_values"
    IMPORTS = "imports"
    BULK_ACTIONS = "bulk_actions"
    CHANGES = "team_changes"
    VIEWS = "saved_views"
    LAYOUTS = "list_layouts"
    RECOUNTS = "recounts"
    SYNC_RUNS = "sync_runs"
    WEBHOOKS = "webhook_events"
    API_KEYS = "api_keys"
    SESSIONS = "sessions"
    """Told through a channel of their own, to the tabs of the person alone: a session belongs to no company."""


_TOPICS = {topic.value: topic for topic in Topic}


@dataclass
class Notice:
    """What changed in one transaction: topics, and the ids of the members concerned (None: many, or not told)."""

    company_id: int
    topics: frozenset[Topic]
    member_ids: frozenset[int] | None

    def encode(self) -> str:
        ids = None if self.member_ids is None else sorted(self.member_ids)
        return json.dumps({"c": self.company_id, "t": sorted(self.topics), "m": ids}, separators=(",", ":"))

    @classmethod
    def decode(cls, payload: str) -> "Notice":
        raw = json.loads(payload)
        ids = None if raw["m"] is None else frozenset(raw["m"])
        return cls(raw["c"], frozenset(_TOPICS[t] for t in raw["t"] if t in _TOPICS), ids)

    def concerns(self, member_id: int) -> bool:
        return self.member_ids is None or member_id in self.member_ids


@dataclass
class _Changes:
    topics: set[Topic] = field(default_factory=set[Topic])
    member_ids: set[int] | None = field(default_factory=set[int])

    def notice(self, company_id: int) -> Notice | None:
        if not self.topics:
            return None
        many = not self.member_ids or len(self.member_ids) > MOST_IDS
        return Notice(company_id, frozenset(self.topics), None if many else frozenset(self.member_ids or ()))


class CompanyDb(AsyncSession):
    """A transaction that sees one company. Made by `company_session` alone."""

    scope: Scope
    changes: _Changes

    def touch(self, member_ids: Iterable[int], *topics: Topic) -> None:
        """Tell which members a write concerned; `topics` only for what was written past the session."""
        self.changes.topics.update(topics)
        if self.changes.member_ids is not None:
            self.changes.member_ids.update(member_ids)

    def touch_many(self, *topics: Topic) -> None:
        """Tell that more members changed than is worth naming."""
        self.changes.topics.update(topics)
        self.changes.member_ids = None


class PlatformDb(AsyncSession):
    """A transaction on the global tables. Made by `platform_session` alone."""


def _note_table(session: Session, table_name: str) -> None:
    changes = cast("_Changes | None", session.info.get("changes"))
    if changes is not None and table_name in _TOPICS:
        changes.topics.add(_TOPICS[table_name])


@event.listens_for(Session, "do_orm_execute")
def _announce_statements(state: ORMExecuteState) -> None:
    if isinstance(state.statement, UpdateBase):
        _note_table(state.session, cast("Table", state.statement.table).name)


@event.listens_for(Session, "after_flush")
def _announce_objects(session: Session, _context: UOWTransaction) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        _note_table(session, row.__table__.name)


def sqlalchemy_url(url: str) -> str:
    """Any libpq URL in the form SQLAlchemy wants for psycopg 3."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise NotConfigured("DATABASE_URL must start with postgresql://.")


def libpq_url(url: str) -> str:
    return "postgresql://" + sqlalchemy_url(url).removeprefix("postgresql+psycopg://")


def database_url() -> str:
    url = settings().database_url
    if url is None:
        raise NotConfigured("DATABASE_URL is not set. `whop-crm run` starts a database of its own and sets it.")
    return url


@lru_cache
def engine() -> AsyncEngine:
    """This process's pool. Call `dispose()` when its event loop ends."""
    options = (
        "-c timezone=UTC -c statement_timeout=60000 -c lock_timeout=10000"
        " -c jit=off -c max_parallel_workers_per_gather=0"  # many short questions at once, not one long one
    )
    return create_async_engine(
        sqlalchemy_url(database_url()),
        pool_size=10,
        max_overflow=10,
        pool_recycle=1800,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": options, "application_name": "whop-crm"},
    )


async def dispose() -> None:
    if engine.cache_info().currsize:
        await engine().dispose()
        engine.cache_clear()


@asynccontextmanager
async def company_session(scope: Scope) -> AsyncGenerator[CompanyDb]:
    """One transaction bound to one company: committed and announced on exit, rolled back on any error."""
    async with CompanyDb(engine(), expire_on_commit=False) as db:
        db.scope = scope
        db.changes = db.sync_session.info["changes"] = _Changes()
        await db.execute(text("SELECT set_config('app.company_id', :id, true)"), {"id": str(scope.company_id)})
        yield db
        await db.flush()
        notice = db.changes.notice(scope.company_id)
        if notice is not None:
            await db.execute(text("SELECT pg_notify(:c, :p)"), {"c": CHANNEL, "p": notice.encode()})
        await db.commit()


@asynccontextmanager
async def platform_session() -> AsyncGenerator[PlatformDb]:
    """One transaction on the global tables, committed on exit, rolled back on any error."""
    async with PlatformDb(engine(), expire_on_commit=False) as db:
        yield db
        await db.commit()


def is_away(error: BaseException) -> bool:
    """Whether an error says that PostgreSQL cannot be reached, is starting or ending, or has hung up."""
    said = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(said, psycopg.OperationalError):
        return False
    return said.sqlstate is None or said.sqlstate.startswith(("08", "57P"))


async def _connect() -> psycopg.AsyncConnection:
    """A connection outside the pool. It only waits, and still learns within seconds that the network is gone."""
    return await psycopg.AsyncConnection.connect(
        libpq_url(database_url()), autocommit=True, keepalives_idle=3, keepalives_interval=2, keepalives_count=2
    )


async def listen(*channels: str) -> AsyncGenerator[tuple[str, str] | None]:
    """Yields (channel, payload) for ever, and None after each (re)connect: whatever came before it may be lost.

    Needs a direct connection to PostgreSQL, not a transaction pooler.
    """
    delay = 0.1
    while True:
        try:
            async with await _connect() as connection:
                for channel in channels:
                    await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                delay = 0.1
                yield None
                async for notify in connection.notifies():
                    yield notify.channel, notify.payload
        except psycopg.OperationalError:
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)


class Leader:
    """Proof of leadership, for as long as the connection that holds the lock lives."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    async def lost(self) -> None:
        """Returns when PostgreSQL has ended the connection, and with it the lock."""
        with suppress(psycopg.OperationalError):
            async for _ in self._connection.notifies():
                pass


@asynccontextmanager
async def leadership(key: int) -> AsyncGenerator[Leader | None]:
    """Holds a session-level advisory lock on a connection of its own; None where another process has it.

    Raises ConnectionError while PostgreSQL cannot be reached.
    """
    try:
        async with await _connect() as connection:
            await connection.execute(_SERVER_KEEPALIVE)
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (key,))
            row = await cursor.fetchone()
            yield Leader(connection) if row and row[0] else None
    except psycopg.OperationalError as error:
        raise ConnectionError(str(error)) from None
