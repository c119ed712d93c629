"""What is asked of an address under `/api/` where there is nothing: without it the answer would be a page."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from whop_crm.api.problems import problem

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def add_nothing(api: FastAPI) -> None:
    """Answers 405 where the address takes other methods, 404 where there is no such address. Added last."""
    known = list(api.router.routes)

    async def nothing(request: Request) -> Response:
        allowed = [method for method in METHODS if _takes(known, request.scope, method)]
        if not allowed:
            return problem(404, "There is no such endpoint.")
        words = f"This endpoint takes {' and '.join(allowed)}, not {request.method}."
        return problem(405, words, {"Allow": ", ".join(allowed)})

    api.add_route("/api/{rest:path}", nothing, methods=[*METHODS, "HEAD", "OPTIONS", "TRACE", "CONNECT", "QUERY"])


def _takes(routes: list[BaseRoute], scope: Scope, method: str) -> bool:
    asked = {**scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in routes)
