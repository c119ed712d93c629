"""The composition root: every door on one app."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from whop_crm import components, log
from whop_crm.api.app import clients, create_api, in_front
from whop_crm.config import settings
from whop_crm.db import dispose
from whop_crm.jobs import schedule

os.environ.setdefault("REFLEX_CORS_ALLOWED_ORIGINS", ",".join(settings().origins))

import reflex as rx

from whop_crm.components import theme
from whop_crm.pages import PAGES
from whop_crm.state import live, trouble, wire
from whop_crm.state.guard import CHECK, Guard
from whop_crm.state.session import forget_visits


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """What lives as long as the process: log, database pool, live hub, clock, connections to Whop."""
    log.configure()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(dispose)
        await stack.enter_async_context(clients())
        await stack.enter_async_context(live.running(wire.Tabs(app), CHECK, forget_visits))
        if settings().clock:
            await stack.enter_async_context(schedule.run())
        yield


app = rx.App(
    stylesheets=theme.STYLESHEETS,
    head_components=theme.head(),
    toaster=theme.toaster(),
    hydrate_fallback=components.boot_screen,
    extra_app_wraps=components.app_wraps(),
    html_lang="en",
    api_transformer=[create_api(), in_front],
    frontend_exception_handler=trouble.in_the_browser,
    backend_exception_handler=trouble.in_a_handler,
)
app.add_middleware(Guard(), index=0)
app.register_lifespan_task(running)
for page in PAGES:
    app.add_page(page.build, route=page.route, title=page.title, on_load=page.on_load)
