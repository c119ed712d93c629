"""The OpenAPI 3.1 description: FastAPI's, with what every endpoint has in common."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from whop_crm.api.v1.callers import COMPANY_HEADER
from whop_crm.api.v1.door import IDEMPOTENCY_KEY, REPLAYED
from whop_crm.services import companies
from whop_crm.services.api_keys import LONGEST_KEY

Json = dict[str, Any]

_ABOUT = """\
Members, segments, webhooks and settings of one company, for programs.

Send an API key as `Authorization: Bearer wcrm_…`. Pages of the app itself may send the session's cookie instead, with
the company in the header `X-Company`. Errors are problem JSON (RFC 9457) that says what to do."""

READS = ("/query", "/preview", "/export")
"""How the addresses end of POSTs that change nothing."""

_RATES: Json = {
    "RateLimit-Limit": ("How many requests a minute may have.", "integer"),
    "RateLimit-Remaining": ("How many are left in this one.", "integer"),
    "RateLimit-Reset": ("Seconds until the next begins.", "integer"),
    "RateLimit-Policy": ("The limit and its window in seconds, `100;w=60`.", "string"),
}
_KEY_PARAMETER: Json = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "description": "Any text of your choice. A request sent again with it within 24 hours is not done again: it is "
    "answered as the first was.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[\\x21-\\x7e]+$"},
    "example": "f3b0c1d2-note-1",
}
_TAG_PARAMETER: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an earlier answer: where nothing has changed, the answer is 304 without a body.",
    "schema": {"type": "string", "maxLength": 200, "pattern": "^[\\x21-\\x7e]*$"},
    "example": '"0f343b0931126a20f133d67c2b018a3b"',
}


def describe(routes: Sequence[BaseRoute]) -> Json:
    found = get_openapi(title="Whop CRM", version="1", description=_ABOUT, routes=routes)
    found["components"]["securitySchemes"] = _schemes()
    found["components"].pop("schemas_unused", None)
    for path, method, operation in operations(found):
        _complete(path, method, operation)
    for name in ("HTTPValidationError", "ValidationError"):
        found["components"]["schemas"].pop(name, None)
    return found


def operations(found: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method in capitals and description of each."""
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _schemes() -> Json:
    return {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key, `wcrm_…`."},
        "session": {"type": "apiKey", "in": "cookie", "name": companies.cookie_name()},
        "company": {"type": "apiKey", "in": "header", "name": COMPANY_HEADER},
    }


def _complete(path: str, method: str, operation: Json) -> None:
    operation["operationId"] = operation["operationId"].split("_api_")[0]
    operation["summary"] = operation.pop("description").split(".")[0]
    is_open = path.endswith("/health")
    operation["security"] = [] if is_open else [{"key": []}, {"session": [], "company": []}]
    parameters = operation.setdefault("parameters", [])
    if not is_open and method == "GET" and "text/csv" not in operation["responses"]["200"]["content"]:
        parameters.append(_TAG_PARAMETER)
        operation["responses"]["304"] = {"description": "Nothing has changed since the answer with that ETag."}
    if method == "POST" and not path.endswith(READS):
        parameters.append(_KEY_PARAMETER)
    if not is_open:
        for status, answer in operation["responses"].items():
            _complete_answer(int(status), method, answer)


def _complete_answer(status: int, method: str, answer: Json) -> None:
    """Errors are problems, and every answer tells the rates."""
    if status >= 400:
        answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
    headers = answer.setdefault("headers", {})
    if status not in (400, 401, 413, 422, 500):
        headers |= {name: _header(words, kind) for name, (words, kind) in _RATES.items()}
    if status in (429, 503):
        headers["Retry-After"] = _header("Seconds to wait.", "integer")
    if method == "GET" and status in (200, 304) and "text/csv" not in answer.get("content", {}):
        headers["ETag"] = _header("What this answer is; send it back as If-None-Match.", "string")
    if method == "POST" and status in (201, 202):
        headers[REPLAYED] = _header("`true` where this is the answer of an earlier request.", "string")


def _header(words: str, kind: str) -> Json:
    return {"description": words, "schema": {"type": kind}}
