"""One page of a list of Whop's, as facts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar, cast

import structlog
from pydantic import BaseModel
from whop_sdk.core.pagination import AsyncPager

from whop_crm.clients.calls import Caller, Unreadable
from whop_crm.clients.parse import read
from whop_crm.errors import InvalidInput

PAGE_ROWS = 100
"""Whop's most."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M", bound=BaseModel)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """`next_cursor` None: the last one."""

    items: Sequence[T_co]
    next_cursor: str | None


class _PageInfo(Protocol):
    @property
    def end_cursor(self) -> str | None: ...
    @property
    def has_next_page(self) -> bool: ...


class Listed(Protocol):
    """What every list of the SDK answers with."""

    @property
    def page_info(self) -> _PageInfo: ...


async def read_page(
    caller: Caller,
    operation: str,
    send: Callable[[], Awaitable[AsyncPager[M, Any]]],
    model: type[M],
    fact: Callable[[M, datetime], T | None],
) -> Page[T]:
    """A row that cannot be read is left out and logged; the others still count."""
    asked_at = datetime.now(UTC)
    try:
        pager = await caller.call(operation, send)
    except Unreadable as error:
        rows, cursor = _row_by_row(operation, error, model)
    else:
        info = cast("Listed", pager.response).page_info
        rows, cursor = pager.items or [], info.end_cursor if info.has_next_page else None
    await asyncio.sleep(0)  # others may run between the SDK's work on the page and ours
    return Page([made for row in rows if (made := fact(row, asked_at)) is not None], cursor or None)


def _row_by_row(operation: str, error: Unreadable, model: type[M]) -> tuple[list[M], str | None]:
    body = _mapping(error.body)
    data, info = body.get("data"), _mapping(body.get("page_info"))
    if not isinstance(data, list):
        raise error
    rows: list[M] = []
    for row in cast("list[object]", data):
        try:
            rows.append(read(model, _mapping(row)))
        except InvalidInput as reason:
            name = str(_mapping(row).get("id"))[:60]
            _log.warning("a row of Whop's was left out", operation=operation, row=name, reason=str(reason))
    cursor = info.get("end_cursor")
    return rows, cursor if isinstance(cursor, str) and info.get("has_next_page") is True else None


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}
