"""Statistics for PostgreSQL while a first sync fills empty tables: it would else plan as if they were still empty."""

from collections import Counter

from sqlalchemy import text

from whop_crm.db import CompanyDb
from whop_crm.services.sync.sorting import Sorted

_FIRST = {"activities": 20_000}
_GROWTH = 4
_grown: Counter[str] = Counter()
_next: dict[str, int] = {}


async def gather_statistics(db: CompanyDb, facts: Sorted) -> None:
    """Counts what this process has read, and gathers statistics of a table each time it may have grown fourfold."""
    _grown.update(_rows(facts))
    due = [table for table, rows in _grown.items() if rows >= _next.get(table, _FIRST.get(table, 1_000))]
    if due:
        await db.execute(text("SELECT gather_statistics(CAST(:tables AS text[]))"), {"tables": due})
        _next.update({table: _grown[table] * _GROWTH for table in due})


def _rows(facts: Sorted) -> dict[str, int]:
    members, memberships, payments = len(facts.members), len(facts.memberships), len(facts.payments)
    community = len(facts.posts) + len(facts.chats) + len(facts.lessons)
    return {
        "members": members,
        "memberships": memberships,
        "membership_changes": memberships,
        "payments": payments,
        "refunds": len(facts.refunds),
        "disputes": len(facts.disputes),
        "invoices": len(facts.invoices),
        "plans": len(facts.plans),
        "course_progress": len(facts.courses),
        "member_days": members + payments + community,
        "activities": members + memberships + payments + community,
    }
