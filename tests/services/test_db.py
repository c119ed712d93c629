"""The one way to the database: bound to a company, one transaction, announced on commit."""

import asyncio

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.support import factories
from whop_crm.db import CHANNEL, Notice, Topic, company_session, listen, platform_session
from whop_crm.models import Member


class Heard:
    """What a listener on the notices' channel has received."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()

    async def run(self) -> None:
        async for item in listen(CHANNEL):
            await self.queue.put(item)

    async def next(self) -> Notice:
        async with asyncio.timeout(5):
            item = await self.queue.get()
        assert item is not None
        return Notice.decode(item[1])

    async def connected(self) -> None:
        async with asyncio.timeout(5):
            assert await self.queue.get() is None


@pytest.fixture
async def heard(db: None):
    listener = Heard()
    task = asyncio.create_task(listener.run())
    await listener.connected()
    yield listener
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_write_is_announced_once_with_its_topic_and_ids(heard: Heard) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
        db.touch([member.id])
        await db.execute(update(Member).where(col(Member.id) == member.id).values(name="New"))
    notice = await heard.next()
    assert notice == Notice(company.id, frozenset({Topic.MEMBERS}), frozenset({member.id}))
    assert notice.concerns(member.id)
    assert not notice.concerns(member.id + 1)
    assert heard.queue.empty()


async def test_a_rolled_back_write_is_not_announced(heard: Heard) -> None:
    company = await factories.company()
    with pytest.raises(RuntimeError):
        async with company_session(factories.scope(company)) as db:
            await factories.member(db)
            raise RuntimeError
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
        db.touch([member.id])
    assert (await heard.next()).member_ids == {member.id}
    assert heard.queue.empty()


async def test_reading_announces_nothing_and_many_ids_become_many(heard: Heard) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as db:
        await db.scalars(select(Member))
    async with company_session(factories.scope(company)) as db:
        ids = [(await factories.member(db)).id for _ in range(21)]
        db.touch(ids)
    notice = await heard.next()
    assert notice.member_ids is None
    assert all(notice.concerns(member_id) for member_id in ids)


async def test_a_query_without_a_company_is_an_error(db: None) -> None:
    with pytest.raises(DBAPIError):
        async with platform_session() as platform:
            await platform.scalars(select(Member))


async def test_a_pooled_connection_keeps_no_company(db: None) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as one:
        await factories.member(one)
    for _ in range(3):
        with pytest.raises(DBAPIError):
            async with platform_session() as platform:
                await platform.execute(text("SELECT count(*) FROM members"))


async def test_another_company_is_not_seen(db: None) -> None:
    ours, theirs = await factories.company(), await factories.company()
    async with company_session(factories.scope(ours)) as one:
        await factories.member(one)
    async with company_session(factories.scope(theirs)) as other:
        assert (await other.scalars(select(Member))).all() == []
        changed = await other.execute(update(Member).values(name="stolen"))
        assert changed.rowcount == 0
    with pytest.raises(DBAPIError):
        async with company_session(factories.scope(theirs)) as other:
            await factories.member(other, company_id=ours.id)


async def test_listening_heals_after_the_connection_is_cut(heard: Heard, database_name: str) -> None:
    import psycopg

    from tests.support.database import admin_url

    with psycopg.connect(admin_url(), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'",
            (database_name,),
        )
    await heard.connected()
    company = await factories.company()
    async with company_session(factories.scope(company)) as db:
        await factories.member(db)
    assert (await heard.next()).company_id == company.id
