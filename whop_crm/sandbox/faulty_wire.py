"""Faults of requests: stands before every route that plays Whop, and answers in its place where a fault says so.

It also remembers what was asked, so that somebody may look at who asks for what.
"""

import asyncio
import math

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from whop_crm.sandbox.faults import Fault, FaultKind, Faults
from whop_crm.sandbox.rest.problems import ApiError, forbidden

_INSTEAD = (
    FaultKind.OUTAGE,
    FaultKind.CUT,
    FaultKind.RATE_LIMIT,
    FaultKind.ERROR,
    FaultKind.EMPTY,
    FaultKind.FORBIDDEN,
)
_NO_PAGES = {"end_cursor": None, "start_cursor": None, "has_next_page": False, "has_previous_page": False}
_API = "/api/v1/"


class CutOff(ConnectionError):
    """The connection broke: a server that is told so says nothing more, a client without a socket sees this."""


class FaultyWire:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = names_of(scope["method"], scope["path"]) if scope["type"] == "http" else ()
        if not names:
            await self.app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        self.faults.asked.append(f"{scope['method']} {scope['path']}{query and '?' + query}")
        slow = self.faults.strike((FaultKind.SLOW,), names)
        if slow is not None:
            await asyncio.sleep(slow.wish.wait or 0)
        fault = self.faults.strike(_INSTEAD, names)
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.wish.kind is FaultKind.CUT:
            await _cut(send)
        else:
            await _answer(fault)(scope, receive, send)


def names_of(method: str, path: str) -> tuple[str, ...]:
    """What a request is called in `FaultWish.operation`; nothing for what is not Whop's, such as `/sandbox`."""
    if path.endswith("/jwks.json"):
        return ("jwks",)
    if path.startswith(("/oauth/", "/.well-known/")):
        return ("oauth", path.rpartition("/")[2])
    if not path.startswith(_API):
        return ()
    resource, *rest = path.removeprefix(_API).split("/")
    if len(rest) > 1:
        return ("rest", resource, f"{resource}/{'/'.join(rest[1:])}")
    verb = {"GET": "retrieve" if rest else "list", "POST": "create", "PATCH": "update"}.get(method, method.lower())
    return ("rest", resource, f"{verb}_{resource}")


async def _cut(send: Send) -> None:
    """Promises more than it sends: what is left to the server is to close the connection."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"data":[', "more_body": True})
    raise CutOff("The connection was cut by a fault.")


def _answer(fault: Fault) -> Response:
    wish = fault.wish
    match wish.kind:
        case FaultKind.EMPTY:
            return JSONResponse({"data": [], "page_info": _NO_PAGES})
        case FaultKind.FORBIDDEN:
            reason = f"the {wish.scope} scope" if wish.scope else "this"
            return forbidden(f"App API key is not authorized for {reason}").response()
        case FaultKind.RATE_LIMIT:
            return _too_many(wish.wait).response()
        case _:
            status = wish.status or 500
            kind = "internal_server_error" if status >= 500 else "invalid_request_error"
            return ApiError(status, kind, "Something went wrong at Whop (a fault of the sandbox)").response()


def _too_many(wait: float | None) -> ApiError:
    if wait is None:
        return ApiError(429, "rate_limit_exceeded", "Rate limit exceeded. Try again later.")
    seconds = math.ceil(wait)
    message = f"Rate limit exceeded. Try again in {seconds} seconds."
    return ApiError(429, "rate_limit_exceeded", message, headers={"Retry-After": str(seconds)})
