"""Members as a file: a plain download behind the session cookie, the same inside Whop's frame.

The address takes what the member list's takes (`q`, `status`, `tag`, `sort`, `dir`), and `where` (a filter as JSON),
`segment`, `list`, `members` (Whop's ids) and `columns`, each several with commas between. As a form it may be longer.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from whop_crm import filters, routes
from whop_crm.access import Permission, Scope
from whop_crm.api.spool import spooled
from whop_crm.api.visitor import scope_of
from whop_crm.db import company_session
from whop_crm.errors import InvalidInput
from whop_crm.models.enums import ShownStatus
from whop_crm.services import exports
from whop_crm.services.exports import Export, ExportInput
from whop_crm.services.members import MemberListQuery, MemberSort

router = APIRouter(include_in_schema=False)
MOST_FORM = 512 * 1024
_LONGEST_SEARCH, _MOST_FIELDS = 200, 200
_MEMBER = re.compile(r"mber_[A-Za-z0-9]{1,64}")
_AT_ONCE = 4
"""Exports of one process that read at the same time; more wait for their turn."""
_turns = asyncio.Semaphore(_AT_ONCE)
Closed = TypeVar("Closed", bound=StrEnum)


@router.get(routes.EXPORT)
async def download(request: Request, company: str) -> Response:
    scope = await scope_of(request, company)
    return await _file(scope, _joined(request.query_params.multi_items()))


@router.post(routes.EXPORT)
async def download_many(request: Request, company: str) -> Response:
    """The same from a form: for chosen columns, and for a selection too long for an address."""
    scope = await scope_of(request, company)
    return await _file(scope, _joined([*request.query_params.multi_items(), *await _form(request)]))


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of what is told several times everything counts, as if told with commas between."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


async def _form(request: Request) -> list[tuple[str, str]]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_FORM:
            raise InvalidInput("That form is too long. Use a filter instead of a selection.", "members")
    try:
        return parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise InvalidInput("Send a form as application/x-www-form-urlencoded, in UTF-8.") from None


async def _file(scope: Scope, given: Mapping[str, str]) -> Response:
    scope.require(Permission.EXPORT)
    async with company_session(scope) as db:
        export = await exports.begin(db, _wanted(given))
    return answer(scope, export)


def answer(scope: Scope, export: Export) -> Response:
    """The file, written while it is being sent."""
    headers = {"Content-Disposition": _attachment(export.file_name), "X-Members": str(export.members)}
    return StreamingResponse(spooled(_pieces(scope, export)), media_type="text/csv; charset=utf-8", headers=headers)


async def _pieces(scope: Scope, export: Export) -> AsyncIterator[bytes]:
    async with _turns, company_session(scope) as db:
        async for piece in await exports.stream(db, export):
            yield piece


def _wanted(given: Mapping[str, str]) -> ExportInput:
    """Raises InvalidInput for what makes no sense: a file with more in it than was asked for is worse than none."""
    query = MemberListQuery(
        sort=_one_of(MemberSort, given, "sort") or MemberSort.JOINED,
        descending=_direction(given),
        statuses=tuple(_known(ShownStatus, one, "status") for one in _several(given, "status")),
        tag_id=_number(given, "tag"),
        search=given.get("q", "")[:_LONGEST_SEARCH],
        where=filters.parse_text(given.get("where", "")),
    )
    picked = tuple(_several(given, "members"))
    if strange := next((one for one in picked if not _MEMBER.fullmatch(one)), None):
        raise InvalidInput(f"“{strange[:60]}” is no member's id.", "members")
    return ExportInput(
        query=query,
        segment_id=_number(given, "segment"),
        list_id=_number(given, "list"),
        members=picked if "members" in given else None,
        columns=tuple(_several(given, "columns")),
    )


def _several(given: Mapping[str, str], name: str) -> list[str]:
    return [part for one in given.get(name, "").split(",") if (part := one.strip())]


def _number(given: Mapping[str, str], name: str) -> int | None:
    said = given.get(name, "")
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise InvalidInput(f"“{name}” is a number.", name)
    return int(said)


def _direction(given: Mapping[str, str]) -> bool:
    said = given.get("dir", "desc")
    if said not in {"asc", "desc"}:
        raise InvalidInput("“dir” is asc or desc.", "dir")
    return said == "desc"


def _one_of(kind: type[Closed], given: Mapping[str, str], name: str) -> Closed | None:
    return _known(kind, given[name], name) if given.get(name) else None


def _known(kind: type[Closed], said: str, name: str) -> Closed:
    found = next((one for one in kind if one.value == said), None)
    if found is None:
        raise InvalidInput(f"“{said[:60]}” is none of {', '.join(one.value for one in kind)}.", name)
    return found


def _attachment(name: str) -> str:
    """For every browser: the name itself (RFC 5987), and what is left of it in ASCII."""
    plain = name.encode("ascii", "ignore").decode().strip(" -") or "members.csv"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
