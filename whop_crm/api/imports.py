"""Files that a teammate brings in, and the lines of them that did not fit. Plain forms behind the session cookie."""

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.types import Message

from whop_crm import routes
from whop_crm.access import Permission
from whop_crm.api import calm
from whop_crm.api.visitor import scope_of
from whop_crm.db import company_session
from whop_crm.errors import InvalidInput, NotFound
from whop_crm.services import imports

router = APIRouter(include_in_schema=False)
_MOST_FORM = imports.MOST_BYTES + 64 * 1024
_TOO_LARGE = f"A file can have at most {imports.MOST_BYTES // 1024 // 1024} MB. Split it."


@router.post(routes.IMPORT_FILE)
async def bring(request: Request, company: str) -> Response:
    """Lays the file beside and leads to the page that asks what it means."""
    scope = await scope_of(request, company)
    scope.require(Permission.IMPORT)
    try:
        name, data = await _brought(request)
        async with company_session(scope) as db:
            import_id = await imports.stage(db, name, data)
    except InvalidInput as error:
        again = routes.import_members(company)
        return calm.page("This cannot be brought in", str(error), status=422, again=again, act="Try again")
    return RedirectResponse(f"{routes.import_members(company)}?id={import_id}", 303)


@router.get(routes.IMPORT_PROBLEMS)
async def problems(request: Request, company: str, import_id: str) -> Response:
    """The lines that were left out, each with the reason."""
    scope = await scope_of(request, company)
    if not (import_id.isascii() and import_id.isdigit() and len(import_id) < 16):
        raise NotFound("There is no such import.")
    async with company_session(scope) as db:
        text = await imports.write_problems(db, int(import_id))
    headers = {"Content-Disposition": 'attachment; filename="left-out.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


async def _brought(request: Request) -> tuple[str, bytes]:
    """The name and content of the file, or of what was pasted instead. Raises InvalidInput."""
    body = await _body(request)

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, again).form(max_files=1, max_fields=4, max_part_size=_MOST_FORM) as form:
            file, pasted = form.get("file"), form.get("text")
            if isinstance(file, UploadFile) and (data := await file.read()):
                return file.filename or "", data
    except HTTPException:
        raise InvalidInput("That form could not be read. Send it once more.", "file") from None
    if isinstance(pasted, str) and pasted.strip():
        return "", pasted.encode()
    raise InvalidInput("Choose a file, or paste the cells of a spreadsheet.", "file")


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _MOST_FORM:
                raise InvalidInput(_TOO_LARGE, "file")
    except ClientDisconnect:
        raise InvalidInput("The file did not arrive whole. Send it once more.", "file") from None
    return bytes(body)
