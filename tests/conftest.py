"""Every test has the product's settings pointed at a database of its worker; nothing outside this machine is called."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
import structlog

from tests.support import database

if TYPE_CHECKING:
    from tests.support.web import Web


def pytest_configure(config: pytest.Config) -> None:
    """The process that hands out the tests brings a PostgreSQL along where there is none; its workers inherit it."""
    *steps, _ = structlog.get_config()["processors"]  # the last would draw each traceback for seconds
    structlog.configure([*steps, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)])
    if not hasattr(config, "workerinput"):
        brought = database.server()
        brought.__enter__()
        config.add_cleanup(lambda: brought.__exit__(None, None, None))


@pytest.fixture(scope="session")
def database_name() -> Iterator[str]:
    with database.cloned_database(hasty=True) as name:
        yield name


@pytest.fixture(scope="session")
def _configured(database_name: str) -> Iterator[None]:
    from whop_crm.config import settings

    values = {
        "DATABASE_URL": database.url(database_name, database.APP),
        "DATABASE_OWNER_URL": database.url(database_name, database.OWNER),
        "SECRET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    }
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    settings.cache_clear()
    yield
    for key, value in before.items():
        os.environ.pop(key, None) if value is None else os.environ.update({key: value})
    settings.cache_clear()


@pytest.fixture(scope="session")
async def _pool(_configured: None) -> AsyncIterator[None]:
    from whop_crm.db import dispose

    yield
    await dispose()


@pytest.fixture
async def db(database_name: str, _pool: None) -> None:
    """An empty database behind `company_session` and `platform_session`."""
    await asyncio.to_thread(database.empty, database_name)  # what still holds a lock needs the loop to let go of it


@pytest.fixture(scope="session")
async def _web(_pool: None) -> "AsyncIterator[Web]":
    from tests.support.web import started

    async with started() as web:
        yield web


@pytest.fixture
async def web(_web: "Web", db: None) -> "Web":
    """The whole app over an empty database: HTTP and websockets, without a server, a browser or a clock."""
    return _web
