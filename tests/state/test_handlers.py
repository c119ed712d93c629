"""Every event handler there is, called as an attacker would. New pages are covered without a word here."""

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from reflex.state import BaseState
from reflex_base.event import EventHandler
from reflex_base.event.processor import base_state_processor
from reflex_base.registry import RegistrationContext

from tests.support import factories
from tests.support.web import Tab, Web
from whop_crm import routes
from whop_crm.access import Role, Scope
from whop_crm.db import company_session
from whop_crm.state.guard import REFLEX_EVENTS
from whop_crm.state.marks import Anyone, Teammate, rule_of
from whop_crm.state.members import MembersState

SECRET = "Iron Forge"
JUNK: tuple[Any, ...] = ({"a": 1}, [1, "x"], [[["x"]]], "x\0y", "\ud800", 2**80, 1e308 * 10, "x" * 70_000, "x", None)


def handlers() -> dict[str, EventHandler]:
    """All that a browser can name, as the app has registered it."""
    import whop_crm.whop_crm  # noqa: F401 - importing it registers them

    return {name: one.handler for name, one in RegistrationContext.get().event_handlers.items()}


def ours() -> dict[str, EventHandler]:
    return {name: one for name, one in handlers().items() if name not in REFLEX_EVENTS and rule_of(one)}


def arguments(handler: EventHandler) -> dict[str, Any]:
    """The annotation of each argument."""
    hints = typing.get_type_hints(handler.fn, include_extras=True)
    return {name: hints.get(name) for name in list(inspect.signature(handler.fn).parameters)[1:]}


def fitting(handler: EventHandler) -> dict[str, Any]:
    """Arguments that the guard lets through."""
    return {
        name: next(v for v in ("1", 1, True, {}, []) if _fits(kind, v)) for name, kind in arguments(handler).items()
    }


def _fits(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValueError:
        return False
    return True


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the handlers that were run, whatever became of them."""
    names: list[str] = []
    original = base_state_processor.process_event

    async def recording(handler: EventHandler, payload: dict, state: BaseState, root_state: BaseState | None) -> None:
        name = f"{handler.state_full_name}.{handler.fn.__name__}"
        if name not in REFLEX_EVENTS:
            names.append(name)
        await original(handler, payload, state, root_state)

    monkeypatch.setattr(base_state_processor, "process_event", recording)
    return names


async def _call_all(tab: Tab) -> None:
    for name, handler in handlers().items():
        await tab.emit(name, fitting(handler) if name in ours() else {"value": "x", "var_name": "role", "vars": {}})
    await tab.settle()


def _paths(company: str) -> Iterator[str]:
    yield routes.dashboard(company)
    yield routes.members(company)
    yield routes.member(company, "mber_one")


def test_every_handler_carries_a_marker_or_never_runs() -> None:
    unmarked = {
        name.rpartition(".")[2] for name, one in handlers().items() if name not in REFLEX_EVENTS and not rule_of(one)
    }
    assert unmarked <= {"setvar"}


def test_every_argument_says_its_type() -> None:
    loose = [
        f"{name}({argument})"
        for name, handler in ours().items()
        for argument, kind in arguments(handler).items()
        if kind in {None, Any, object, dict, list}
    ]
    assert loose == []


def test_few_handlers_are_for_everybody() -> None:
    public = {name.rpartition("____")[2] for name, one in ours().items() if rule_of(one) == Anyone()}
    assert public == {"session_state.check", "home_state.load"}


async def test_nothing_runs_without_a_session(web: Web, ran: list[str]) -> None:
    company = await factories.company(title=SECRET)
    for cookie in (None, "A" * 43):
        async with web.tab(routes.members(company.whop_id), cookie) as tab:
            await _call_all(tab)
            assert SECRET not in "".join(tab.raw)
    assert _not_public(ran) == set()


async def test_nothing_runs_for_another_company(web: Web, ran: list[str]) -> None:
    mine, theirs = await factories.company(), await factories.company(title=SECRET)
    cookie = await factories.sign_in(mine)
    for path in _paths(theirs.whop_id):
        async with web.tab(path, cookie) as tab:
            await _call_all(tab)
            assert SECRET not in "".join(tab.raw)
    assert _not_public(ran) == set()


async def test_nothing_runs_outside_a_company(web: Web, ran: list[str]) -> None:
    cookie = await factories.sign_in(await factories.company(title=SECRET))
    async with web.tab("/no-access", cookie) as tab:
        await _call_all(tab)
    assert _not_public(ran) == set()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
async def test_a_role_runs_what_its_permissions_allow(web: Web, ran: list[str], role: Role) -> None:
    company = await factories.company()
    cookie = await factories.sign_in(company, role=role)
    async with web.tab(routes.members(company.whop_id), cookie) as tab:
        await tab.open()
        await _call_all(tab)
    proof = factories.scope(company, role)
    assert MembersState.event_handlers["load"].fn.__name__ in {name.rpartition(".")[2] for name in ran}
    assert set(ran) == {name for name in ours() if _allowed(proof, handlers()[name])}


def _allowed(proof: Scope, handler: EventHandler) -> bool:
    match rule_of(handler):
        case Teammate(permission=permission) if permission is not None:
            return proof.allows(permission)
        case rule:
            return rule is not None


async def test_malformed_arguments_never_reach_a_handler(web: Web, ran: list[str]) -> None:
    company = await factories.company()
    async with web.tab(routes.members(company.whop_id), await factories.sign_in(company)) as tab:
        await tab.open()
        ran.clear()
        for name, handler in ours().items():
            good = fitting(handler)
            await tab.emit(name, {**good, "surplus": 1})
            await tab.emit(name, [good])
            await tab.emit(name, "text")
            for argument, kind in arguments(handler).items():
                if inspect.signature(handler.fn).parameters[argument].default is inspect.Parameter.empty:
                    await tab.emit(name, {key: value for key, value in good.items() if key != argument})
                for junk in JUNK:
                    if not _fits(kind, junk) or _unfit(junk):
                        await tab.emit(name, {**good, argument: junk})
        await tab.settle()
    assert ran == []


def _unfit(junk: Any) -> bool:
    """Values that no handler gets, whatever its annotation."""
    return junk in ("x\0y", "\ud800", 2**80, "x" * 70_000, 1e308 * 10)


@pytest.mark.slow
async def test_a_stolen_client_token_runs_nothing_on_what_it_belonged_to(web: Web, ran: list[str]) -> None:
    company = await factories.company(title=SECRET)
    async with company_session(factories.scope(company)) as db:
        await factories.member(db, whop_id="mber_one", name="Anna of the Forge", email="anna@forge.test")
    cookie = await factories.sign_in(company)
    own = await factories.company()
    thief_cookie = await factories.sign_in(own, user_id="user_thief")
    for path in _paths(company.whop_id):
        async with web.tab(path, cookie) as victim:
            await victim.open()
        ran.clear()
        for stolen, there in ((None, path), (thief_cookie, path), (thief_cookie, routes.members(own.whop_id))):
            async with web.tab(there, stolen, token=victim.token) as thief:
                await _call_all(thief)
                seen = "".join(thief.raw)
                assert SECRET not in seen
                assert "Anna" not in seen
            if there == path:
                assert _not_public(ran) == set()


def _not_public(names: list[str]) -> set[str]:
    return {name for name in names if rule_of(handlers()[name]) != Anyone()}
