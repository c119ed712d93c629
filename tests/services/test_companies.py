"""The company of a session and its team."""

from datetime import UTC, datetime

import pytest

from tests.support import factories
from whop_crm.access import Role
from whop_crm.db import company_session, platform_session
from whop_crm.errors import NotFound
from whop_crm.models import TeamMember
from whop_crm.services import companies


async def test_the_company_as_its_settings_show_it(db: None) -> None:
    await factories.company()
    company = await factories.company(title="Academy", timezone="Europe/Berlin", currency="eur", missing_scopes="a b")
    async with company_session(factories.scope(company, Role.VIEWER)) as session:
        found = await companies.get_company(session)
    assert (found.whop_id, found.title, found.timezone, found.currency) == (
        company.whop_id, "Academy", "Europe/Berlin", "eur",
    )  # fmt: skip
    assert found.missing_scopes == ("a", "b")


async def test_the_team_is_the_companys_own_by_name(db: None) -> None:
    mine, other = await factories.company(), await factories.company()
    for company, name in ((mine, "Zoe"), (mine, "Ann"), (other, "Bob")):
        async with company_session(factories.scope(company, Role.SYSTEM)) as session:
            session.add(
                TeamMember(
                    company_id=company.id, whop_id=f"team_{name}", name=name, role="admin", status="joined",
                    version=factories.NOW,
                )
            )  # fmt: skip
    async with company_session(factories.scope(mine, Role.VIEWER)) as session:
        assert [teammate.name for teammate in await companies.list_team(session)] == ["Ann", "Zoe"]


async def test_a_person_sees_and_ends_their_own_sessions(db: None) -> None:
    first, second = await factories.sign_in(user_id="user_ann"), await factories.sign_in(user_id="user_ann")
    theirs = await factories.sign_in(user_id="user_bob")
    ended = await factories.session(user_id="user_ann", ended_at=datetime.now(UTC))
    await factories.session(user_id="user_ann", expires_at=datetime.now(UTC))
    async with platform_session() as session:
        mine = await companies.list_sessions(session, "user_ann")
        [other] = await companies.list_sessions(session, "user_bob")
        assert [one.user_agent for one in mine] == ["test", "test"]
        for not_mine in (other.id, ended.id, 7):
            with pytest.raises(NotFound):
                await companies.end_session_of(session, "user_ann", not_mine)
        await companies.end_session_of(session, "user_ann", mine[0].id)
        assert [one.id for one in await companies.list_sessions(session, "user_ann")] == [mine[1].id]
    async with platform_session() as session:
        found = [await companies.find_visit(session, cookie, None) for cookie in (first, second, theirs)]
    assert [one is not None for one in found].count(True) == 2
    assert found[2] is not None
