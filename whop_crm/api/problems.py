"""Errors as `application/problem+json` (RFC 9457): what happened and what to do, never internals."""

from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from whop_crm.errors import CrmError, InvalidInput, WhopUnavailable


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def add_problems(api: FastAPI) -> None:
    """Answers every error of the API's routes as a problem."""
    api.add_exception_handler(CrmError, _crm_error)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_exception_handler(Exception, _unexpected)


async def answer_to(request: Request, error: Exception) -> Response:
    """The problem of an error that a caller may see."""
    match error:
        case CrmError():
            return await _crm_error(request, error)
        case RequestValidationError():
            return await _invalid(request, error)
        case HTTPException():
            return await _http_error(request, error)
        case _:
            return await _unexpected(request, error)


async def _crm_error(_request: Request, error: Exception) -> Response:
    known = cast("CrmError", error)
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    match known:
        case InvalidInput(field=str(field)):
            more["field"] = field
        case WhopUnavailable(retry_after=float(seconds)):
            headers["Retry-After"] = str(max(1, round(seconds)))
        case _:
            pass
    return problem(known.status, str(known), headers, **more)


async def _invalid(_request: Request, error: Exception) -> Response:
    found = cast("RequestValidationError", error).errors()
    fields = [{"field": ".".join(str(part) for part in one["loc"][1:]), "detail": one["msg"]} for one in found]
    return problem(422, "What was sent does not make sense.", errors=fields)


async def _http_error(_request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    headers = dict(known.headers) if known.headers else None
    return problem(known.status_code, known.detail, headers)


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return problem(500, "Something went wrong on our side. Try again in a moment.")
