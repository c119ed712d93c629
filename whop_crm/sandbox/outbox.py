"""From what happened to what is sent: one message per event and endpoint, and a log of every attempt to deliver it.

Messages are kept until they arrived or were given up, so that a restart loses none; attempts are kept for 30 days,
with the exact bytes that were sent, so that they can be replayed.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from whop_crm.sandbox.clock import iso
from whop_crm.sandbox.hooks import Hook, Hooks
from whop_crm.sandbox.keys import random_text
from whop_crm.sandbox.masks import covered, may_tell
from whop_crm.sandbox.signing import SignedDelivery, signed_headers
from whop_crm.sandbox.store import Event, Store

KEPT = timedelta(days=30)
_CURSOR = "webhooks_sent_up_to"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS hook_messages (number INTEGER PRIMARY KEY AUTOINCREMENT, hook_id TEXT NOT NULL,"
    " webhook_id TEXT NOT NULL, type TEXT NOT NULL, account_id TEXT NOT NULL, body TEXT NOT NULL,"
    " tries INTEGER NOT NULL DEFAULT 0, next_try_at REAL NOT NULL, replayed_from TEXT)",
    "CREATE INDEX IF NOT EXISTS hook_messages_due ON hook_messages (next_try_at)",
    "CREATE TABLE IF NOT EXISTS hook_attempts (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,"
    " hook_id TEXT NOT NULL, webhook_id TEXT NOT NULL, type TEXT NOT NULL, account_id TEXT NOT NULL,"
    " body TEXT NOT NULL, success INTEGER NOT NULL, response_code INTEGER NOT NULL, response_body TEXT NOT NULL,"
    " sent_at TEXT NOT NULL, total_time REAL NOT NULL, replayed_from TEXT)",
    "CREATE INDEX IF NOT EXISTS hook_attempts_hook ON hook_attempts (hook_id, number)",
    "CREATE INDEX IF NOT EXISTS hook_attempts_sent ON hook_attempts (sent_at)",
)


@dataclass(frozen=True)
class Message:
    """One event on its way to one endpoint. `tries` counts the attempts made; `next_try_at` is in unix seconds."""

    number: int
    hook_id: str
    webhook_id: str
    type: str
    account_id: str
    body: str
    tries: int
    next_try_at: float
    replayed_from: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """What a fault may call it."""
        return ("deliveries", self.type.partition(".")[0], self.type)

    def sign(self, hook: Hook, at: datetime) -> SignedDelivery:
        raw = self.body.encode()
        headers = signed_headers(hook.secret, self.webhook_id, raw, at)
        return SignedDelivery(hook.id, self.webhook_id, self.type, hook.url, headers, raw)


@dataclass(frozen=True)
class Attempt:
    """What came of one attempt. `response_code` is 0 where the endpoint was not reached; `total_time` in seconds."""

    response_code: int
    response_body: str
    sent_at: datetime
    total_time: float

    @property
    def success(self) -> bool:
        return 200 <= self.response_code < 300


class Outbox:
    """Messages and attempts of every endpoint, in the sandbox's store."""

    def __init__(self, store: Store, hooks: Hooks) -> None:
        self.store = store
        self.hooks = hooks
        with store.transaction() as db:
            for statement in _TABLES:
                db.execute(statement)

    def fan_out(self, now: datetime) -> int:
        """Turns new events into messages for the endpoints that want them. Returns how many messages were made."""
        if self.store.last_event_id() <= self.store.get_meta(_CURSOR, 0):
            return 0
        made = 0
        with self.store.transaction() as db:
            hooks, installed = self.hooks.list(), self.store.installed_accounts
            granted = self.store.app_permissions
            while events := self.store.events_after(self.store.get_meta(_CURSOR, 0)):
                pairs = [
                    (event, hook)
                    for event in events
                    for hook in hooks
                    if hook.wants(event, installed, granted) and may_tell(event, _granted_to(hook, granted))
                ]
                for event, hook in pairs:
                    self._insert(db, hook, covered(event, _granted_to(hook, granted)), now)
                made += len(pairs)
                self.store.set_meta(_CURSOR, events[-1].id)
        return made

    def _insert(self, db: sqlite3.Connection, hook: Hook, event: Event, now: datetime) -> None:
        webhook_id = new_webhook_id()
        text = envelope(event, webhook_id, hook.api_version_date)
        body = self.store.with_origin(text)
        db.execute(
            "INSERT INTO hook_messages (hook_id, webhook_id, type, account_id, body, next_try_at) VALUES (?,?,?,?,?,?)",
            (hook.id, webhook_id, event.type, event.account_id, body, now.timestamp()),
        )

    def skip_to_now(self) -> None:
        """Forgets events that no endpoint was there for."""
        self.store.set_meta(_CURSOR, self.store.last_event_id())

    def due(self, now: datetime, limit: int, busy: Collection[int] = ()) -> list[Message]:
        """Messages whose time has come and that are not `busy` (their numbers)."""
        found = self.store.query(
            "SELECT * FROM hook_messages WHERE next_try_at <= ? ORDER BY next_try_at LIMIT ?",
            (now.timestamp(), limit + len(busy)),
        )
        return [m for m in (Message(**dict(row)) for row in found) if m.number not in busy][:limit]

    def waiting(self) -> list[Message]:
        """Every message that has not arrived yet, oldest first."""
        rows = self.store.query("SELECT * FROM hook_messages ORDER BY number")
        return [Message(**dict(row)) for row in rows]

    def count_waiting(self) -> int:
        row = self.store.query_one("SELECT count(*) AS n FROM hook_messages")
        return int(row["n"]) if row else 0

    def drop(self, messages: Iterable[Message]) -> None:
        with self.store.transaction() as db:
            db.executemany("DELETE FROM hook_messages WHERE number = ?", [(m.number,) for m in messages])

    def copy(self, message: Message) -> int:
        """Has the same message sent once more, under the same id. Returns the copy's number."""
        names = "hook_id, webhook_id, type, account_id, body, tries, next_try_at, replayed_from"
        with self.store.transaction() as db:
            statement = f"INSERT INTO hook_messages ({names}) SELECT {names} FROM hook_messages WHERE number = ?"  # noqa: S608 - names are ours
            return int(db.execute(statement, (message.number,)).lastrowid or 0)

    def postpone(self, message: Message, now: datetime, seconds: float) -> None:
        with self.store.transaction() as db:
            until = now.timestamp() + seconds
            db.execute("UPDATE hook_messages SET next_try_at = ? WHERE number = ?", (until, message.number))

    def record(self, message: Message, attempt: Attempt, schedule: tuple[float, ...]) -> None:
        """Logs an attempt; the message is done, waits for its next try, or is given up. A replay is tried once."""
        retries = () if message.replayed_from else schedule
        last = attempt.success or message.tries >= len(retries)
        with self.store.transaction() as db:
            self.log(message, attempt)
            if last:
                db.execute("DELETE FROM hook_messages WHERE number = ?", (message.number,))
            else:
                again = attempt.sent_at.timestamp() + attempt.total_time + retries[message.tries]
                db.execute(
                    "UPDATE hook_messages SET tries = tries + 1, next_try_at = ? WHERE number = ?",
                    (again, message.number),
                )
            self.hooks.note_result(
                message.hook_id,
                success=attempt.success,
                first=message.tries == 0,
                last=last,
                now=attempt.sent_at,
            )

    def log(self, message: Message, attempt: Attempt) -> str:
        """Keeps an attempt as a delivery of the API. Returns its `whdel_…` id."""
        delivery_id = "whdel_" + random_text(14)
        row = (
            delivery_id, message.hook_id, message.webhook_id, message.type, message.account_id, message.body,
            int(attempt.success), attempt.response_code, attempt.response_body, iso(attempt.sent_at),
            round(attempt.total_time, 4), message.replayed_from,
        )  # fmt: skip
        with self.store.transaction() as db:
            db.execute(
                "INSERT INTO hook_attempts (id, hook_id, webhook_id, type, account_id, body, success, response_code,"
                " response_body, sent_at, total_time, replayed_from) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                row,
            )
        return delivery_id

    def queue_replay(self, attempt: dict[str, Any], now: datetime, *, regenerate: bool) -> None:
        """Sends what an attempt sent once more, soon."""
        message = replay_of(attempt, regenerate=regenerate)
        with self.store.transaction() as db:
            db.execute(
                "INSERT INTO hook_messages (hook_id, webhook_id, type, account_id, body, next_try_at, replayed_from)"
                " VALUES (?,?,?,?,?,?,?)",
                (
                    message.hook_id,
                    message.webhook_id,
                    message.type,
                    message.account_id,
                    message.body,
                    now.timestamp(),
                    attempt["id"],
                ),
            )

    def prune(self, now: datetime) -> None:
        """Forgets attempts, and events already fanned out, that are older than 30 days."""
        oldest = iso(now - KEPT)
        with self.store.transaction() as db:
            db.execute("DELETE FROM hook_attempts WHERE sent_at < ?", (oldest,))
            db.execute(
                "DELETE FROM events WHERE id <= ? AND occurred_at < ?", (self.store.get_meta(_CURSOR, 0), oldest)
            )


def pending_deliveries(store: Store, at: datetime) -> list[SignedDelivery]:
    """Everything not delivered yet, signed as of `at`, in the order of events; nothing is marked or sent.

    For tests that deliver by hand, in any order and as often as they like. Needs a hook (`Hooks.ensure`).
    """
    return _pending(store, at)[1]


def take_deliveries(store: Store, at: datetime) -> list[SignedDelivery]:
    """Like `pending_deliveries`, and takes them off the outbox."""
    outbox, deliveries = _pending(store, at)
    outbox.drop(outbox.waiting())
    return deliveries


def _pending(store: Store, at: datetime) -> tuple[Outbox, list[SignedDelivery]]:
    outbox = Outbox(store, Hooks(store))
    outbox.fan_out(at)
    hooks = {hook.id: hook for hook in outbox.hooks.list()}
    return outbox, [m.sign(hooks[m.hook_id], at) for m in outbox.waiting() if m.hook_id in hooks]


def _granted_to(hook: Hook, granted: frozenset[str]) -> frozenset[str] | None:
    """What bounds an endpoint: an app's has what the app was granted, a company's own (None) sees everything."""
    return granted if hook.resource_id.startswith("app_") else None


def envelope(event: Event, webhook_id: str, api_version_date: str | None) -> str:
    """The body of a webhook. An unpinned endpoint gets `company_id` in place of `account_id`, as at Whop."""
    head: dict[str, Any] = {
        "id": webhook_id,
        "api_version": "v1",
        "api_version_date": api_version_date,
        "timestamp": event.occurred_at,
        "type": event.type,
        "account_id" if api_version_date else "company_id": event.account_id,
    }
    opening = json.dumps(head, ensure_ascii=False, separators=(",", ":"))[:-1]
    previous = f',"previous_attributes":{event.previous}' if event.previous else ""
    return f'{opening},"data":{event.object}{previous}}}'


def replay_of(attempt: dict[str, Any], *, regenerate: bool) -> Message:
    """The message that sends an attempt's exact body again, under its own id or a fresh one."""
    webhook_id, body = attempt["webhook_id"], attempt["body"]
    if regenerate:
        fresh = new_webhook_id()
        body = body.replace(f'"id":"{webhook_id}"', f'"id":"{fresh}"', 1)
        webhook_id = fresh
    return Message(
        number=0,
        hook_id=attempt["hook_id"],
        webhook_id=webhook_id,
        type=attempt["type"],
        account_id=attempt["account_id"],
        body=body,
        tries=0,
        next_try_at=0.0,
        replayed_from=attempt["id"],
    )


def new_webhook_id() -> str:
    return "msg_" + random_text(24)
