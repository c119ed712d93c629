"""The sandbox as one server: its own process, its own port, its own folder.

with running(directory, Options(members=50, pace=0)) as sandbox:   # a thread, for tests
    httpx.get(f"{sandbox.url}/health")

app = create_app(directory, Options(members=50, pace=0))           # without a socket
async with app.router.lifespan_context(app): ...

serve(directory, Options(), port=4000)                             # until SIGINT or SIGTERM
"""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from time import monotonic, time

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from granian.constants import Interfaces
from granian.server.embed import Server

from whop_crm.sandbox import history
from whop_crm.sandbox.control import Levers, control_router
from whop_crm.sandbox.delivery import RETRY_SCHEDULE, Courier
from whop_crm.sandbox.faults import FaultKind, Faults
from whop_crm.sandbox.faulty_wire import FaultyWire
from whop_crm.sandbox.frame import Frame, framing
from whop_crm.sandbox.grants import Grants
from whop_crm.sandbox.hooks import Hooks
from whop_crm.sandbox.keys import KeyRing, SandboxCredentials, credentials
from whop_crm.sandbox.life import PACE, Life
from whop_crm.sandbox.oauth import SignIn, oauth_router
from whop_crm.sandbox.oauth_page import page
from whop_crm.sandbox.outbox import Outbox
from whop_crm.sandbox.people import sign_in_groups, token_resolver, user_finder
from whop_crm.sandbox.rest import rest_router
from whop_crm.sandbox.rest.gate import Gate
from whop_crm.sandbox.rest.problems import ApiError
from whop_crm.sandbox.store import Store
from whop_crm.sandbox.webhooks import Webhooks, webhooks_router

START_SECONDS = 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """How a sandbox is set up. `seed` and `members` count only when its folder holds no world yet.

    `app_origin` is where the app under development runs: webhooks go to `webhook_path` there (None: no endpoint is
    registered), and sign-ins may return to `redirect_uris` (by default `callback_path` there). `pace` is in events a
    minute, `rate_limit` in requests a minute per operation and credential, `retry_schedule` in seconds before each
    retry. `deliver` False holds webhooks back until `sandbox.courier.resume()`; `due` False leaves renewals alone.
    `frame_port` is where the app is served inside Whop's frame (None: nowhere).
    """

    app_origin: str = "http://localhost:3000"
    origin: str = "http://127.0.0.1:4000"
    webhook_path: str | None = "/api/webhooks/whop"
    callback_path: str = "/auth/callback"
    redirect_uris: tuple[str, ...] = ()
    seed: int = 1
    members: int = 2500
    pace: float = PACE
    rate_limit: int | None = 600
    retry_schedule: tuple[float, ...] = RETRY_SCHEDULE
    deliver: bool = True
    due: bool = True
    confidential: bool = False
    frame_port: int | None = None


@dataclass
class Sandbox:
    """Everything a running sandbox consists of; `app.state.sandbox`, and what `running` yields."""

    options: Options
    credentials: SandboxCredentials
    keys: KeyRing
    store: Store
    hooks: Hooks
    grants: Grants
    courier: Courier
    life: Life
    faults: Faults
    url: str = field(default="")
    frame: Frame = field(init=False)

    def __post_init__(self) -> None:
        app_id, store = self.credentials.app_id, self.store
        self.frame = Frame(
            app_id, self.options.app_origin, self.keys,
            groups=lambda: sign_in_groups(store),
            companies=lambda: [(each, store.get("account", each)["title"]) for each in store.installed_accounts],
            port=self.options.frame_port or 0,
        )  # fmt: skip

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Delivers, lives and frames while the block runs."""
        async with AsyncExitStack() as stack:
            if self.options.frame_port is not None:
                await stack.enter_async_context(framing(self.frame))
            await self.courier.start()
            stack.push_async_callback(self.courier.stop)
            await self.life.start()
            stack.push_async_callback(self.life.stop)
            yield


def open_sandbox(directory: Path, options: Options) -> Sandbox:
    """Opens the folder, makes its world and secrets if there are none, and registers the app's webhook endpoint."""
    store = Store.open(directory)
    directory.chmod(0o700)
    if store.is_empty:
        began = monotonic()
        log.info("Making a world of %d members", options.members)
        history.create_world(store, seed=options.seed, members=options.members)
        log.info("The world is made; it took %.1f s", monotonic() - began)
    kept, now = credentials(directory), datetime.now(UTC)
    hooks = Hooks(store)
    outbox = Outbox(store, hooks)
    store.set_meta("origin", options.origin)
    if options.webhook_path:
        hooks.ensure(options.app_origin + options.webhook_path, kept.app_id, kept.webhook_secret, now)
    faults = Faults()
    store.withheld = faults.withheld_scopes
    grants = Grants(store, lambda kind: faults.strike((FaultKind.TOKEN_EXPIRY,), (kind,)) is not None)
    grants.forget_expired(now.timestamp())
    courier = Courier(outbox, schedule=options.retry_schedule, faults=faults)
    courier.paused = not options.deliver
    life = Life(store, pace=options.pace, due=options.due)
    return Sandbox(options, kept, KeyRing(directory), store, hooks, grants, courier, life, faults, options.origin)


def create_app(directory: Path, options: Options | None = None) -> FastAPI:
    """The whole sandbox as an ASGI application; delivering and life run while its lifespan does."""
    sandbox = open_sandbox(directory, options or Options())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with sandbox.running():
                yield
        finally:
            sandbox.store.close()

    app = FastAPI(title="Whop sandbox", lifespan=lifespan, openapi_url=None)
    app.state.sandbox = sandbox
    app.add_middleware(FaultyWire, faults=sandbox.faults)
    _add_routes(app, sandbox)
    return app


def _add_routes(app: FastAPI, sandbox: Sandbox) -> None:
    resolve = token_resolver(sandbox.store, sandbox.credentials, sandbox.grants, time)

    limit = sandbox.options.rate_limit
    gate = Gate(sandbox.store, resolve, limit)

    @app.exception_handler(ApiError)
    async def refuse(_: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, ApiError):
            raise error
        return error.response()

    app.include_router(_oauth(sandbox))
    app.include_router(webhooks_router(Webhooks(sandbox.courier, gate, sandbox.credentials.app_id)))
    app.include_router(rest_router(sandbox.store, resolve, rate_limit=limit))
    app.include_router(
        control_router(
            Levers(
                sandbox.store,
                sandbox.credentials,
                sandbox.keys,
                sandbox.grants,
                sandbox.courier,
                sandbox.life,
                sandbox.faults,
                sandbox.frame,
            )
        )
    )
    _add_plain_routes(app, sandbox)


def _oauth(sandbox: Sandbox) -> APIRouter:
    options = sandbox.options
    return oauth_router(
        SignIn(
            credentials=sandbox.credentials,
            keys=sandbox.keys,
            grants=sandbox.grants,
            redirect_uris=options.redirect_uris or (options.app_origin + options.callback_path,),
            groups=lambda: sign_in_groups(sandbox.store),
            find_user=user_finder(sandbox.store),
            confidential=options.confidential,
        )
    )


def _add_plain_routes(app: FastAPI, sandbox: Sandbox) -> None:
    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "app_id": sandbox.credentials.app_id}

    @app.get("/")
    async def index() -> Response:
        return HTMLResponse(_index(sandbox))


def _index(sandbox: Sandbox) -> str:
    """What is here, for somebody who opens the address out of curiosity."""
    store, app_origin = sandbox.store, escape(sandbox.options.app_origin)
    companies = "".join(
        f"<li>{escape(account['title'])} · {store.count('member', account_id=account['id']):,} members</li>"
        for account in (store.get("account", each) for each in store.installed_accounts)
    )
    links = "".join(
        f'<li><a href="{path}">{path}</a></li>'
        for path in ("/health", "/.well-known/openid-configuration", "/.well-known/jwks.json")
    )
    return page(
        "Whop sandbox",
        "<h1>Whop sandbox</h1><p>A stand-in for Whop on this machine. Its companies and people are made up.</p>"
        f"<h2>Companies</h2><ul>{companies}</ul>"
        f'<h2>The app</h2><p>It runs at <a href="{app_origin}">{app_origin}</a>; sign in from there.</p>'
        f"<h2>Here</h2><ul>{links}</ul>"
        "<p>REST is under <code>/api/v1</code>, OAuth under <code>/oauth</code>. "
        "<code>whop-crm sandbox --help</code> makes things happen.</p>",
    )


async def serve_app(app: FastAPI, host: str, port: int, stop: asyncio.Event) -> None:
    """Serves until `stop` is set, then ends within half a second, open connections or not."""
    server = Server(app, address=host, port=port, interface=Interfaces.ASGINL, websockets=False, log_enabled=False)
    server.workers_kill_timeout = 0.4
    async with app.router.lifespan_context(app):
        serving = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.stop()
        await serving


def serve(directory: Path, options: Options, *, host: str = "127.0.0.1", port: int = 4000) -> None:
    """Runs the sandbox in this process until SIGINT or SIGTERM. Raises OSError when the port is taken."""
    check_port(host, port)
    app = create_app(directory, options)

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        log.info("The Whop sandbox listens on http://%s:%d", host, port)
        await serve_app(app, host, port, stop)

    asyncio.run(main())


def check_port(host: str, port: int) -> None:
    """Raises OSError with a clear sentence when somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise OSError(f"Port {port} on {host} is taken. Stop what runs there or choose another port.") from None


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(directory: Path, options: Options | None = None, port: int | None = None) -> Iterator[Sandbox]:
    """A sandbox on a real port, in a thread of this process. Yields once it answers; `.url` is its origin."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(directory, replace(options or Options(), origin=url))
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def main() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve_app(app, "127.0.0.1", port, stop))

    thread = threading.Thread(target=main, name="whop-sandbox")
    thread.start()
    try:
        _wait_for(port, thread)
        yield app.state.sandbox
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def _wait_for(port: int, thread: threading.Thread) -> None:
    deadline = monotonic() + START_SECONDS
    pause = threading.Event()
    while monotonic() < deadline and thread.is_alive():
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            pause.wait(0.02)
        else:
            return
    raise RuntimeError("The sandbox did not start.")
