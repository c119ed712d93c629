"""`python -m benchmarks`: builds its own database, measures, prints a table and JSON, renews docs/performance.md."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from benchmarks import report, world
from benchmarks.measure import Section
from tests.support import database

ROUNDS = 40


def main() -> int:
    options = _options()
    with database.server():
        sections = [PARTS[part](options.rounds) for part in ([options.only] if options.only else PARTS)]
    return _tell(sections, options)


def _services(rounds: int) -> Section:
    """On a database of its own, filled for the purpose."""
    with database.cloned_database() as name:
        began = time.perf_counter()
        print(f"Writing {world.MEMBERS:,} members with their payments and activities …", file=sys.stderr)
        with psycopg.connect(database.admin_of(name), autocommit=True) as connection:
            world.build(connection, world.Size())
        print(f"… in {time.perf_counter() - began:.0f} s. Measuring.", file=sys.stderr)
        os.environ["DATABASE_URL"] = database.url(name, database.APP)
        return asyncio.run(_measured(rounds))


async def _measured(rounds: int) -> Section:
    from benchmarks import services
    from whop_crm.db import dispose

    try:
        return await services.measure(rounds)
    finally:
        await dispose()


def _live(rounds: int) -> Section:
    from benchmarks import live

    print("Starting the app and two browsers …", file=sys.stderr)
    return live.measure(rounds)


def _asking(rounds: int) -> Section:
    from benchmarks import asking

    return asking.measure(rounds)


def _webhooks(_rounds: int) -> Section:
    from benchmarks import webhooks

    print("Making deliveries …", file=sys.stderr)
    return webhooks.measure()


def _tabs(_rounds: int) -> Section:
    from benchmarks import tabs

    print("Starting the app and a thousand tabs …", file=sys.stderr)
    return tabs.measure(float(os.environ.get("BENCH_MINUTES", "10")))


def _sync(_rounds: int) -> Section:
    from benchmarks import first_sync

    return first_sync.measure(int(os.environ.get("BENCH_MEMBERS", "50000")))


def _starts(_rounds: int) -> Section:
    from benchmarks import starts

    return starts.measure(suites=True)


PARTS: dict[str, Callable[[int], Section]] = {
    "services": _services,
    "live": _live,
    "asking": _asking,
    "webhooks": _webhooks,
    "tabs": _tabs,
    "sync": _sync,
    "starts": _starts,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="measure this part alone")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each thing is measured")
    parser.add_argument("--json", metavar="FILE", help="write the JSON there instead of printing it")
    parser.add_argument("--dry", action="store_true", help="leave docs/performance.md as it is")
    parser.add_argument("--strict", action="store_true", help="fail where a bar is missed")
    return parser.parse_args()


def _tell(sections: list[Section], options: argparse.Namespace) -> int:
    where = report.machine()
    print("\n\n".join(map(report.table, sections)))
    text = report.as_json(sections, where)
    if options.json:
        Path(options.json).write_text(text)
    else:
        print(text)
    if not options.dry:
        report.write_document(sections, where)
    missed = [name for section in sections for name in section.missed]
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
