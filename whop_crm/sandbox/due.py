"""What is due: renewals, trials, scheduled ends, retries, debits that clear, disputes and invoices with a deadline.

Everything happens at the moment it was due, also when the sandbox was not running then: after a restart it catches up
in order, and the webhooks follow. So the world stays consistent over days, at whatever pace life goes on.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from whop_crm.sandbox import transitions
from whop_crm.sandbox.change import Change
from whop_crm.sandbox.clock import iso, parse_iso
from whop_crm.sandbox.store import Store

TRIES = 4
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS membership_due ON membership (status, current_period_end)",
    "CREATE INDEX IF NOT EXISTS membership_retry ON membership (json_extract(doc, '$.most_recent_action_at'))"
    " WHERE status = 'past_due'",
    "CREATE INDEX IF NOT EXISTS payment_pending ON payment (created_at) WHERE status = 'pending'",
    "CREATE TABLE IF NOT EXISTS trial_reminders (membership_id TEXT PRIMARY KEY)",
)
_REMINDER, _CLEARING = timedelta(days=2), timedelta(days=3)
_ANSWERED, _DECIDED = timedelta(days=2), timedelta(days=12)
_OPEN_DISPUTES = "status IN ('needs_response', 'warning_needs_response')"
_REVIEWED_DISPUTES = "status IN ('under_review', 'warning_under_review')"
log = logging.getLogger(__name__)

Happening = Callable[[Change, str], object]


@dataclass(frozen=True)
class Due:
    """`happen(change, id)` was due at this moment."""

    at: datetime
    id: str
    happen: Happening


class Calendar:
    """Settles what is due in one store. What cannot be settled is logged once and left alone until a restart."""

    def __init__(self, store: Store, rng: random.Random) -> None:
        self._store = store
        self._rng = rng
        self._stuck: set[str] = set()
        with store.transaction() as db:
            for statement in _INDEXES:
                db.execute(statement)

    def settle(self, now: datetime, limit: int = 25) -> int:
        """Does up to `limit` of what was due until `now`, oldest first. Returns how many; 0 when there is no more."""
        due = [each for each in self._find(now, limit + len(self._stuck)) if each.id not in self._stuck]
        due.sort(key=lambda each: each.at)
        for each in due[:limit]:
            self._settle_one(each)
        return len(due[:limit])

    def _settle_one(self, due: Due) -> None:
        try:
            with self._store.change(due.at, emit=True, rng=self._rng) as change:
                due.happen(change, due.id)
        except (transitions.Impossible, KeyError) as error:
            self._stuck.add(due.id)
            log.warning("What was due for %s is not possible: %s", due.id, error)

    def _find(self, now: datetime, limit: int) -> list[Due]:
        return [
            *self._ends(now, limit),
            *self._terms(now, limit),
            *self._retries(now, limit),
            *self._reminders(now, limit),
            *self._debits(now, limit),
            *self._disputes(now, limit),
            *self._invoices(now, limit),
        ]

    def _ends(self, now: datetime, limit: int) -> list[Due]:
        found: list[Due] = []
        for status in ("active", "trialing"):
            rows = self._store.query(
                "SELECT id, current_period_end AS at, canceling FROM membership WHERE status = ? AND paused = 0"
                " AND recurring = 1 AND current_period_end <= ? ORDER BY current_period_end LIMIT ?",
                (status, iso(now), limit),
            )
            charge = self._charge if status == "active" else self._convert
            found += [
                Due(parse_iso(r["at"]), r["id"], transitions.end_period if r["canceling"] else charge) for r in rows
            ]
        return found

    def _terms(self, now: datetime, limit: int) -> list[Due]:
        rows = self._store.query(
            "SELECT id, current_period_end AS at FROM membership WHERE status = 'completed'"
            " AND current_period_end <= ? ORDER BY current_period_end LIMIT ?",
            (iso(now), limit),
        )
        return [Due(parse_iso(row["at"]), row["id"], transitions.end_period) for row in rows]

    def _retries(self, now: datetime, limit: int) -> list[Due]:
        moment = "json_extract(doc, '$.most_recent_action_at')"
        rows = self._store.query(
            f"SELECT id, {moment} AS at FROM membership WHERE status = 'past_due' AND {moment} <= ?"  # noqa: S608 - ours
            f" ORDER BY {moment} LIMIT ?",
            (iso(now), limit),
        )
        return [Due(parse_iso(row["at"]), row["id"], self._retry) for row in rows]

    def _reminders(self, now: datetime, limit: int) -> list[Due]:
        rows = self._store.query(
            "SELECT id, current_period_end AS at FROM membership WHERE status = 'trialing' AND canceling = 0"
            " AND current_period_end > ? AND current_period_end <= ?"
            " AND id NOT IN (SELECT membership_id FROM trial_reminders) ORDER BY current_period_end LIMIT ?",
            (iso(now), iso(now + _REMINDER), limit),
        )
        return [Due(min(now, parse_iso(row["at"]) - _REMINDER), row["id"], self._remind) for row in rows]

    def _debits(self, now: datetime, limit: int) -> list[Due]:
        rows = self._store.query(
            "SELECT id, created_at AS at FROM payment WHERE status = 'pending' AND created_at <= ?"
            " ORDER BY created_at LIMIT ?",
            (iso(now - _CLEARING), limit),
        )
        return [Due(parse_iso(row["at"]) + _CLEARING, row["id"], transitions.settle_slow_payment) for row in rows]

    def _disputes(self, now: datetime, limit: int) -> list[Due]:
        found: list[Due] = []
        for which, after, happen in (
            (_OPEN_DISPUTES, _ANSWERED, transitions.answer_dispute),
            (_REVIEWED_DISPUTES, _DECIDED, self._decide),
        ):
            rows = self._store.query(
                f"SELECT id, created_at AS at FROM dispute WHERE {which} AND created_at <= ?"  # noqa: S608 - ours
                " ORDER BY created_at LIMIT ?",
                (iso(now - after), limit),
            )
            found += [Due(parse_iso(row["at"]) + after, row["id"], happen) for row in rows]
        return found

    def _invoices(self, now: datetime, limit: int) -> list[Due]:
        rows = self._store.query(
            "SELECT id, due_date AS at FROM invoice WHERE status = 'open' AND due_date <= ? ORDER BY due_date LIMIT ?",
            (iso(now), limit),
        )
        return [Due(parse_iso(row["at"]), row["id"], self._bill) for row in rows]

    def _charge(self, change: Change, membership_id: str) -> None:
        chance = self._rng.random()
        if chance < 0.945:
            transitions.renew(change, membership_id)
        elif chance < 0.955:
            transitions.start_slow_payment(change, membership_id)
        else:
            transitions.fail_payment(change, membership_id)

    def _convert(self, change: Change, membership_id: str) -> None:
        if self._rng.random() < 0.85:
            transitions.renew(change, membership_id)
        else:
            transitions.fail_payment(change, membership_id)

    def _retry(self, change: Change, membership_id: str) -> None:
        owed = change.get("membership", membership_id)["_open_payment"]
        tries = change.get("payment", owed)["payments_failed"] if owed else 0
        if self._rng.random() < 0.4:
            transitions.recover_payment(change, membership_id)
        elif tries >= TRIES:
            transitions.give_up(change, membership_id)
        else:
            transitions.fail_payment(change, membership_id)

    def _remind(self, change: Change, membership_id: str) -> None:
        transitions.remind_of_trial_end(change, membership_id)
        change.store.connection.execute("INSERT OR IGNORE INTO trial_reminders VALUES (?)", (membership_id,))

    def _decide(self, change: Change, dispute_id: str) -> None:
        transitions.close_dispute(change, dispute_id, won=self._rng.random() < 0.4)

    def _bill(self, change: Change, invoice_id: str) -> None:
        if self._rng.random() < 0.6:
            transitions.pay_invoice(change, invoice_id)
        else:
            transitions.miss_invoice(change, invoice_id)
