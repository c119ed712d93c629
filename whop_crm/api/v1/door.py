"""What every endpoint of the API passes: who asks, how often, one transaction, one answer to a repeated request.

request ─▶ key or cookie → Scope ─▶ rate ─▶ company session ─▶ endpoint ─▶ ETag ─▶ answer
                                             └── Idempotency-Key: claimed and kept in the same transaction
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar, cast

import structlog
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from whop_crm.api.problems import answer_to, problem
from whop_crm.api.v1 import rates
from whop_crm.api.v1.callers import Caller, identify, last_used
from whop_crm.db import CompanyDb, company_session
from whop_crm.errors import CrmError, InvalidInput
from whop_crm.services import api_keys
from whop_crm.services.api_keys import KeptAnswer

MOST_BYTES = 1024 * 1024
IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_KEY = re.compile(rf"[\x21-\x7e]{{1,{api_keys.LONGEST_KEY}}}\Z")
_ESCAPED = re.compile(rb"\\u(0000|[dD][89a-fA-F])")
_FOREVER: dict[str, str] = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie, X-Company"}
Handler = Callable[[Request], Awaitable[Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
log = structlog.get_logger(__name__)


def only_asks(endpoint: Endpoint) -> Endpoint:
    """Marks a POST that changes nothing: a repeated one is simply asked again."""
    cast("Any", endpoint).only_asks = True
    return endpoint


class Door(APIRoute):
    """The route class of the API's endpoints."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        inner = cast("Handler", super().get_route_handler())
        repeatable = "POST" in (self.methods or ()) and not getattr(self.endpoint, "only_asks", False)

        async def handle(request: Request) -> Response:
            told: dict[str, str] = {}
            try:
                body = await _body(request)
                caller = await _admit(request, told)
                key = _idempotency_key(request) if repeatable else None
                answer = await _work(request, inner, caller, key, body)
            except (CrmError, RequestValidationError, HTTPException) as error:
                answer = await answer_to(request, error)
            except TooMany:
                answer = problem(429, "That is too many requests. Wait as long as Retry-After says, then go on.")
            return _dressed(request, answer, told)

        return handle


class TooMany(Exception):
    """The caller is over the limit."""


async def _admit(request: Request, told: dict[str, str]) -> Caller:
    """Finds out who asks and counts it. Raises SignInNeeded, InvalidInput, Forbidden, TooMany."""
    caller = await identify(request)
    rate = await rates.count(caller.name)
    told.update(rates.headers(rate))
    if rates.is_over(rate):
        raise TooMany
    await last_used.note(caller)
    return caller


async def _body(request: Request) -> bytes:
    """The whole body, read before a session is opened. Raises HTTPException, InvalidInput."""
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MOST_BYTES:
                raise HTTPException(413, f"A request has at most {MOST_BYTES:,} bytes.")
    except ClientDisconnect:
        raise HTTPException(400, "The request broke off.") from None
    body = bytes(raw)
    request._body = body  # pyright: ignore[reportPrivateUsage] # where Starlette keeps a body once it is read
    if "%00" in request.scope.get("raw_path", b"").decode("latin-1") or "%00" in request.url.query:
        raise InvalidInput("An address cannot hold the character NUL.")
    if _ESCAPED.search(body) and not _is_storable(body):
        raise InvalidInput("Text cannot hold the character NUL or half of a surrogate pair.")
    return body


def _is_storable(body: bytes) -> bool:
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        return False
    except (ValueError, RecursionError):
        return True  # no JSON at all: the endpoint says so
    return "\\u0000" not in text.replace("\\\\", "")


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not _KEY.match(key):
        raise InvalidInput(
            f"An Idempotency-Key has 1 to {api_keys.LONGEST_KEY} visible ASCII characters.", IDEMPOTENCY_KEY
        )
    return key


async def _work(request: Request, inner: Handler, caller: Caller, key: str | None, body: bytes) -> Response:
    async with company_session(caller.scope) as db:
        request.state.db = db
        if key is None:
            return await inner(request)
        kept = await api_keys.claim_answer(db, caller.name, key, _fingerprint(request, body))
        if kept is not None:
            return _again(kept)
        answer = await inner(request)
        text = bytes(answer.body).decode()
        await api_keys.keep_answer(
            db, caller.name, key, KeptAnswer(answer.status_code, answer.headers.get("location"), text)
        )
        return answer


def _fingerprint(request: Request, body: bytes) -> str:
    """What makes a request the same: its method, address and body. `/api` and `/api/v1` are one address."""
    path = request.url.path.removeprefix("/api").removeprefix("/v1")
    return hashlib.sha256(
        b"\0".join([request.method.encode(), path.encode(), request.url.query.encode(), body])
    ).hexdigest()


def _again(kept: KeptAnswer) -> Response:
    headers = {REPLAYED: "true", **({"Location": kept.location} if kept.location else {})}
    return Response(kept.body or None, kept.status, headers, "application/json" if kept.body else None)


def _dressed(request: Request, answer: Response, told: dict[str, str]) -> Response:
    """Says how much the caller may ask yet, and nothing again that the caller has already."""
    answer.headers.update(told)
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if request.method != "GET" or answer.status_code != 200 or not hasattr(answer, "body"):
        return answer
    tag = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(None, 304, {**told, **_FOREVER, "ETag": tag})
    answer.headers.update({**_FOREVER, "ETag": tag})
    return answer


def _has(given: str, tag: str) -> bool:
    known = {one.strip().removeprefix("W/") for one in given.split(",")}
    return tag in known or "*" in known


def _session(request: Request) -> CompanyDb:
    return cast("CompanyDb", request.state.db)


Db = Annotated[CompanyDb, Depends(_session)]
"""The company session of a request, opened and committed by its door."""
