"""The HTTP door: everything that is not a page's websocket."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from fastapi import FastAPI
from granian.utils.proxies import wrap_asgi_with_proxy_headers  # pyright: ignore[reportUnknownVariableType] # as below
from starlette.types import ASGIApp

from whop_crm.api import auth, exports, health, imports, webhooks
from whop_crm.api.elsewhere import add_nothing
from whop_crm.api.front import FrontDoor, OwnOrigin, SafeHeaders
from whop_crm.api.inside import FrameDoor
from whop_crm.api.problems import add_problems
from whop_crm.api.strangers import FewStrangers
from whop_crm.api.v1 import add_api, rates
from whop_crm.clients import oauth, user_token, whop
from whop_crm.config import settings


def create_api() -> FastAPI:
    """The endpoints. Reflex mounts itself behind them, so that they win over pages."""
    api = FastAPI(title="Whop CRM", docs_url=None, redoc_url=None, openapi_url=None)
    add_problems(api)
    api.include_router(health.router)
    api.include_router(auth.router)
    api.include_router(webhooks.router)
    api.include_router(exports.router)
    api.include_router(imports.router)
    add_api(api)
    add_nothing(api)
    return api


def in_front(app: ASGIApp) -> ASGIApp:
    """Puts before all that is served what every request passes: proxy, headers, origin, strangers, sign-in."""
    door = SafeHeaders(OwnOrigin(FrameDoor(FewStrangers(FrontDoor(app)))))
    if not settings().proxies:
        return door
    wrapped: object = wrap_asgi_with_proxy_headers(door, settings().proxies)  # pyright: ignore[reportUnknownVariableType] # granian ships no types for it
    return cast("ASGIApp", wrapped)


@asynccontextmanager
async def clients() -> AsyncGenerator[None]:
    """Closes what the doors have opened to Whop and Redis, when the process ends."""
    try:
        yield
    finally:
        await oauth.close()
        await user_token.close()
        await whop.close()
        await rates.close()
