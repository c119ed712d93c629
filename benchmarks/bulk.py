"""A tag put on 20,000 members and taken back, as the clock does it, and by hand."""

import statistics
from uuid import uuid4

import psycopg

from benchmarks.measure import Row, Run, once, p95
from whop_crm.access import Scope
from whop_crm.db import company_session
from whop_crm.models.action import BulkKind
from whop_crm.services import bulk_actions, members, tags
from whop_crm.services.members import MemberListQuery

MANY, ROUNDS, BAR = 20_000, 4, 3_000.0
_HAND = (
    "INSERT INTO member_tags (company_id, member_id, tag_id) SELECT company_id, id, {tag} FROM members"
    " WHERE id = ANY(%(ids)s) ON CONFLICT DO NOTHING",
    "INSERT INTO activities (company_id, occurred_at, source, kind, grp, origin, member_id, title)"
    " SELECT company_id, now(), 'hand:' || id, 'tagged', 'team', 'live', id, 'Tagged' FROM members"
    " WHERE id = ANY(%(ids)s)",
)


async def rows(scope: Scope, connection: psycopg.AsyncConnection) -> list[Row]:
    async with company_session(scope) as db:
        found = (await db.scalars((await members.select_ids(db, MemberListQuery())).limit(MANY))).all()
    async with company_session(scope) as db:
        tag = await tags.create_tag(db, f"Bench {uuid4().hex[:8]}")
    work = _Work(scope, tag, tuple(found))
    tagging: list[float] = []
    undoing: list[float] = []
    hand: list[float] = []
    by_hand = _by_hand(connection, scope, tag, list(found))
    for _ in range(ROUNDS):
        tagging.append(await once(work.do))
        undoing.append(await once(work.take_back))
        hand.append(await once(by_hand))
    return [
        Row(f"Tag {MANY:,} members", statistics.median(tagging), p95(tagging), statistics.median(hand), BAR),
        Row(f"Take the tag back from {MANY:,}", statistics.median(undoing), p95(undoing), None, BAR),
    ]


class _Work:
    """One bulk action after another; each `do` is followed by its `take_back`."""

    def __init__(self, scope: Scope, tag: int, ids: tuple[int, ...]) -> None:
        self._scope, self._tag, self._ids = scope, tag, ids
        self._action = 0

    async def do(self) -> None:
        async with company_session(self._scope) as db:
            self._action = (await bulk_actions.start(db, BulkKind.ADD_TAG, self._tag, self._ids)).id
        await self._to_the_end()

    async def take_back(self) -> None:
        async with company_session(self._scope) as db:
            await bulk_actions.undo(db, self._action)
        await self._to_the_end()

    async def _to_the_end(self) -> None:
        while await bulk_actions.work_step(self._scope.company):
            pass


def _by_hand(connection: psycopg.AsyncConnection, scope: Scope, tag: int, ids: list[int]) -> Run:
    """In one transaction, without undo, progress and words; rolled back."""

    async def run() -> None:
        async with connection.transaction(force_rollback=True):
            await connection.execute("SELECT set_config('app.company_id', %s, true)", (str(scope.company_id),))
            for statement in _HAND:
                await connection.execute(statement.format(tag=tag).encode(), {"ids": ids})

    return run
