"""The REST API: `/api/v1/…`, and the same without the version. Its description is at `/api/v1/openapi.json`."""

from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, JSONResponse, Response

from whop_crm.api.v1 import (
    bulk_actions,
    custom_fields,
    exports,
    lists,
    members,
    notes,
    segments,
    spec,
    system,
    tags,
    webhooks,
)
from whop_crm.api.v1.docs_page import page

PREFIX = "/api/v1"

router = APIRouter()
_PARTS = (bulk_actions, exports, members, notes, segments, tags, lists, custom_fields, webhooks, system)
"""Fixed addresses stand before those with an id in the same place."""
for _part in _PARTS:
    router.include_router(_part.router)

_about = APIRouter(include_in_schema=False)


def add_api(api: FastAPI) -> None:
    """Adds every endpoint under both addresses, and what describes them."""
    api.include_router(_about, prefix=PREFIX)
    api.include_router(system.open_router, prefix=PREFIX)
    api.include_router(router, prefix=PREFIX)
    api.include_router(router, prefix="/api", include_in_schema=False)


@lru_cache
def description() -> dict[str, Any]:
    """The OpenAPI description of the API."""
    alone = FastAPI()
    alone.include_router(router, prefix=PREFIX)
    alone.include_router(system.open_router, prefix=PREFIX)
    return spec.describe(alone.routes)


@_about.get("/openapi.json")
async def openapi() -> Response:
    return JSONResponse(description())


@_about.get("/docs")
async def docs() -> Response:
    return HTMLResponse(page(description()))
