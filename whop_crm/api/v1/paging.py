"""Pages by cursor: what comes behind the last item, so that what is written meanwhile moves nobody."""

import base64
import binascii
import hashlib
from typing import Annotated, Any, TypeVar

from fastapi import Query
from pydantic import TypeAdapter, ValidationError

from whop_crm.api.v1.shapes import PageInfo
from whop_crm.errors import InvalidInput

MOST = 100
_LONGEST = 4_000
T = TypeVar("T")

First = Annotated[int, Query(ge=1, le=MOST, description="How many to return.")]
After = Annotated[
    str | None, Query(max_length=_LONGEST, description="The `end_cursor` of the page before. Leave out to begin.")
]


def info(cursor: str | None) -> PageInfo:
    return PageInfo(has_next_page=cursor is not None, end_cursor=cursor)


def encode(kind: TypeAdapter[Any], place: Any, question: str = "") -> str:
    """`question` is what the cursor belongs to: with another it is refused."""
    raw = _mark(question) + kind.dump_json(place)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(kind: TypeAdapter[T], cursor: str | None, question: str = "") -> T | None:
    """Raises InvalidInput for what is no cursor of this question."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        place = kind.validate_json(raw[4:])
    except (binascii.Error, ValueError, ValidationError):
        raise InvalidInput("This is no cursor. Send the `end_cursor` of the page before, unchanged.", "after") from None
    if raw[:4] != _mark(question):
        raise InvalidInput(
            "This cursor belongs to another question. Keep filter, search, sort and order, or begin without it.",
            "after",
        )
    return place


def _mark(question: str) -> bytes:
    return hashlib.sha256(question.encode()).hexdigest()[:4].encode()
