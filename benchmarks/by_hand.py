"""The same questions in psycopg and plain SQL: same role, same policy, same rows, same count."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

PAGE = 50
COLUMNS = (
    "id, whop_id, name, username, email, photo_url, status, canceling, plan_name, net_revenue_minor, mrr_minor, "
    "joined_at, last_active_at, payments, failed_payments, first_payment_at, last_payment_at, next_charge_at, "
    "engagement_score, posts, comments, lessons"
)
ORDERS = {
    "name": "sort_name {way}",
    "email": "email {way} NULLS LAST",
    "status": "status {way}, canceling {way}",
    "plan": "nullif(plan_name, '') {way} NULLS LAST",
    "revenue": "net_revenue_minor {way}",
    "mrr": "mrr_minor {way}",
    "joined": "joined_at {way} NULLS LAST",
    "last_active": "last_active_at {way} NULLS LAST",
}


@dataclass(frozen=True)
class ByHand:
    """A connection of the app's role, and the company it asks for."""

    connection: psycopg.AsyncConnection[Any]
    company: int

    def page(self, sort: str, descending: bool, page: int, where: str = "counted") -> Callable[[], Awaitable[object]]:
        """One page of the list with its count, the ids first."""
        way = "DESC" if descending else "ASC"
        order = f"{ORDERS[sort].format(way=way)}, id {way}"
        ids = f"SELECT id FROM members WHERE {where} ORDER BY {order} LIMIT {PAGE} OFFSET {(page - 1) * PAGE}"
        rows = f"SELECT {COLUMNS} FROM members WHERE id IN ({ids}) ORDER BY {order}"
        return self._asking(f"SELECT count(*) FROM members WHERE {where}", rows)

    def search(self, word: str) -> Callable[[], Awaitable[object]]:
        """The eight best matches, exact ones and beginnings first."""
        lines = "E'\\n' || search_text || E'\\n'"
        rank = (
            f"CASE WHEN {lines} LIKE E'%\\n{word}\\n%' THEN 0 WHEN {lines} LIKE E'%\\n{word}%' THEN 1 "
            f"WHEN {lines} LIKE '% {word}%' THEN 2 ELSE 3 END"
        )
        ids = f"SELECT id FROM members WHERE counted AND search_text LIKE '%{word}%'"
        order = f"ORDER BY {rank}, sort_name, id"
        return self._asking(f"SELECT {COLUMNS} FROM members WHERE id IN ({ids} {order} LIMIT 8) {order}")

    def _asking(self, *statements: str) -> Callable[[], Awaitable[object]]:
        async def ask() -> list[Any]:
            async with self.connection.transaction(), self.connection.cursor(row_factory=namedtuple_row) as cursor:
                await cursor.execute("SELECT set_config('app.company_id', %s, true)", (str(self.company),))
                answers: list[Any] = []
                for statement in statements:
                    await cursor.execute(statement)  # pyright: ignore[reportArgumentType] # constants of this module
                    answers.append(await cursor.fetchall())
                return answers

        return ask
