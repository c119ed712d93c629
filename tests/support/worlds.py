"""Small worlds for the sandbox's own tests, its REST API without a socket, and the official client pointed at it."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import httpx
from fastapi import FastAPI
from pydantic import BaseModel
from whop_sdk import AsyncWhop
from whop_sdk.environment import WhopEnvironment

from whop_crm.sandbox.history import create_world
from whop_crm.sandbox.rest import API_VERSION, rest_router
from whop_crm.sandbox.store import Caller, Store

ANCHOR = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORIGIN = "http://sandbox.test"
HEADERS = {"Authorization": "Bearer app", "Api-Version-Date": API_VERSION}


@lru_cache
def template(members: int = 60, seed: int = 3) -> Path:
    """A folder with a finished world; not to be written to."""
    folder = Path(tempfile.mkdtemp(prefix="whop-world-"))
    store = Store.open(folder)
    create_world(store, seed=seed, members=members, anchor=ANCHOR)
    store.close()
    return folder


def new_world(directory: Path, members: int = 60, seed: int = 3) -> Store:
    """A store of one's own with a copy of the world."""
    shutil.copytree(template(members, seed), directory / "sandbox")
    return Store.open(directory / "sandbox")


def callers(store: Store) -> dict[str, Caller]:
    """Bearer tokens: `app`, `account` (the second company's key), `owner` (a user token), `weak` (no scopes)."""
    main, second = store.installed_accounts
    owner = next(each for each in store.get_meta("people") if each["role"] == "owner")
    return {
        "app": Caller("app", "app", frozenset((main, second))),
        "account": Caller("account", "account", frozenset((second,))),
        "owner": Caller("user", "owner", frozenset((main,)), owner["user_id"]),
        "weak": Caller("user", "weak", frozenset((main,)), owner["user_id"], frozenset({"company:basic:read"})),
    }


def rest_app(store: Store, rate_limit: int | None = None) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.include_router(rest_router(store, callers(store).get, rate_limit=rate_limit))
    return app


@asynccontextmanager
async def http_client(store: Store, rate_limit: int | None = None) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(rest_app(store, rate_limit))
    async with httpx.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api/v1", headers=HEADERS) as client:
        yield client


@asynccontextmanager
async def whop_client(store: Store, token: str = "app") -> AsyncIterator[AsyncWhop]:
    transport = httpx.ASGITransport(rest_app(store))
    async with httpx.AsyncClient(transport=transport) as client:
        environment = WhopEnvironment(api=f"{ORIGIN}/api/v1", vault=f"{ORIGIN}/vault")
        yield AsyncWhop(
            token=token, api_version_date=API_VERSION, environment=environment, httpx_client=client, max_retries=0
        )


def flaws(model: type[BaseModel], raw: Any, path: str = "") -> list[str]:
    """What a wire object lacks or has too much against its SDK type, recursively.

    Every declared field must be there, null or not, unless the SDK gives it a default and it is absent on purpose in
    legacy lists; nothing undeclared may be there.
    """
    parsed = model.model_validate(raw)
    return _flaws(parsed, raw, path or model.__name__)


def _flaws(parsed: Any, raw: Any, path: str) -> list[str]:
    if isinstance(parsed, BaseModel):
        found = [f"{path}.{name} is not declared" for name in (parsed.model_extra or {})]
        for name, field in type(parsed).model_fields.items():
            wire = field.alias or name
            if wire not in raw:
                found.append(f"{path}.{wire} is missing")
                continue
            if raw[wire] is not None and not _literal_ok(field.annotation, raw[wire]):
                found.append(f"{path}.{wire} is {raw[wire]!r}, which the SDK does not list")
            found += _flaws(getattr(parsed, name), raw[wire], f"{path}.{wire}")
        return found
    if isinstance(parsed, list):
        return [each for item, part in zip(parsed, raw, strict=True) for each in _flaws(item, part, f"{path}[]")]
    return []


def _literal_ok(annotation: Any, value: Any) -> bool:
    """Open enums accept anything: hold them to the values the SDK knows."""
    known = [each for part in _parts(annotation) if isinstance(part, str) for each in (part,)]
    return not known or not isinstance(value, str) or value in known


def _parts(annotation: Any) -> list[Any]:
    if isinstance(annotation, str):
        return [annotation]
    if getattr(annotation, "__origin__", None) is list:
        return []
    return [part for inner in get_args(annotation) for part in _parts(inner)]
