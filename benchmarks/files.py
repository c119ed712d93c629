"""Members taken out as a file, beside a COPY of the same; a file of 50,000 lines brought in."""

import statistics
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

import psycopg
from sqlalchemy import text

from benchmarks.measure import Row, once, p95
from whop_crm.access import Scope
from whop_crm.db import company_session
from whop_crm.services import exports, imports
from whop_crm.services.exports import ExportInput
from whop_crm.services.imports import Mapping_

ROUNDS, SOME, ALL = 5, 10_000, 50_000
FIRST_BYTE, WHOLE, RATIO, IMPORT = 500.0, 2_000.0, 3.0, 20_000.0
_COPY = """
COPY (SELECT m.name, m.email, m.username, m.status, m.net_revenue_minor / 100.0, m.joined_at, t.names FROM members m
      LEFT JOIN (SELECT member_id, string_agg(name, '; ' ORDER BY lower(name)) AS names
                 FROM member_tags JOIN tags ON tags.id = tag_id GROUP BY 1) t ON t.member_id = m.id
      WHERE m.counted {some} ORDER BY m.joined_at DESC NULLS LAST, m.id DESC) TO STDOUT (FORMAT csv)"""


async def rows(scope: Scope, connection: psycopg.AsyncConnection) -> list[Row]:
    async with company_session(scope) as db:
        found = await db.execute(text("SELECT whop_id, email FROM members WHERE counted AND email IS NOT NULL"))
        people = [(row[0], row[1]) for row in found]
    picked = tuple(whop_id for whop_id, _ in people[:SOME])
    return [
        *await _exported(scope, connection, SOME, picked),
        *await _exported(scope, connection, ALL, None),
        await _imported(scope, [email for _, email in people[:ALL]]),
    ]


@dataclass
class _Taking:
    scope: Scope
    wanted: ExportInput
    first: list[float] = field(default_factory=list)

    async def run(self) -> object:
        began, first, size = perf_counter(), None, 0
        async with company_session(self.scope) as db:
            export = await exports.begin(db, self.wanted)
        async with company_session(self.scope) as db:
            async for piece in await exports.stream(db, export):
                first = first or perf_counter() - began
                size += len(piece)
        self.first.append(1000 * (first or 0))
        return size


async def _exported(
    scope: Scope, connection: psycopg.AsyncConnection, many: int, picked: tuple[str, ...] | None
) -> list[Row]:
    taking = _Taking(scope, ExportInput(members=picked))
    some = "" if picked is None else "AND m.whop_id = ANY(%(ids)s)"

    async def by_hand() -> object:
        size = 0
        async with connection.transaction(), connection.cursor() as cursor:
            await cursor.execute("SELECT set_config('app.company_id', %s, true)", [str(scope.company_id)])
            given = {"ids": list(picked)} if picked else None
            async with cursor.copy(_COPY.format(some=some).encode(), given) as copy:
                async for block in copy:
                    size += len(block)
        return size

    whole = [await once(taking.run) for _ in range(ROUNDS)]
    hand = [await once(by_hand) for _ in range(ROUNDS)]
    name = f"Export {many:,} members"
    return [
        Row(name, statistics.median(whole), p95(whole), statistics.median(hand), WHOLE, RATIO),
        Row(f"{name}, first byte", statistics.median(taking.first), p95(taking.first), bar_p95=FIRST_BYTE),
    ]


async def _imported(scope: Scope, emails: list[str]) -> Row:
    """From the file to the last row: read, laid beside, planned and applied; then taken back."""
    times: list[float] = []
    for _ in range(2):
        tag = f"Bench {uuid4().hex[:8]}"
        file = "Email,Tags,Note\n" + "".join(f"{email},{tag},{tag} {n}\n" for n, email in enumerate(emails))
        began = perf_counter()
        async with company_session(scope) as db:
            number = await imports.stage(db, "bench.csv", file.encode())
        async with company_session(scope) as db:
            await imports.plan(db, number, Mapping_({0: "email", 1: "tags", 2: "note"}))
        async with company_session(scope) as db:
            await imports.apply(db, number)
        times.append(1000 * (perf_counter() - began))
        async with company_session(scope) as db:
            await imports.undo(db, number)
    return Row(f"Import {len(emails):,} lines", statistics.median(times), p95(times), bar_p95=IMPORT)
