"""The REST API as a program calls it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support import factories
from tests.support.web import Web
from whop_crm.access import CompanyRef, KeyScope
from whop_crm.api.v1 import description
from whop_crm.api.v1.docs_page import example
from whop_crm.api.v1.spec import operations

OPEN = {"health"}
"""The operations that need no key."""


def documented() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    yield from ((method, path, operation) for path, method, operation in operations(description()))


def body_of(operation: dict[str, Any]) -> Any:
    """The body that the documentation shows as an example; None where there is none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return content and example(description(), content["schema"])


@dataclass
class Client:
    """A program with one key. Paths are below `/api/v1`."""

    http: httpx.AsyncClient

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        return await self.http.request(method, f"/api/v1{path}", **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("POST", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.ask("DELETE", path, **options)

    async def walk(self, path: str, first: int, **params: Any) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        found: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            wanted = {**params, "first": first, **({"after": after} if after else {})}
            answer = await self.get(path, params=wanted)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert len(body["data"]) <= first
            found += body["data"]
            after = body["page_info"]["end_cursor"]
            assert body["page_info"]["has_next_page"] is (after is not None)
            if after is None:
                return found


async def client(web: Web, company: CompanyRef, *scopes: KeyScope) -> Client:
    secret = await factories.api_key(company, *scopes)
    return Client(web.http(headers={"authorization": f"Bearer {secret}"}))
