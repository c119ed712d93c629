"""A unit of work on the world: documents are read once, changed in place, and written together with their events.

An event carries its object as it is when the unit ends, so that several events of one moment never disagree. Each
change of an object gets a version that is later than the one before by at least a millisecond: that version is the
object's `updated_at` (where it has one) and the events' `occurred_at`.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from whop_crm.sandbox.clock import MILLISECOND, iso, parse_iso
from whop_crm.sandbox.kinds import KINDS, Doc

if TYPE_CHECKING:
    from whop_crm.sandbox.store import Store

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class _Pending:
    type: str
    account_id: str
    kind: str
    object_id: str
    body: Callable[[Doc], Any] | None


class Change:
    """Handed out by `Store.change`; transitions read and write through it.

    `at` may be moved forward between transitions. `emit` False appends no events (history).
    """

    def __init__(self, store: "Store", at: datetime, *, emit: bool, rng: random.Random) -> None:
        self.store = store
        self.at = at
        self.emit = emit
        self.rng = rng
        self._docs: dict[tuple[str, str], Doc] = {}
        self._dirty: dict[tuple[str, str], None] = {}
        self._before: dict[tuple[str, str], str] = {}
        self._versioned: set[tuple[str, str]] = set()
        self._pending: list[_Pending] = []

    @property
    def at(self) -> datetime:
        """The moment at which things happen."""
        return self._at

    @at.setter
    def at(self, moment: datetime) -> None:
        self._at = moment
        self.now = iso(moment)

    def new_id(self, kind: str) -> str:
        """A fresh id with the kind's prefix."""
        return KINDS[kind].prefix + "".join(self.rng.choices(_LETTERS, k=14))

    def get(self, kind: str, object_id: str) -> Doc:
        """The live document: change it in place, then `touch` it. Raises KeyError."""
        key = (kind, object_id)
        doc = self._docs.get(key)
        if doc is None:
            doc = self.store.get(kind, object_id)
            self._docs[key] = doc
            if self.emit:
                self._before[key] = json.dumps(_wire(doc))
        return doc

    def add(self, kind: str, doc: Doc) -> Doc:
        """A new document, `id` included."""
        key = (kind, doc["id"])
        self._docs[key] = doc
        self._dirty[key] = None
        self._versioned.add(key)
        doc["_version"] = doc.get("updated_at") or self.now
        return doc

    def touch(self, kind: str, doc: Doc) -> Doc:
        """Mark as changed now: gives it its next version, one for the whole unit while `at` stands still."""
        key = (kind, doc["id"])
        self._dirty[key] = None
        version, before = self.now, doc.get("_version")
        if before is not None and version <= before:
            version = before if key in self._versioned else iso(parse_iso(before) + MILLISECOND)
        self._versioned.add(key)
        doc["_version"] = version
        if "updated_at" in doc:
            doc["updated_at"] = version
        return doc

    def save(self, kind: str, doc: Doc) -> None:
        """Write without a new version: for counters that no webhook tells of."""
        self._dirty[kind, doc["id"]] = None

    def remove(self, kind: str, object_id: str) -> None:
        """Delete a document. No event."""
        self._docs.pop((kind, object_id), None)
        self._dirty.pop((kind, object_id), None)
        self.store.connection.execute(f'DELETE FROM "{kind}" WHERE id = ?', (object_id,))  # noqa: S608 - kinds are ours

    def select(self, kind: str, **columns: Any) -> list[Doc]:
        """Documents by columns, those of this unit as they are now. See `Store.select`."""
        self.write()
        return [self.get(kind, object_id) for object_id in self.store.ids(kind, **columns)]

    def notify(
        self, event_type: str, account_id: str, kind: str, doc: Doc, body: Callable[[Doc], Any] | None = None
    ) -> None:
        """Append a webhook event about `doc`; `body` turns the document into the event's `data`."""
        if self.emit:
            pending = _Pending(event_type, account_id, kind, doc["id"], body)
            if pending not in self._pending:
                self._pending.append(pending)

    def write(self) -> None:
        """Write changed documents to the open transaction."""
        by_kind: dict[str, list[tuple[Any, ...]]] = {}
        for kind, object_id in self._dirty:
            by_kind.setdefault(kind, []).append(row_of(kind, self._docs[kind, object_id]))
        for kind, rows in by_kind.items():
            self.store.connection.executemany(insert_statement(kind), rows)
        self._dirty.clear()

    def flush(self) -> None:
        """Write documents and events; `Store.change` calls it at its end."""
        self.write()
        rows = [self._event_row(pending) for pending in self._pending]
        self.store.connection.executemany(
            "INSERT INTO events (type, account_id, object_id, object, previous, occurred_at) VALUES (?,?,?,?,?,?)",
            rows,
        )
        self._pending.clear()

    def _event_row(self, pending: _Pending) -> tuple[Any, ...]:
        key = (pending.kind, pending.object_id)
        doc = self._docs[key]
        body = pending.body(doc) if pending.body else _wire(doc)
        previous = self._previous(key, doc) if pending.type.endswith(".updated") and not pending.body else None
        version = doc.get("_version") or self.now
        return (pending.type, pending.account_id, pending.object_id, dumps(body), previous, version)

    def _previous(self, key: tuple[str, str], doc: Doc) -> str | None:
        before = self._before.get(key)
        if before is None:
            return None
        old = json.loads(before)
        changed = {name: old[name] for name in old if name in doc and doc[name] != old[name]}
        return dumps(changed) if changed else None


def _wire(doc: Doc) -> Doc:
    return {key: value for key, value in doc.items() if key[0] != "_"}


def dumps(value: Any) -> str:
    """Compact JSON, unescaped."""
    return _encode(value)


_INSERTS: dict[str, str] = {}
_EXTRACTS = {name: tuple(kind.columns.values()) for name, kind in KINDS.items()}


def insert_statement(kind: str) -> str:
    """INSERT OR REPLACE for one kind, in the order of `row_of`."""
    if kind not in _INSERTS:
        names = ["id", *KINDS[kind].columns, "version", "doc", "private"]
        columns = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" * len(names))
        _INSERTS[kind] = f'INSERT OR REPLACE INTO "{kind}" ({columns}) VALUES ({marks})'  # noqa: S608 - kinds are ours
    return _INSERTS[kind]


def row_of(kind: str, doc: Doc) -> tuple[Any, ...]:
    """The table row of a document: id, columns, version, wire text, private text."""
    private = {key: doc[key] for key in doc if key[0] == "_"}
    wire = doc.copy()
    for key in private:
        del wire[key]
    columns = [extract(doc) for extract in _EXTRACTS[kind]]
    return (doc["id"], *columns, doc.get("_version"), dumps(wire), dumps(private) if private else None)
