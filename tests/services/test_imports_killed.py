"""kill -9 while a file is brought in: all of it or nothing, and it can be brought in again."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from tests.support import factories
from whop_crm.access import CompanyRef
from whop_crm.db import company_session
from whop_crm.models import Activity, MemberTag, Note
from whop_crm.models.enums import Origin
from whop_crm.models.importing import ImportStatus
from whop_crm.services import imports
from whop_crm.services.imports import Mapping_

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

MANY, KILLS = 10_000, 6
_CHILD = """
import asyncio, sys
from tests.support import factories
from whop_crm.access import CompanyRef
from whop_crm.db import company_session
from whop_crm.services import imports

async def main(company, number):
    async with company_session(factories.scope(CompanyRef(company, "biz_x", "X"))) as db:
        print("begun", flush=True)
        await imports.apply(db, number)
    print("done", flush=True)

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""
_PEOPLE = (
    "INSERT INTO members (company_id, whop_id, version, access_level, presence, whop_created_at, email)"
    " SELECT :company, 'mber_' || n, now(), 'customer', 'joined', now(), 'm' || n || '@x.de'"
    " FROM generate_series(1, :many) n"
)


async def _written(company: CompanyRef) -> tuple[int, int, int]:
    """Tags on members, notes and activities, as far as they came from the file."""
    async with company_session(factories.scope(company)) as db:
        told = select(func.count()).select_from(Activity).where(col(Activity.origin) == Origin.IMPORT)
        counts = [select(func.count()).select_from(table) for table in (MemberTag, Note)]
        tags, notes, activities = [(await db.scalars(one)).one() for one in (*counts, told)]
        return tags, notes, activities


async def test_a_kill_leaves_all_or_nothing(db: None) -> None:
    company = await factories.company()
    file = "Email,Tags,Note\n" + "".join(f"m{n}@x.de,VIP,Note {n}\n" for n in range(1, MANY + 1))
    async with company_session(factories.scope(company)) as session:
        await session.execute(text(_PEOPLE), {"company": company.id, "many": MANY})
    async with company_session(factories.scope(company)) as session:
        number = await imports.stage(session, "x.csv", file.encode())
        await imports.plan(session, number, Mapping_({0: "email", 1: "tags", 2: "note"}))
    for kill in range(KILLS):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, str(company.id), str(number),
            cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout is not None
        assert await child.stdout.readline() == b"begun\n"
        await asyncio.sleep(0.15 * kill)  # each kill comes a little later in the work
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
        await child.wait()
        written = await _written(company)
        async with company_session(factories.scope(company)) as session:
            status = (await imports.get_import(session, number)).status
        assert written == ((MANY, MANY, 2 * MANY) if status is ImportStatus.APPLIED else (0, 0, 0)), f"kill {kill}"
        if status is ImportStatus.APPLIED:
            return
    async with company_session(factories.scope(company)) as session:
        await imports.apply(session, number)
    assert await _written(company) == (MANY, MANY, 2 * MANY)
