"""Views and layouts: kept, shared, changed by whom they belong to, and named by what they rest on."""

from typing import Any

import pytest

from tests.support import factories
from whop_crm.access import CompanyRef, Role
from whop_crm.db import company_session
from whop_crm.errors import Conflict, Forbidden, InvalidInput, NotFound
from whop_crm.models.enums import UsedKind
from whop_crm.services import lists, views
from whop_crm.services.lists import ListInput
from whop_crm.services.views import DEFAULT_COLUMNS, ColumnChoice, ViewInput

COLUMNS = (ColumnChoice("tags"), ColumnChoice("revenue", 200), ColumnChoice("custom.birthday"))


@pytest.fixture
async def company(db: None) -> CompanyRef:
    return await factories.company()


def session(company: CompanyRef, role: Role = Role.ADMIN, user_id: str = "user_owner") -> Any:
    return company_session(factories.scope(company, role, user_id))


def view(name: str = "Quiet", **changes: Any) -> ViewInput:
    return ViewInput(**{"name": name, "address": "q=a&sort=name", "columns": COLUMNS, **changes})


async def test_everybody_has_columns_of_their_own(company: CompanyRef) -> None:
    async with session(company) as db:
        assert await views.get_layout(db) == DEFAULT_COLUMNS
        await views.save_layout(db, COLUMNS)
        await views.save_layout(db, COLUMNS[:2])
        assert await views.get_layout(db) == COLUMNS[:2]
    async with session(company, Role.VIEWER, "user_other") as db:
        assert await views.get_layout(db) == DEFAULT_COLUMNS


async def test_what_cannot_be_a_column_is_left_out(company: CompanyRef) -> None:
    hostile = [ColumnChoice("drop"), ColumnChoice("mrr", -5), ColumnChoice("mrr", 90), ColumnChoice("plan", 10**9),
               ColumnChoice("custom." + "x" * 99), ColumnChoice("tags", 1)]  # fmt: skip
    async with session(company) as db:
        await views.save_layout(db, hostile)
        assert await views.get_layout(db) == (ColumnChoice("mrr"), ColumnChoice("plan", 800), ColumnChoice("tags", 60))


async def test_a_private_view_is_its_owners_alone(company: CompanyRef) -> None:
    async with session(company, Role.VIEWER, "user_ann") as db:
        made = await views.create_view(db, view())
        found = await views.get_view(db, made)
        assert (found.name, found.address, found.columns, found.mine) == ("Quiet", "q=a&sort=name", COLUMNS, True)
    async with session(company) as db:
        assert await views.list_views(db) == []
        for ask in (views.get_view(db, made), views.change_view(db, made, view()), views.delete_view(db, made)):
            with pytest.raises(NotFound):
                await ask


async def test_a_shared_view_is_everybodys_and_changed_by_its_owner_or_an_admin(company: CompanyRef) -> None:
    async with session(company, Role.SUPPORT, "user_sue") as db:
        made = await views.create_view(db, view(shared=True))
    async with session(company, Role.SUPPORT, "user_tom") as db:
        [found] = await views.list_views(db)
        assert (found.mine, found.may_change, found.shared) == (False, False, True)
        for ask in (views.change_view(db, made, view()), views.delete_view(db, made)):
            with pytest.raises(Forbidden):
                await ask
    async with session(company, Role.VIEWER, "user_eve") as db:
        with pytest.raises(Forbidden):
            await views.create_view(db, view(shared=True))
    async with session(company) as db:
        await views.change_view(db, made, view("Loud", shared=True))
        assert [(one.name, one.may_change) for one in await views.list_views(db)] == [("Loud", True)]
        assert await views.delete_view(db, made) == "Loud"
        assert await views.list_views(db) == []


async def test_what_a_view_rests_on_is_not_deleted_under_it(company: CompanyRef) -> None:
    async with session(company) as db:
        beta = await lists.create_list(db, ListInput("Beta"))
        made = await views.create_view(db, view(uses=((UsedKind.LIST, beta),)))
        with pytest.raises(Conflict, match="the view “Quiet”"):
            await lists.delete_list(db, beta)
        await views.change_view(db, made, view())
        assert await lists.delete_list(db, beta) == 0


@pytest.mark.parametrize("wanted", [view(" "), view("x" * 61), view(address="q=" + "x" * 5_000)])
async def test_a_view_that_cannot_be_is_refused(company: CompanyRef, wanted: ViewInput) -> None:
    async with session(company) as db:
        with pytest.raises(InvalidInput):
            await views.create_view(db, wanted)
