"""The whole description of the REST API, tried with what it allows and what it does not: every answer is one it names.

Schemathesis makes the requests and judges the answers; they are served in this process, over a real database.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.api.test_v1_companies import furnished
from tests.support import factories, rest
from tests.support.rest import Client
from tests.support.web import ORIGIN, Web
from whop_crm.api.v1 import description
from whop_crm.config import settings as app_settings

NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
FEW, MANY = 4, 40
SCHEMA = schemathesis.openapi.from_dict(description())


def operations() -> list[Any]:
    """What deletes comes last, so that there is something to try the others with."""
    found = [one.ok() for one in SCHEMA.get_all_operations()]
    return sorted(found, key=lambda one: one.method.upper() == "DELETE")


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "1000000")
    app_settings.cache_clear()
    yield
    monkeypatch.undo()
    app_settings.cache_clear()


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_answer_is_one_that_is_described(web: Web, unlimited: None) -> None:
    await _try_all(web, FEW, reproducible=True)


@pytest.mark.long
@pytest.mark.timeout(3_600)
async def test_every_answer_is_one_that_is_described_at_length(web: Web, unlimited: None) -> None:
    await _try_all(web, MANY, reproducible=False)


async def _try_all(web: Web, examples: int, *, reproducible: bool) -> None:
    company = await factories.company()
    own, program = await furnished(company), await rest.client(web, company)
    await asyncio.to_thread(_try_each, program, own, asyncio.get_running_loop(), examples, reproducible)


def _try_each(
    program: Client, own: dict[str, Any], loop: asyncio.AbstractEventLoop, examples: int, reproducible: bool
) -> None:
    load_all_checks()
    checks = CHECKS.get_by_names(NAMES)

    def judge(case: Any) -> None:
        address = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare().url or ""
        if len(address) > 8_000 or "%0A" in address.partition("?")[0]:
            return  # longer than an address may be, or with a line break, which no router knows
        answer = asyncio.run_coroutine_threadsafe(_send(program, case), loop).result(30)
        case.validate_response(answer, checks=checks)

    def with_own_ids(case: Any) -> None:
        case.path_parameters = {name: own[name] for name in case.path_parameters or {}}
        judge(case)

    wanted = settings(
        max_examples=examples, deadline=None, database=None, derandomize=reproducible,
        suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate),
    )  # fmt: skip
    for operation in operations():
        for mode, attempt in ((GenerationMode.POSITIVE, with_own_ids), (GenerationMode.NEGATIVE, judge)):
            with suppress(Unsatisfiable):  # of what takes nothing there is no wrong use
                wanted(given(case=operation.as_strategy(generation_mode=mode))(_fresh(attempt)))()


def _fresh(attempt: Callable[[Any], None]) -> Callable[[Any], None]:
    """A function of its own for each use: Hypothesis remembers them."""

    def attempted(case: Any) -> None:
        attempt(case)

    return attempted


async def _send(program: Client, case: Any) -> httpx.Response:
    prepared = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
    headers = {name: value for name, value in prepared.headers.items() if name.lower() != "authorization"}
    return await program.http.request(prepared.method, prepared.url, headers=headers, content=prepared.body)


async def test_a_method_that_is_not_described_is_refused(web: Web) -> None:
    program = await rest.client(web, await factories.company())
    for path, methods in description()["paths"].items():
        answer = await program.http.put(path.replace("{", "").replace("}", ""))
        assert answer.status_code == 405, path
        assert set(answer.headers["allow"].split(", ")) >= {one.upper() for one in methods}
