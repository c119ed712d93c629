"""Accounts, users, access checks and permissions: the endpoints that are not plain lists of an account."""

import json
from typing import Any

from starlette.requests import Request

from whop_crm.sandbox.change import dumps
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.moves.base import GRANTING
from whop_crm.sandbox.names import initials
from whop_crm.sandbox.permissions import KNOWN
from whop_crm.sandbox.rest.gate import Gate
from whop_crm.sandbox.rest.lists import read_window
from whop_crm.sandbox.rest.paging import Order, page_info, window_of
from whop_crm.sandbox.rest.problems import ApiError, forbidden, invalid, missing, not_found
from whop_crm.sandbox.store import Caller, Store

_RESOURCES = {"biz_": "account", "prod_": "product", "exp_": "experience"}


def list_accounts(gate: Gate, caller: Caller, request: Request) -> str:
    """The accounts the credential reaches: those that installed the app, or those the user works for."""
    gate.require(caller, ("company:basic:read",))
    query = request.query_params
    if (query.get("order") or "created_at") != "created_at":
        raise invalid("order must be created_at", "order")
    order = Order("created_at", "created_at", query.get("direction", "desc") == "desc")
    window = window_of(query, order)
    wanted = sorted(caller.account_ids)
    conditions = [(f"id IN ({', '.join('?' * len(wanted))})", list(wanted))]
    text = query.get("query")
    if text:
        conditions.append(("(title LIKE ? OR id = ?)", [f"%{text}%", text]))
    rows, more = read_window(gate.store, "account", order, window, conditions)
    info = page_info(order, window, [(row["key"], row["id"]) for row in rows], more=more)
    data = ",".join(_account_text(gate, row["doc"], caller) for row in rows)
    return gate.store.with_origin(f'{{"data":[{data}],"page_info":{dumps(info)}}}')


def _account_text(gate: Gate, text: str, caller: Caller) -> str:
    doc = json.loads(text)
    if "company:authorized_user:email:read" not in gate.scopes(caller):
        doc["email"] = None
    return dumps(doc)


def one_account(gate: Gate, caller: Caller, name: str) -> str:
    """By `biz_…` or route; `me` for an account API key."""
    gate.require(caller, ("company:basic:read",))
    if name == "me":
        if caller.kind != "account" or not caller.account_ids:
            raise forbidden("accounts/me is for account API keys")
        name = sorted(caller.account_ids)[0]
    row = gate.store.query_one("SELECT id, doc FROM account WHERE id = ? OR route = ?", (name, name))
    if row is None:
        raise not_found(f"Account {name}")
    if row["id"] not in caller.account_ids:
        raise forbidden(f"You do not have access to the account {name}")
    return gate.store.with_origin(_account_text(gate, row["doc"], caller))


def find_user(store: Store, caller: Caller, name: str) -> Doc:
    """A user document by `user_…`, username or `me`. Raises ApiError 404, 400 for `me` without a user."""
    if name == "me":
        if caller.user_id is None:
            raise ApiError(400, "invalid_request_error", "There is no user behind an API key", param="id")
        name = caller.user_id
    doc = store.find("user", name)
    if doc is None:
        found = store.ids("user", username=name)
        doc = store.get("user", found[0]) if found else None
    if doc is None:
        raise not_found(f"User {name}")
    return doc


def one_user(gate: Gate, caller: Caller, name: str) -> str:
    """A public profile; the email only on `me`."""
    doc = find_user(gate.store, caller, name)
    mine = name == "me"
    wire = {key: value for key, value in doc.items() if key[0] != "_"}
    wire["email"] = doc["email"] if mine else None
    return gate.store.with_origin(dumps(wire))


def list_users(gate: Gate, request: Request) -> str:
    """Public profiles whose username contains the query."""
    order = Order("created_at", "created_at", descending=True)
    window = window_of(request.query_params, order)
    text = request.query_params.get("query") or ""
    conditions: list[tuple[str, list[Any]]] = [("username LIKE ?", [f"%{text}%"])] if text else []
    rows, more = read_window(gate.store, "user", order, window, conditions)
    data = ",".join(dumps({**json.loads(row["doc"]), "email": None}) for row in rows)
    info = page_info(order, window, [(row["key"], row["id"]) for row in rows], more=more)
    return gate.store.with_origin(f'{{"data":[{data}],"page_info":{dumps(info)}}}')


def access_level(store: Store, user_id: str, resource_id: str) -> str:
    """admin (on the account's team), customer (a membership that gives access) or no_access. Raises ApiError 404."""
    account_id, product_id = _place_of(store, resource_id)
    if store.ids("team_member", account_id=account_id, user_id=user_id, status="joined"):
        return "admin"
    held: dict[str, Any] = {"user_id": user_id, "account_id": account_id, "status": sorted(GRANTING)}
    if product_id:
        held["product_id"] = product_id
    return "customer" if store.ids("membership", limit=1, **held) else "no_access"


def _place_of(store: Store, resource_id: str) -> tuple[str, str | None]:
    kind = _RESOURCES.get(resource_id.split("_")[0] + "_")
    doc = store.find(kind, resource_id) if kind else None
    if kind is None or doc is None:
        raise not_found(f"Resource {resource_id}")
    if kind == "account":
        return resource_id, None
    if kind == "product":
        return doc["account"]["id"], resource_id
    return doc["company"]["id"], doc["_product_id"]


def check_access(gate: Gate, caller: Caller, name: str, resource_id: str) -> str:
    """`{"has_access", "access_level"}`."""
    user = find_user(gate.store, caller, name)
    level = access_level(gate.store, user["id"], resource_id)
    return dumps({"has_access": level != "no_access", "access_level": level})


def list_permissions(gate: Gate, caller: Caller, request: Request) -> str:
    """Which actions the calling credential is granted; none on a resource it cannot see."""
    resource_id = request.query_params.get("resource_id")
    if not resource_id:
        raise missing("resource_id")
    asked = request.query_params.get("actions")
    actions = [each.strip() for each in asked.split(",") if each.strip()] if asked else sorted(KNOWN)
    held = gate.scopes(caller) if _reaches(gate.store, caller, resource_id) else frozenset()
    return dumps({"data": [{"action": action, "granted": action in held} for action in actions]})


def _reaches(store: Store, caller: Caller, resource_id: str) -> bool:
    if resource_id.startswith("app_"):
        return caller.kind == "app"
    try:
        return _place_of(store, resource_id)[0] in caller.account_ids
    except ApiError:
        return False


def avatar(store: Store, user_id: str, *, plain: bool) -> str:
    """A picture of a person: initials on a gradient of their own, or on grey as a placeholder. SVG text."""
    doc = store.find("user", user_id)
    letters = initials(doc["name"], doc["username"]) if doc else "?"
    hue = sum(user_id.encode()) * 47 % 360
    first, second = ("#9ca3af", "#6b7280") if plain else (f"hsl({hue},65%,45%)", f"hsl({(hue + 50) % 360},70%,35%)")
    letters = letters.replace("&", "&amp;").replace("<", "&lt;")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96"><defs>'
        f'<linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop stop-color="{first}"/>'
        f'<stop offset="1" stop-color="{second}"/></linearGradient></defs><rect width="96" height="96" fill="url(#g)"/>'
        '<text x="48" y="60" font-family="sans-serif" font-size="36" font-weight="600" fill="#fff"'
        f' text-anchor="middle">{letters}</text></svg>'
    )
