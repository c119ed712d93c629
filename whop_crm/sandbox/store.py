"""The sandbox's memory: one SQLite file that survives a restart, and an outbox of what happened live.

Reading and writing are plain calls of well under a millisecond, safe to make from an asyncio loop and from threads.
Writing goes through `Store.change`: one SQLite transaction, committed on exit, in which documents change and the
webhook events they cause are appended together.
"""

import json
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from whop_crm.sandbox.change import Change
from whop_crm.sandbox.clock import iso, parse_iso
from whop_crm.sandbox.kinds import KINDS, Doc, index_ddl, table_ddl
from whop_crm.sandbox.shapes.people import ORIGIN

FILE_NAME = "world.sqlite3"


@dataclass(frozen=True)
class Caller:
    """Who is behind a bearer token.

    `kind` is "app" (an app API key: every account that installed the app), "account" (an account API key) or "user"
    (an OAuth access token). `account_ids` are the accounts it may read; `scopes` the permission actions it holds, or
    None for whatever the app has been granted in this world (`Store.app_permissions`). `credential` tells callers
    apart for the rate limit. A user caller may read an account only if the user is on its team.
    """

    kind: str
    credential: str
    account_ids: frozenset[str]
    user_id: str | None = None
    scopes: frozenset[str] | None = None


@dataclass(frozen=True)
class Event:
    """One row of the outbox. `object` is the wire JSON of the envelope's `data`, `previous` of `previous_attributes`,
    both with the stand-in for the sandbox's address still in them (`Store.with_origin`).

    `occurred_at` belongs into the envelope's `timestamp`: it is strictly increasing per object, and for objects with
    an `updated_at` it equals it.
    """

    id: int
    type: str
    account_id: str
    object_id: str
    object: str
    previous: str | None
    occurred_at: str


class Store:
    """The world on disk. Open with `Store.open(directory)`, empty at first; `history.create_world` fills it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self.connection.row_factory = sqlite3.Row
        self.withheld: Callable[[], frozenset[str]] = frozenset
        for pragma in (
            "page_size=16384",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "busy_timeout=10000",
            "cache_size=-65536",
        ):
            self.connection.execute(f"PRAGMA {pragma}")
        self._create_tables()

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open or create `directory/world.sqlite3`."""
        directory.mkdir(parents=True, exist_ok=True)
        return cls(directory / FILE_NAME)

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    def _create_tables(self) -> None:
        with self.transaction() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL,"
                " account_id TEXT NOT NULL, object_id TEXT NOT NULL, object TEXT NOT NULL, previous TEXT,"
                " occurred_at TEXT NOT NULL)"
            )
            for name in KINDS:
                connection.execute(table_ddl(name))
            self.create_indexes()

    def create_indexes(self) -> None:
        with self.transaction() as connection:
            for _name, statement in index_ddl():
                connection.execute(statement)

    def drop_indexes(self) -> None:
        """Before writing very many rows; `create_indexes` brings them back."""
        with self.transaction() as connection:
            for name, _statement in index_ddl():
                connection.execute(f'DROP INDEX IF EXISTS "{name}"')

    # -- transactions -------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction under the lock; for tables of one's own (OAuth codes, hooks, deliveries). Re-entrant."""
        with self.lock:
            if self.connection.in_transaction:
                yield self.connection
                return
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    @contextmanager
    def change(
        self, at: datetime | None = None, *, emit: bool = True, rng: random.Random | None = None
    ) -> Iterator[Change]:
        """Change the world at the moment `at` (now by default): transitions take the yielded `Change`.

        With `emit` the webhook events of the transitions are appended to the outbox in the same transaction.
        """
        with self.transaction():
            change = Change(self, at or datetime.now(UTC), emit=emit, rng=rng or random.Random())
            yield change
            change.flush()

    # -- settings of the world ----------------------------------------------------------------------------------------

    def get_meta(self, key: str, default: Any = None) -> Any:
        """A JSON value stored under `key`."""
        row = self.query_one("SELECT value FROM meta WHERE key = ?", (key,))
        return default if row is None else json.loads(row["value"])

    def set_meta(self, key: str, value: Any) -> None:
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    @property
    def is_empty(self) -> bool:
        """True until `history.create_world` has finished."""
        return self.get_meta("anchor") is None

    @property
    def anchor(self) -> datetime:
        """The 'now' at which this world was created."""
        return parse_iso(self.get_meta("anchor"))

    @property
    def app_permissions(self) -> frozenset[str]:
        """The permission actions the app has been granted by every account that installed it.

        What `withheld` names is not among them while it does.
        """
        return frozenset(self.get_meta("app_permissions", [])) - self.withheld()

    def set_app_permissions(self, actions: Sequence[str] | frozenset[str]) -> None:
        self.set_meta("app_permissions", sorted(actions))

    @property
    def installed_accounts(self) -> tuple[str, ...]:
        """The ids of the accounts that installed the app, the main company first."""
        return tuple(self.get_meta("installed_accounts", []))

    # -- reading ------------------------------------------------------------------------------------------------------

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self.lock:
            return self.connection.execute(sql, parameters).fetchall()

    def query_one(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row | None:
        with self.lock:
            return self.connection.execute(sql, parameters).fetchone()

    def get(self, kind: str, object_id: str) -> Doc:
        """A document with the sandbox's own `_` keys. Raises KeyError."""
        found = self.find(kind, object_id)
        if found is None:
            raise KeyError(f"no {kind} {object_id}")
        return found

    def find(self, kind: str, object_id: str) -> Doc | None:
        row = self.query_one(f'SELECT doc, private FROM "{kind}" WHERE id = ?', (object_id,))  # noqa: S608 - kinds are ours
        return None if row is None else _load(row)

    def ids(self, kind: str, limit: int | None = None, newest: bool = False, **columns: Any) -> list[str]:
        """Ids of the objects whose columns equal the given values (None: is null; a list: any of)."""
        where, values = _where(columns)
        order = " ORDER BY created_at DESC, id DESC" if newest else ""
        tail = f" LIMIT {int(limit)}" if limit is not None else ""
        rows = self.query(f'SELECT id FROM "{kind}"{where}{order}{tail}', values)  # noqa: S608 - kinds are ours
        return [row["id"] for row in rows]

    def select(self, kind: str, limit: int | None = None, newest: bool = False, **columns: Any) -> list[Doc]:
        """Like `ids`, but the documents."""
        where, values = _where(columns)
        order = " ORDER BY created_at DESC, id DESC" if newest else ""
        tail = f" LIMIT {int(limit)}" if limit is not None else ""
        rows = self.query(f'SELECT doc, private FROM "{kind}"{where}{order}{tail}', values)  # noqa: S608 - kinds are ours
        return [_load(row) for row in rows]

    def count(self, kind: str, **columns: Any) -> int:
        where, values = _where(columns)
        row = self.query_one(f'SELECT count(*) AS n FROM "{kind}"{where}', values)  # noqa: S608 - kinds are ours
        return int(row["n"]) if row else 0

    def pick(self, kind: str, rng: random.Random, **columns: Any) -> str | None:
        """The id of one object of those that match, chosen evenly, or None."""
        found = self.ids(kind, **columns)
        return rng.choice(found) if found else None

    def with_origin(self, text: str) -> str:
        """Stored text as it is served: with this sandbox's own address, the setting `origin`, in it."""
        return text.replace(ORIGIN, self.get_meta("origin", "http://127.0.0.1:4000"))

    # -- the outbox ---------------------------------------------------------------------------------------------------

    def events_after(self, event_id: int = 0, limit: int = 500) -> list[Event]:
        """Outbox rows with a greater id, oldest first."""
        rows = self.query("SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?", (event_id, limit))
        return [Event(**dict(row)) for row in rows]

    def last_event_id(self) -> int:
        row = self.query_one("SELECT coalesce(max(id), 0) AS n FROM events")
        return int(row["n"]) if row else 0


def _load(row: sqlite3.Row) -> Doc:
    doc = json.loads(row["doc"])
    if row["private"]:
        doc.update(json.loads(row["private"]))
    return doc


def _where(columns: dict[str, Any]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for name, value in columns.items():
        if value is None:
            parts.append(f'"{name}" IS NULL')
        elif isinstance(value, list | tuple | set | frozenset):
            parts.append(f'"{name}" IN ({", ".join("?" * len(value))})')
            values.extend(value)
        else:
            parts.append(f'"{name}" = ?')
            values.append(value)
    return (" WHERE " + " AND ".join(parts) if parts else ""), values


__all__ = ["Caller", "Change", "Doc", "Event", "Store", "iso", "parse_iso"]
