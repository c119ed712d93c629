"""Sending a file in by a form, and getting back what did not fit."""

import pytest

from tests.support import factories
from tests.support.web import ORIGIN, Web
from whop_crm import routes
from whop_crm.access import CompanyRef, Role
from whop_crm.db import company_session
from whop_crm.services import custom_fields, imports, tags
from whop_crm.state.importing import ImportState


@pytest.fixture
async def company(db: None) -> CompanyRef:
    company = await factories.company()
    async with company_session(factories.scope(company)) as session:
        await factories.member(session, email="ann@x.de")
    return company


async def send(web: Web, company: CompanyRef, role: Role = Role.ADMIN, **form: object) -> tuple[int, str, str]:
    """Status, where it leads, and what it says."""
    cookie = await factories.sign_in(company, user_id=f"user_{factories.number()}", role=role)
    async with web.http(headers={"cookie": f"whop_crm={cookie}", "origin": ORIGIN}) as http:
        answer = await http.post(routes.import_file(company.whop_id), **form)
    return answer.status_code, answer.headers.get("location", ""), answer.text


async def test_a_file_goes_all_the_way(web: Web, company: CompanyRef) -> None:
    file = ("Märchen.csv", b"Email,Tags,Was\nann@x.de,VIP,x\nbob@x.de,VIP,=1+1\n", "text/csv")
    status, where, _ = await send(web, company, files={"file": file}, data={"text": ""})
    assert (status, where.partition("?")[0]) == (303, routes.import_members(company.whop_id))
    cookie = await factories.sign_in(company)
    async with web.tab(where, cookie) as tab:
        await tab.open()
        assert tab.var(ImportState, "current")["name"] == "Märchen.csv"
        assert [one["target"] for one in tab.var(ImportState, "columns")] == ["email", "tags", ""]
        await tab.call(ImportState, "plan", form={"column-0": "email", "column-x": "y", "tag": "", "list": ""})
        assert "what to bring in" in tab.var(ImportState, "error")
        await tab.call(ImportState, "plan", form={"column-0": "email", "column-1": "tags", "column-2": ""})
        await tab.until(lambda: tab.var(ImportState, "changes"))
        assert tab.var(ImportState, "changes") == [{"what": "Tag VIP", "changed": "1", "same": "0"}]
        assert tab.var(ImportState, "problems")[0]["problem"] == "Nobody has the email “bob@x.de”."
        await tab.call(ImportState, "apply")
        await tab.until(lambda: tab.var(ImportState, "current")["undoable"])
        async with web.http(headers={"cookie": f"whop_crm={cookie}"}) as http:
            answer = await http.get(tab.var(ImportState, "problems_link"))
        assert answer.text.splitlines()[1:] == ['"3","Nobody has the email “bob@x.de”.","bob@x.de","VIP","\'=1+1"']
        await tab.call(ImportState, "undo", import_id=tab.var(ImportState, "current")["id"])
        await tab.until(lambda: tab.var(ImportState, "current")["status"] == "Undone")
        assert tab.var(ImportState, "current")["detail"] == "1 change undone by Owner"
    async with company_session(factories.scope(company)) as db:
        assert [(one.name, one.members) for one in await tags.list_tags(db)] == [("VIP", 0)]


async def test_cells_are_pasted(web: Web, company: CompanyRef) -> None:
    status, where, _ = await send(web, company, data={"text": "Email\tLevel\nann@x.de\t3"})
    assert status == 303
    async with company_session(factories.scope(company)) as db:
        [row] = await imports.list_imports(db)
        assert (row.name, row.delimiter, where.endswith(f"?id={row.id}")) == ("Pasted cells", "\t", True)
        assert await custom_fields.list_fields(db) == []


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"data": {"text": "  "}}, "Choose a file"),
        ({"files": {"file": ("x.csv", b"", "text/csv")}}, "Choose a file"),
        ({"files": {"file": ("x.xlsx", b"PK\x03\x04", "text/csv")}}, "workbook"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=y"}}, ""),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, "could not be read"),
        ({"content": b"\xff\xfe\0", "headers": {"content-type": "application/json"}}, "Choose a file"),
        ({"files": {"file": ("x.csv", b"a@x.de,1\n" * 2_500_000, "text/csv")}}, "at most 20 MB"),
    ],
)
async def test_what_cannot_be_is_said_on_a_page(web: Web, company: CompanyRef, form: dict, says: str) -> None:
    status, where, text = await send(web, company, **form)
    assert (status, where) == (422, "")
    assert says in text
    assert routes.import_members(company.whop_id) in text


async def test_who_may_not(web: Web, company: CompanyRef) -> None:
    for role in (Role.SUPPORT, Role.VIEWER):
        status, _, _ = await send(web, company, role, data={"text": "ann@x.de,1"})
        assert status == 403
    async with company_session(factories.scope(company)) as db:
        assert await imports.list_imports(db) == []
        import_id = await imports.stage(db, "x", b"ann@x.de,1")
    other = await factories.company()
    cookie = await factories.sign_in(other, user_id="user_other")
    async with web.http(headers={"cookie": f"whop_crm={cookie}"}) as http:
        for address in (routes.import_problems(other.whop_id, import_id), routes.import_problems(other.whop_id, "x"),
                        routes.import_problems(company.whop_id, import_id)):  # fmt: skip
            assert (await http.get(address)).status_code == 404
