"""The company of a session and its team."""

from tests.support import factories
from whop_crm.access import Role
from whop_crm.db import company_session
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
