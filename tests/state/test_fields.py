"""The dialog that makes custom fields, and filling one in, without a browser."""

from tests.support import factories
from tests.support.web import Web
from whop_crm import routes
from whop_crm.access import Role
from whop_crm.db import company_session
from whop_crm.models.enums import CustomFieldType
from whop_crm.services import custom_fields
from whop_crm.state.member_fields import EditValueState
from whop_crm.state.settings.fields import EditFieldState, FieldSettingsState


async def test_fields_are_made_and_changed(web: Web) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company)
    async with web.tab(routes.settings_fields(company.whop_id), cookie) as tab:
        await tab.open()
        for name, kind, choices in (("Level", "choice", "Gold\n\nSilver"), ("Seats", "number", None), ("Bad", "x", "")):
            await tab.call(EditFieldState, "start", field_id=0)
            await tab.call(EditFieldState, "pick_type", value=kind)
            form = {"name": name, "type": kind} | ({} if choices is None else {"choices": choices})
            await tab.call(EditFieldState, "save", form=form)
            assert tab.var(EditFieldState, "is_open") is False, tab.told
        rows = tab.var(FieldSettingsState, "fields")
        await tab.until(lambda: len(tab.var(FieldSettingsState, "fields")) == 3)
        rows = tab.var(FieldSettingsState, "fields")
        assert [(row["name"], row["type"], row["detail"]) for row in rows] == [
            ("Level", "Choice", "Gold, Silver"), ("Seats", "Number", ""), ("Bad", "Text", "")]  # fmt: skip
        await tab.call(EditFieldState, "start", field_id=rows[0]["id"])
        assert tab.var(EditFieldState, "choices") == "Gold\nSilver"
        await tab.call(EditFieldState, "save", form={"name": "Seats", "choices": "Gold"})
        assert "already" in tab.var(EditFieldState, "error")
        await tab.call(EditFieldState, "save", form={"name": "Level", "choices": "Gold\ngold"})
        assert "the same choice" in tab.var(EditFieldState, "choices_error")


async def test_a_value_is_filled_in_by_who_may(web: Web) -> None:
    company = await factories.company()
    async with company_session(factories.scope(company)) as db:
        member = await factories.member(db)
        field = await custom_fields.create_field(db, "Seats", CustomFieldType.NUMBER)
    for role, kept in ((Role.VIEWER, ""), (Role.SUPPORT, "12")):
        cookie = await factories.sign_in(company, user_id=f"user_{role.value}", role=role)
        async with web.tab(routes.member(company.whop_id, member.whop_id), cookie) as tab:
            await tab.open()
            await tab.call(EditValueState, "start", field_id=field.id)
            await tab.call(EditValueState, "save", form={"value": "twelve"})
            assert ("no number" in tab.var(EditValueState, "error")) is (role is Role.SUPPORT)
            await tab.call(EditValueState, "save", form={"value": "12"})
            async with company_session(factories.scope(company)) as db:
                assert [row.shown for row in await custom_fields.values_of(db, member.id)] == [kept]
