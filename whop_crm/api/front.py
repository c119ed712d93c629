"""What stands before everything that is served: own origin only, safe headers, and pages only for who is signed in."""

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whop_crm import routes
from whop_crm.api import doorman
from whop_crm.api.inside import is_framed
from whop_crm.api.problems import problem
from whop_crm.config import settings

_HASHED = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8,}\.\w+\Z")
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_SIGNED = ("/api/webhooks/",)
"""Paths whose callers prove themselves by a signature instead of a cookie."""


def content_policy(*, framed: bool = False) -> str:
    """Reflex's front end evaluates code that the server sends; photos come from Whop and its CDN.

    Whop's pages may frame what its proxy asked for; what is opened at our own address nobody may.
    """
    sockets = " ".join("ws" + origin.removeprefix("http") for origin in settings().origins)
    ancestors = f"'self' {settings().whop_frame_origins}" if framed else "'self'"
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: https: {settings().whop_origin}",
            "font-src 'self' data:",
            f"connect-src 'self' {sockets}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {ancestors}",
        )
    )


class SafeHeaders:
    """Puts the security and cache headers on every answer, and keeps redirects on the address people typed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _dress(scope, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, sending)


def _dress(scope: Scope, headers: MutableHeaders) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers["Content-Security-Policy"] = content_policy(framed=is_framed(Headers(scope=scope)))
    if settings().origin.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if _HASHED.search(scope["path"]):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif _private(scope["path"], headers):
        headers["Cache-Control"] = "no-store"
    location = headers.get("location")
    if location and scope["path"] != routes.OUTSIDE:
        headers["location"] = _same_place(scope, location)


def _private(path: str, headers: MutableHeaders) -> bool:
    """Pages, and what we answer ourselves unless it may be asked for again by its tag."""
    content_type = headers.get("content-type", "")
    if content_type.startswith("text/html"):
        return True
    return "etag" not in headers and (path.startswith(("/api/", "/auth/", "/metrics")) or not content_type)


def _same_place(scope: Scope, location: str) -> str:
    """A redirect to ourselves without scheme and host: behind TLS we would name the wrong ones."""
    parts = urlsplit(location)
    if parts.netloc and parts.netloc == Headers(scope=scope).get("host"):
        return parts._replace(scheme="", netloc="").geturl()
    return location


class OwnOrigin:
    """Refuses writes and websockets that another site's page begins in a visitor's browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and _foreign(scope):
            answer = problem(403, "This request comes from another site.")
            if scope["type"] == "websocket":
                answer = WebSocketRefusal()
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


class WebSocketRefusal(Response):
    """Ends a websocket handshake: the server answers it with 403."""

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})


def _foreign(scope: Scope) -> bool:
    if scope["type"] == "http" and (scope["method"] not in _WRITES or scope["path"].startswith(_SIGNED)):
        return False
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None:
        return origin not in settings().origins
    return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}


class FrontDoor:
    """Sends people who open a page to where they can: to Whop to sign in, to their company, to the one true address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _opens_page(scope):
            answer = _elsewhere(HTTPConnection(scope)) or await doorman.redirect(Request(scope))
            if answer is not None:
                await RedirectResponse(answer, 303)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _opens_page(scope: Scope) -> bool:
    path = scope["path"]
    return (
        scope["method"] in {"GET", "HEAD"}
        and "text/html" in Headers(scope=scope).get("accept", "")
        and (path == routes.HOME or path == routes.OPEN_COMPANY or path.startswith(f"{routes.OPEN_COMPANY}/"))
    )


def _elsewhere(connection: HTTPConnection) -> str | None:
    """On this machine the app has several names, of which only one may open its websocket."""
    ours = urlsplit(settings().origin)
    asked = connection.url
    if asked.netloc == ours.netloc or not {asked.hostname, ours.hostname} <= _LOOPBACK:
        return None
    return asked.replace(scheme=ours.scheme, netloc=ours.netloc).__str__()
