"""API keys: made, listed, revoked, on the screen and by command; what is kept of requests is forgotten in time."""

import psycopg
import pytest

from tests.support import database, factories
from whop_crm.access import CompanyRef, KeyScope, Role
from whop_crm.db import company_session, platform_session
from whop_crm.errors import Forbidden, InvalidInput, NotFound
from whop_crm.jobs import keys_now, upkeep
from whop_crm.services import api_keys
from whop_crm.services.api_keys import NAME_LIMIT, KeptAnswer, MadeKey


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


async def made(company: CompanyRef, name: str = "Reporting", *scopes: KeyScope) -> MadeKey:
    async with company_session(factories.scope(company, name="Ann")) as db:
        return await api_keys.make_key(db, name, scopes or [KeyScope.READ])


async def test_keys_are_listed_newest_first_and_revoked_ones_last(company: CompanyRef) -> None:
    first, second, third = [(await made(company, name)).row for name in ("One", "Two", "Three")]
    async with company_session(factories.scope(company)) as db:
        revoked = await api_keys.revoke_key(db, second.id)
        assert await api_keys.list_keys(db) == [third, first, revoked]
    assert (first.created_by_name, first.last_used_at, first.revoked_at) == ("Ann", None, None)
    assert revoked.revoked_at is not None


async def test_a_key_needs_a_name_and_a_scope(company: CompanyRef) -> None:
    async with company_session(factories.scope(company)) as db:
        for name, scopes in (("", [KeyScope.READ]), ("x" * (NAME_LIMIT + 1), [KeyScope.READ]), ("x", [])):
            with pytest.raises(InvalidInput):
                await api_keys.make_key(db, name, scopes)
        with pytest.raises(NotFound):
            await api_keys.revoke_key(db, 1)


async def test_a_key_of_another_company_cannot_be_revoked(company: CompanyRef) -> None:
    key = await made(await factories.company())
    async with company_session(factories.scope(company)) as db:
        assert await api_keys.list_keys(db) == []
        with pytest.raises(NotFound):
            await api_keys.revoke_key(db, key.row.id)
    async with platform_session() as db:
        assert await api_keys.find_holder(db, key.secret) is not None


async def test_no_key_makes_keys(company: CompanyRef) -> None:
    key = await made(company, "Reporting", *KeyScope)
    async with platform_session() as db:
        holder = await api_keys.find_holder(db, key.secret)
    assert holder is not None
    assert (holder.scope.role, holder.scope.actor.name) == (Role.ADMIN, "Reporting")
    async with company_session(holder.scope) as db:
        with pytest.raises(Forbidden, match="No API key may do this"):
            await api_keys.make_key(db, "Another", [KeyScope.READ])


async def test_a_key_in_use_is_noted_at_most_once_a_minute(company: CompanyRef, database_name: str) -> None:
    key = await made(company)
    async with company_session(factories.scope(company)) as db:
        for _ in range(2):
            await api_keys.touch_key(db, key.row.id)
        [noted] = await api_keys.list_keys(db)
    with psycopg.connect(database.admin_of(database_name), autocommit=True) as connection:
        connection.execute("UPDATE api_keys SET last_used_at = last_used_at - interval '61 s'")
    async with company_session(factories.scope(company)) as db:
        await api_keys.touch_key(db, key.row.id)
        [later] = await api_keys.list_keys(db)
    assert noted.last_used_at is not None
    assert later.last_used_at is not None
    assert later.last_used_at > noted.last_used_at


async def test_what_is_a_day_old_is_forgotten(company: CompanyRef, database_name: str) -> None:
    async with company_session(factories.scope(company)) as db:
        assert await api_keys.claim_answer(db, "key:1", "a", "hash") is None
        await api_keys.keep_answer(db, "key:1", "a", KeptAnswer(201, None, "{}"))
    async with platform_session() as db:
        await api_keys.count_request(db, "key:1")
    assert await upkeep.forget_answers() == 0
    with psycopg.connect(database.admin_of(database_name), autocommit=True) as connection:
        connection.execute("UPDATE api_answers SET created_at = created_at - interval '25 hours'")
        connection.execute("UPDATE api_rates SET began_at = began_at - interval '25 hours'")
    assert await upkeep.forget_answers() == 2


async def test_keys_by_command(company: CompanyRef) -> None:
    said: list[str] = []
    await keys_now.make(company.whop_id, "Weekly report", "read, write", said.append)
    await keys_now.show(company.whop_id, said.append)
    number = int(said[1].split()[0])
    assert said[1] == f"{number}  {said[0][:11]}…  read,write  Weekly report  used never"
    await keys_now.revoke(company.whop_id, number, said.append)
    async with platform_session() as db:
        assert await api_keys.find_holder(db, said[0]) is None
    with pytest.raises(InvalidInput, match="read, write, export"):
        await keys_now.make(company.whop_id, "x", "admin", said.append)
    with pytest.raises(NotFound, match="biz_"):
        await keys_now.show("biz_nobody", said.append)
