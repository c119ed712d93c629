"""A `Change` for history: nothing is read back, no events, rows go to the database in large batches."""

import random
from datetime import datetime
from typing import Any

from whop_crm.sandbox.change import Change, insert_statement, row_of
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.store import Store

BATCH = 4000


class BulkChange(Change):
    """Keeps documents in memory until `settle`; those that are `keep`-ed stay until `close`."""

    def __init__(self, store: Store, at: datetime, rng: random.Random) -> None:
        super().__init__(store, at, emit=False, rng=rng)
        self._kept: set[tuple[str, str]] = set()
        self._rows: dict[str, list[tuple[Any, ...]]] = {}

    def keep_all(self) -> None:
        """Everything known now (the catalogue, the team) stays in memory and is written at the end."""
        self._kept.update(self._docs)

    def settle(self) -> None:
        """Hand the documents of one life over to the next batch, and forget them."""
        for key in list(self._docs):
            if key not in self._kept:
                self.put(key[0], self._docs.pop(key))
        self._dirty.clear()
        self._versioned.clear()

    def put(self, kind: str, doc: Doc) -> None:
        """A finished document that nothing will change any more."""
        rows = self._rows.setdefault(kind, [])
        rows.append(row_of(kind, doc))
        if len(rows) >= BATCH:
            self._insert(kind, rows)

    def _insert(self, kind: str, rows: list[tuple[Any, ...]]) -> None:
        self.store.connection.executemany(insert_statement(kind), rows)
        rows.clear()

    def write(self) -> None:
        """Insert what has been handed over; documents in memory stay there."""
        for kind, rows in self._rows.items():
            self._insert(kind, rows)

    def close(self) -> None:
        """Write everything that is left."""
        self._kept.clear()
        self.settle()
        self.write()
