"""Whop's REST API, reading side, under `/api/v1`, and the pictures of invented people.

    app.include_router(rest_router(store, resolve_token))

Every answer is what `Api-Version-Date: 2026-10-15-1` says it is; requests without that header get a 400.
"""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from whop_crm.sandbox.change import dumps
from whop_crm.sandbox.rest import people
from whop_crm.sandbox.rest.gate import API_VERSION, Gate, ResolveToken
from whop_crm.sandbox.rest.lists import serve_list, serve_one
from whop_crm.sandbox.rest.paging import Order, page_info, window_of
from whop_crm.sandbox.rest.problems import ApiError, not_found
from whop_crm.sandbox.rest.resources import RESOURCES, Resource
from whop_crm.sandbox.store import Caller, Store

PREFIX = "/api/v1"
RATE_LIMIT = 600

Answer = Callable[[Caller, Request], str]


def rest_router(store: Store, resolve_token: ResolveToken, *, rate_limit: int | None = RATE_LIMIT) -> APIRouter:
    """All GET endpoints and `/avatars`.

    `resolve_token` maps a bearer token to its `Caller`, None for unknown, expired or revoked ones. `rate_limit` is per
    minute, operation and credential, None lifts it.
    """
    router = APIRouter(include_in_schema=False)
    gate = Gate(store, resolve_token, rate_limit)

    def add(path: str, operation: str, answer: Answer) -> None:
        router.add_api_route(PREFIX + path, _endpoint(gate, operation, answer), methods=["GET"])

    _add_people(add, gate)
    _add_support(add, gate)
    for resource in RESOURCES:
        _add_resource(add, gate, resource)
    _add_avatars(router, store)
    return router


def _endpoint(gate: Gate, operation: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            caller = gate.enter(request, operation)
            return Response(answer(caller, request), media_type="application/json")
        except ApiError as error:
            return error.response()

    return endpoint


Add = Callable[[str, str, Answer], None]


def _add_resource(add: Add, gate: Gate, resource: Resource) -> None:
    add(f"/{resource.path}", f"list_{resource.path}",
        lambda caller, request: serve_list(gate, resource, caller, request.query_params))  # fmt: skip
    add(f"/{resource.path}/{{object_id}}", f"retrieve_{resource.path}",
        lambda caller, request: serve_one(gate, resource, caller, request.path_params["object_id"]))  # fmt: skip


def _add_people(add: Add, gate: Gate) -> None:
    add("/accounts", "list_accounts", lambda caller, request: people.list_accounts(gate, caller, request))
    add("/accounts/{name}", "retrieve_account",
        lambda caller, request: people.one_account(gate, caller, request.path_params["name"]))  # fmt: skip
    add("/users", "list_users", lambda _caller, request: people.list_users(gate, request))
    add("/users/{name}", "retrieve_user",
        lambda caller, request: people.one_user(gate, caller, request.path_params["name"]))  # fmt: skip
    add("/users/{name}/access/{resource_id}", "check_access",
        lambda caller, request: people.check_access(
            gate, caller, request.path_params["name"], request.path_params["resource_id"]))  # fmt: skip
    add("/permissions", "list_permissions", lambda caller, request: people.list_permissions(gate, caller, request))


def _add_support(add: Add, gate: Gate) -> None:
    """No support chats exist in this world."""

    def nothing(caller: Caller, request: Request) -> str:
        gate.require(caller, ("support_chat:read",))
        gate.account(caller, request.query_params.get("account_id"))
        order = Order("created_at", "created_at", descending=True)
        info = page_info(order, window_of(request.query_params, order), [], more=False)
        return dumps({"data": [], "page_info": info})

    def none(caller: Caller, request: Request) -> str:
        gate.require(caller, ("support_chat:read",))
        raise not_found(f"Support channel {request.path_params['object_id']}")

    add("/support_channels", "list_support_channels", nothing)
    add("/support_channels/{object_id}", "retrieve_support_channel", none)


def _add_avatars(router: APIRouter, store: Store) -> None:
    def picture(user_id: str, *, plain: bool) -> Response:
        headers = {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"}
        return Response(people.avatar(store, user_id, plain=plain), media_type="image/svg+xml", headers=headers)

    async def own(request: Request) -> Response:
        return picture(request.path_params["user_id"], plain=False)

    async def placeholder(request: Request) -> Response:
        return picture(request.path_params["user_id"], plain=True)

    router.add_api_route("/avatars/{user_id}.svg", own, methods=["GET"])
    router.add_api_route("/avatars/placeholder/{user_id}.svg", placeholder, methods=["GET"])


__all__ = ["API_VERSION", "PREFIX", "RATE_LIMIT", "rest_router"]
