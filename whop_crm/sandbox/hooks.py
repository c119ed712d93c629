"""Webhook endpoints: who wants which events, where, and how that endpoint has been doing."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Any

from whop_crm.sandbox.clock import iso, parse_iso
from whop_crm.sandbox.keys import random_text
from whop_crm.sandbox.store import Event, Store

API_VERSION_DATE = "2026-10-15-1"
DISABLED_AFTER = timedelta(days=3)
FAMILY_PERMISSIONS = {
    "membership": "memberships",
    "member": "members",
    "payment": "payments",
    "refund": "refunds",
    "dispute": "disputes",
    "dispute_alert": "disputes",
    "invoice": "invoices",
    "course_lesson_interaction": "courses",
    "chat": "chat",
    "product": "products",
    "plan": "plans",
}
"""The family of an event, its first word, and the `webhook_receive:` permission an app needs for it."""

EVENT_TYPES = (
    "membership.activated", "membership.deactivated", "membership.updated", "membership.trial_ending_soon",
    "membership.cancel_at_period_end_changed", "member.created", "member.updated",
    "payment.created", "payment.succeeded", "payment.failed", "payment.pending", "payment.requires_action",
    "payment.authorized", "payment.canceled",
    "refund.created", "refund.updated", "dispute.created", "dispute.updated", "dispute_alert.created",
    "invoice.created", "invoice.paid", "invoice.past_due", "invoice.voided", "invoice.marked_uncollectible",
    "course_lesson_interaction.completed", "chat.message.created", "chat.reaction.created",
    "product.created", "product.updated", "product.deleted", "product.published", "product.unpublished",
    "plan.created", "plan.updated", "plan.deleted",
)  # fmt: skip
"""What may be subscribed to here. Whop has more families; the sandbox never sends those."""

TESTABLE = tuple(event for event in EVENT_TYPES if event not in ("dispute_alert.created", "chat.reaction.created"))
"""What the sandbox can make up a test delivery of."""

_TABLE = """CREATE TABLE IF NOT EXISTS hooks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, resource_id TEXT NOT NULL, url TEXT NOT NULL,
    events TEXT NOT NULL, enabled INTEGER NOT NULL, child_resource_events INTEGER NOT NULL, api_version_date TEXT,
    secret TEXT NOT NULL, created_at TEXT NOT NULL, consecutive_failures INTEGER NOT NULL DEFAULT 0,
    failing_since TEXT, last_failure_at TEXT, disabled_at TEXT)"""


@dataclass(frozen=True)
class Hook:
    """One endpoint. Times are in wire form; `secret` signs what is sent to it."""

    id: str
    resource_id: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    child_resource_events: bool
    api_version_date: str | None
    secret: str
    created_at: str
    consecutive_failures: int = 0
    failing_since: str | None = None
    last_failure_at: str | None = None
    disabled_at: str | None = None

    def wire(self, *, with_secret: bool = False, in_list: bool = False) -> dict[str, Any]:
        """The `Webhook` of the API, or its list item; the secret only in the answer to its creation."""
        body: dict[str, Any] = {
            "id": self.id,
            "url": self.url,
            "enabled": self.enabled,
            "events": list(self.events),
            "resource_id": self.resource_id,
            "child_resource_events": self.child_resource_events,
            "api_version": "v1",
            "api_version_date": self.api_version_date,
            "webhook_secret": self.secret if with_secret else None,
            "consecutive_failures": self.consecutive_failures,
            "failing_since": self.failing_since,
            "last_failure_at": self.last_failure_at,
            "disabled_at": self.disabled_at,
            "disabled_reason": "delivery_failures" if self.disabled_at else None,
            "created_at": self.created_at,
        }
        return body if in_list else {**body, "testable_events": list(TESTABLE)}

    def wants(self, event: Event, installed: Iterable[str], granted: frozenset[str]) -> bool:
        """Whether this event goes here. An app's hook needs the app installed and the family's permission granted."""
        if not self.enabled or self.child_resource_events or event.type not in self.events:
            return False
        if not self.resource_id.startswith("app_"):
            return self.resource_id == event.account_id
        family = FAMILY_PERMISSIONS.get(event.type.split(".")[0], "")
        return event.account_id in installed and f"webhook_receive:{family}" in granted


class Hooks:
    """The endpoints kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as db:
            db.execute(_TABLE)

    def create(
        self,
        url: str,
        resource_id: str,
        now: datetime,
        *,
        events: Iterable[str] = EVENT_TYPES,
        secret: str | None = None,
        api_version_date: str | None = API_VERSION_DATE,
    ) -> Hook:
        """A new endpoint for a company (`biz_…`) or an app (`app_…`); its secret is made up where none is given."""
        hook = Hook(
            id="hook_" + random_text(14),
            resource_id=resource_id,
            url=url,
            events=tuple(events),
            enabled=True,
            child_resource_events=False,
            api_version_date=api_version_date,
            secret=secret or "ws_" + secrets.token_hex(32),
            created_at=iso(now),
        )
        self._save(hook)
        return hook

    def ensure(self, url: str, resource_id: str, secret: str, now: datetime) -> Hook:
        """The endpoint that is signed with `secret`: made, or pointed to `url` and enabled again."""
        found = next((hook for hook in self.list() if hook.secret == secret), None)
        if found is None:
            return self.create(url, resource_id, now, secret=secret)
        return self.save(
            replace(
                found,
                url=url,
                resource_id=resource_id,
                enabled=True,
                disabled_at=None,
                failing_since=None,
                consecutive_failures=0,
            )
        )

    def save(self, hook: Hook) -> Hook:
        self._save(hook)
        return hook

    def find(self, hook_id: str) -> Hook | None:
        row = self._store.query_one("SELECT * FROM hooks WHERE id = ?", (hook_id,))
        return None if row is None else _hook(row)

    def list(self) -> list[Hook]:
        """Newest first."""
        return [_hook(row) for row in self._store.query("SELECT * FROM hooks ORDER BY number DESC")]

    def delete(self, hook_id: str) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM hooks WHERE id = ?", (hook_id,))

    def note_result(self, hook_id: str, *, success: bool, first: bool, last: bool, now: datetime) -> None:
        """Keeps the endpoint's health after an attempt; `first` and `last` of its message. May disable it."""
        hook = self.find(hook_id)
        if hook is None or (success and hook.failing_since is None):
            return
        if success:
            self.save(replace(hook, consecutive_failures=0, failing_since=None))
            return
        since = hook.failing_since or iso(now)
        lasting = now - parse_iso(since) >= DISABLED_AFTER
        self.save(
            replace(
                hook,
                consecutive_failures=hook.consecutive_failures + first,
                failing_since=since,
                last_failure_at=iso(now) if last else hook.last_failure_at,
                enabled=hook.enabled and not lasting,
                disabled_at=iso(now) if lasting else hook.disabled_at,
            )
        )

    def _save(self, hook: Hook) -> None:
        values = {**vars(hook), "events": json.dumps(hook.events)}
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        updates = ", ".join(f"{name} = excluded.{name}" for name in values)
        statement = f"INSERT INTO hooks ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {updates}"  # noqa: S608 - names are the dataclass's
        with self._store.transaction() as db:
            db.execute(statement, tuple(values.values()))


def _hook(row: Row) -> Hook:
    values = {key: row[key] for key in row.keys() if key != "number"}  # noqa: SIM118 - a Row iterates over values
    values["events"] = tuple(json.loads(values["events"]))
    values["enabled"] = bool(values["enabled"])
    values["child_resource_events"] = bool(values["child_resource_events"])
    return Hook(**values)
