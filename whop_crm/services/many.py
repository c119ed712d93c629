"""Something put on many members, or taken off, in one statement: a tag, a place on a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import text

from whop_crm.db import CompanyDb, Topic
from whop_crm.services.bulk import as_json, looked_up

Mark = Sequence[Any]
"""`[member id, who put it on, when]`, as JSON has it."""


@dataclass(frozen=True, slots=True)
class Marks:
    """A table that says which members carry what: its columns for what, who and when."""

    table: str
    what: str
    by: str
    at: str
    topic: Topic


@dataclass(frozen=True, slots=True)
class Outcome:
    """`changed` one mark a member, in the order of their ids; `unchanged` had it, or had it not, `missing` are gone."""

    changed: tuple[Mark, ...]
    unchanged: int
    missing: int

    @property
    def member_ids(self) -> list[int]:
        return [mark[0] for mark in self.changed]


_WANTED = f"WITH wanted AS MATERIALIZED (SELECT m.id FROM {looked_up('members', 'id')} m)"  # noqa: S608 - names are ours


@lru_cache
def _put_sql(marks: Marks) -> str:
    return f"""{_WANTED}, changed AS (
        INSERT INTO {marks.table} (company_id, member_id, {marks.what}, {marks.by}, {marks.at})
        SELECT :company, id, :what, :by, :at FROM wanted ORDER BY id ON CONFLICT DO NOTHING RETURNING member_id
    )
    SELECT (SELECT count(*) FROM wanted), json_agg(json_build_array(member_id) ORDER BY member_id) FROM changed"""  # noqa: S608 - names are ours


@lru_cache
def _taken_sql(marks: Marks) -> str:
    return f"""{_WANTED}, changed AS (
        DELETE FROM {marks.table} t USING wanted WHERE t.{marks.what} = :what AND t.member_id = wanted.id
        AND (CAST(:at AS timestamptz) IS NULL OR t.{marks.at} = :at)
        RETURNING t.member_id, t.{marks.by} AS by, t.{marks.at} AS at
    )
    SELECT (SELECT count(*) FROM wanted), json_agg(json_build_array(member_id, by, at) ORDER BY member_id)
    FROM changed"""  # noqa: S608 - names are ours


@lru_cache
def _put_back_sql(marks: Marks) -> str:
    return f"""
    WITH given AS (
        SELECT CAST(value ->> 0 AS bigint) AS id, value ->> 1 AS by, CAST(value ->> 2 AS timestamptz) AS at
        FROM json_array_elements(CAST(:marks AS json)) OFFSET 0
    )
    INSERT INTO {marks.table} (company_id, member_id, {marks.what}, {marks.by}, {marks.at})
    SELECT :company, m.id, :what, given.by, given.at
    FROM given CROSS JOIN LATERAL (SELECT id FROM members WHERE id = given.id OFFSET 0) m ORDER BY m.id
    ON CONFLICT DO NOTHING RETURNING member_id"""  # noqa: S608 - names are ours


async def put(db: CompanyDb, marks: Marks, what: int, member_ids: Sequence[int], at: datetime) -> Outcome:
    """Puts it on those who lack it, in the name of the scope's actor."""
    values = {"ids": as_json(member_ids), "what": what, "at": at, "by": db.scope.actor.user_id,
              "company": db.scope.company_id}  # fmt: skip
    found, changed = (await db.execute(text(_put_sql(marks)), values)).one()
    return _outcome(db, marks, len(member_ids), found, changed)


async def take(
    db: CompanyDb, marks: Marks, what: int, member_ids: Sequence[int], at: datetime | None = None
) -> Outcome:
    """Takes it off those who carry it; with `at`, only where it was put on at that very instant."""
    values = {"ids": as_json(member_ids), "what": what, "at": at}
    found, changed = (await db.execute(text(_taken_sql(marks)), values)).one()
    return _outcome(db, marks, len(member_ids), found, changed)


async def put_back(db: CompanyDb, marks: Marks, what: int, taken: Sequence[Mark]) -> list[int]:
    """Puts it back as it was, where it is not there again; the ids of those who have it back."""
    values = {"marks": as_json(taken), "what": what, "company": db.scope.company_id}
    back = list((await db.execute(text(_put_back_sql(marks)), values)).scalars())
    db.touch(back, *([marks.topic] if back else []))
    return back


def _outcome(db: CompanyDb, marks: Marks, asked: int, found: int, changed: list[Mark] | None) -> Outcome:
    done = Outcome(tuple(changed or ()), found - len(changed or ()), asked - found)
    db.touch(done.member_ids, *([marks.topic] if done.changed else []))
    return done
