"""Cursor paging by keyset: a cursor names the last row seen, so inserts elsewhere never shift a page."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from whop_crm.sandbox.rest.problems import invalid

DEFAULT, MOST = 20, 100


@dataclass(frozen=True)
class Order:
    """How a list is sorted: a column, then the id, both in one direction. Nulls sort as the smallest."""

    name: str
    column: str
    descending: bool
    nullable: bool = False


@dataclass(frozen=True)
class Window:
    """The asked-for part of a list. `backward` pages (`last`) are read from the end."""

    size: int
    backward: bool
    after: tuple[Any, str] | None
    before: tuple[Any, str] | None


def window_of(query: QueryParams, order: Order) -> Window:
    """Read first / after / last / before. Raises ApiError 400."""
    first, last = _count(query, "first"), _count(query, "last")
    return Window(
        size=(last if first is None else first) or (DEFAULT if first is None and last is None else 0),
        backward=first is None and last is not None,
        after=_cursor(query, "after", order),
        before=_cursor(query, "before", order),
    )


def _count(query: QueryParams, name: str) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise invalid(f"{name} must be between 1 and {MOST}", name)
    return int(text)


def cursor(order: Order, key: Any, object_id: str) -> str:
    """The opaque text of a position."""
    raw = json.dumps([order.name, int(order.descending), key, object_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _cursor(query: QueryParams, name: str, order: Order) -> tuple[Any, str] | None:
    text = query.get(name)
    if not text:
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        of, descending, key, object_id = json.loads(raw)
    except (binascii.Error, ValueError, TypeError) as error:
        raise invalid(f"{name} is not a cursor", name) from error
    if of != order.name or bool(descending) != order.descending or not isinstance(object_id, str):
        raise invalid(f"{name} is a cursor of another list or order", name)
    return key, object_id


def beyond(order: Order, position: tuple[Any, str], *, forward: bool) -> tuple[str, list[Any]]:
    """The SQL condition for rows after (or before) a position."""
    key, object_id = position
    greater = forward != order.descending
    sign, column = (">" if greater else "<"), f'"{order.column}"'
    if key is None:
        inside = f"({column} IS NULL AND id {sign} ?)"
        return (f"({inside} OR {column} IS NOT NULL)" if greater else inside), [object_id]
    condition = f"({column}, id) {sign} (?, ?)"
    if order.nullable and not greater:
        condition = f"({condition} OR {column} IS NULL)"
    return condition, [key, object_id]


def order_by(order: Order, *, backward: bool) -> str:
    """The ORDER BY clause."""
    way = "DESC" if order.descending != backward else "ASC"
    return f' ORDER BY "{order.column}" {way}, id {way}'


def page_info(order: Order, window: Window, edges: list[tuple[Any, str]], *, more: bool) -> dict[str, Any]:
    """Whop's `page_info`: `end_cursor` is null where no next page is known."""
    has_next = window.before is not None if window.backward else more
    has_previous = more if window.backward else window.after is not None
    return {
        "end_cursor": cursor(order, *edges[-1]) if edges and has_next else None,
        "start_cursor": cursor(order, *edges[0]) if edges else None,
        "has_next_page": has_next and bool(edges),
        "has_previous_page": has_previous,
    }
