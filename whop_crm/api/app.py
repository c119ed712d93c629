"""The HTTP door: everything that is not a page's websocket."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from fastapi import FastAPI, Request
from granian.utils.proxies import wrap_asgi_with_proxy_headers  # pyright: ignore[reportUnknownVariableType] # as below
from starlette.responses import Response
from starlette.types import ASGIApp

from whop_crm.api import auth, health, webhooks
from whop_crm.api.front import FrontDoor, OwnOrigin, SafeHeaders
from whop_crm.api.inside import FrameDoor
from whop_crm.api.problems import add_problems, problem
from whop_crm.api.strangers import FewStrangers
from whop_crm.clients import oauth, user_token, whop
from whop_crm.config import settings


def create_api() -> FastAPI:
    """The endpoints. Reflex mounts itself behind them, so that they win over pages."""
    api = FastAPI(title="Whop CRM", docs_url=None, redoc_url=None, openapi_url=None)
    add_problems(api)
    api.include_router(health.router)
    api.include_router(auth.router)
    api.include_router(webhooks.router)
    api.add_route("/api/{rest:path}", _nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return api


async def _nothing(_request: Request) -> Response:
    """Without it an unknown endpoint would answer with a page."""
    return problem(404, "There is no such endpoint.")


def in_front(app: ASGIApp) -> ASGIApp:
    """Puts before all that is served what every request passes: proxy, headers, origin, strangers, sign-in."""
    door = SafeHeaders(OwnOrigin(FrameDoor(FewStrangers(FrontDoor(app)))))
    if not settings().proxies:
        return door
    wrapped: object = wrap_asgi_with_proxy_headers(door, settings().proxies)  # pyright: ignore[reportUnknownVariableType] # granian ships no types for it
    return cast("ASGIApp", wrapped)


@asynccontextmanager
async def clients() -> AsyncGenerator[None]:
    """Closes what the doors have opened to Whop, when the process ends."""
    try:
        yield
    finally:
        await oauth.close()
        await user_token.close()
        await whop.close()
