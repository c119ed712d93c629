"""Whop's own site, as far as an embedded app sees it: a page of one site that frames the app under another.

    http://whop.localhost:PORT/?person=user_…&to=/dashboard/biz_…     Whop's page, with a frame in it
    http://<app>.apps.localhost:PORT/…                                the app, as Whop's proxy serves it

Browsers take the two for different sites, and both for safe ones although they are plain HTTP: Secure cookies work, and
a cookie in the frame is a third party's. Each request to the app is passed on with `x-whop-user-token`, websockets too.
Who is signed in at Whop is a cookie of the proxy, which the app never sees.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, urlsplit

from whop_crm.sandbox.frame_page import frame_page, people_page
from whop_crm.sandbox.keys import KeyRing
from whop_crm.sandbox.oauth_page import SignInGroup

WHOP_HOST = "whop.localhost"
HEADER = "x-whop-user-token"
LIFETIME = 300
_ENTER = "/_whop/enter"
_COOKIE = "whop_user"
_HEAD_LIMIT = 65_536
_PERSON = re.compile(r"user_\w{1,64}")
_DROPPED = {"host", "connection", "cookie", HEADER, "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for"}


def whop_address(port: int) -> str:
    """The origin of Whop's pages."""
    return f"http://{WHOP_HOST}:{port}"


def app_host(app_id: str) -> str:
    label = re.sub(r"[^a-z0-9]", "", app_id.lower())
    return f"{label}.apps.localhost"


def frame_environment(app_id: str, port: int) -> dict[str, str]:
    """The product's environment variables that let it be framed by this sandbox."""
    return {"WHOP_APP_ORIGIN": f"http://{app_host(app_id)}:{port}", "WHOP_FRAME_ORIGINS": whop_address(port)}


@dataclass
class Frame:
    """What Whop's proxy does now. Tests and commands change it while it runs.

    `lifetime` is that of a token in seconds, negative for one that is over; `websockets` False has them refused;
    `token` makes the header's value for a person, None for no header.
    """

    app_id: str
    app_origin: str
    keys: KeyRing
    groups: Callable[[], list[SignInGroup]]
    companies: Callable[[], list[tuple[str, str]]]
    port: int
    lifetime: int = LIFETIME
    websockets: bool = True
    token: Callable[[str], str | None] = field(init=False)

    def __post_init__(self) -> None:
        self.token = self.user_token

    def user_token(self, user_id: str) -> str:
        return self.keys.user_token(user_id, self.app_id, lifetime=self.lifetime)

    @property
    def url(self) -> str:
        return whop_address(self.port)

    @property
    def framed_origin(self) -> str:
        return f"http://{app_host(self.app_id)}:{self.port}"

    def address(self, person: str, to: str) -> str:
        """Where a person opens the app's `to` inside Whop."""
        return f"{self.url}/?person={person}&to={quote(to)}"


@dataclass(frozen=True)
class _Head:
    """A request up to its body."""

    method: str
    target: str
    headers: list[tuple[str, str]]

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def upgrade(self) -> bool:
        return self.get("upgrade").lower() == "websocket"

    @property
    def cookies(self) -> list[str]:
        return [part.strip() for part in self.get("cookie").split(";") if part.strip()]


@asynccontextmanager
async def framing(frame: Frame) -> AsyncIterator[None]:
    """Listens while the block runs."""
    open_ones: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(_serve(frame, reader, writer))
        open_ones.add(task)
        task.add_done_callback(open_ones.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", frame.port, limit=_HEAD_LIMIT)
    try:
        yield
    finally:
        server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def _serve(frame: Frame, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request a connection."""
    try:
        head = _parsed(await reader.readuntil(b"\r\n\r\n"))
        host = head.get("host").partition(":")[0]
        if host == WHOP_HOST:
            writer.write(_whop(frame, head))
        elif host != app_host(frame.app_id):
            writer.write(_answer(404, "Nothing is here."))
        elif head.target.startswith(_ENTER):
            writer.write(_enter(head))
        else:
            await _pass_on(frame, head, reader, writer)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        pass
    finally:
        writer.close()


def _parsed(raw: bytes) -> _Head:
    first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return _Head(method, target, [(name.strip(), value.strip()) for name, _, value in pairs])


def _whop(frame: Frame, head: _Head) -> bytes:
    """Whop's own page: whom to be, or the app in its frame."""
    address = urlsplit(head.target)
    asked = {name: values[-1] for name, values in parse_qs(address.query).items()}
    if address.path != "/":
        return _answer(404, "Nothing is here.")
    person, to = asked.get("person", ""), asked.get("to", "")
    if not to:
        return _answer(200, people_page(frame.groups(), frame.companies()))
    source = f"{frame.framed_origin}{_ENTER}?person={quote(person)}&to={quote(to)}"
    return _answer(200, frame_page(source, person))


def _enter(head: _Head) -> bytes:
    """Remembers who is signed in at Whop, and goes on to the app. Without a person, nobody is."""
    asked = parse_qs(urlsplit(head.target).query)
    person, to = asked.get("person", [""])[-1], asked.get("to", ["/"])[-1]
    if not to.startswith("/") or to.startswith("//") or "\r" in to or "\n" in to:
        return _answer(400, "That is no path of the app.")
    kept = person if _PERSON.fullmatch(person) else ""
    life = "" if kept else "; Max-Age=0"
    cookie = f"{_COOKIE}={kept}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned{life}"
    return _answer(303, "", {"Location": to, "Set-Cookie": cookie})


async def _pass_on(frame: Frame, head: _Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if head.upgrade and not frame.websockets:
        writer.write(_answer(403, "Websockets are blocked here."))
        return
    app = urlsplit(frame.app_origin)
    try:
        to_app = await asyncio.open_connection(app.hostname, app.port or 80)
    except OSError:
        writer.write(_answer(502, "The app does not answer."))
        return
    from_app, upstream = to_app
    try:
        upstream.write(_forwarded(frame, head, app.netloc))
        both = {asyncio.create_task(_pump(reader, upstream)), asyncio.create_task(_pump(from_app, writer))}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
    finally:
        upstream.close()


def _forwarded(frame: Frame, head: _Head, netloc: str) -> bytes:
    """The request as the app gets it: its own host, and a token in place of Whop's cookie."""
    people = [cookie.partition("=")[2] for cookie in head.cookies if cookie.startswith(f"{_COOKIE}=")]
    cookies = [cookie for cookie in head.cookies if not cookie.startswith(f"{_COOKIE}=")]
    headers = [(name, value) for name, value in head.headers if name.lower() not in _DROPPED]
    headers += [("host", netloc), ("connection", "Upgrade" if head.upgrade else "close")]
    headers += [("x-forwarded-host", head.get("host")), ("x-forwarded-proto", "http")]
    if cookies:
        headers.append(("cookie", "; ".join(cookies)))
    if people and (token := frame.token(people[-1])):
        headers.append((HEADER, token))
    lines = [f"{head.method} {head.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_HEAD_LIMIT):
            writer.write(data)
            await writer.drain()


def _answer(status: int, body: str, more: dict[str, str] | None = None) -> bytes:
    raw = body.encode()
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(raw)),
        "Cache-Control": "no-store",
        "Connection": "close",
        **(more or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Sandbox\r\n{head}\r\n".encode("latin-1") + raw
