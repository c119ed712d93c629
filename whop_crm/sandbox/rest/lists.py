"""Serving stored objects: pages as joined text where nothing has to be hidden, single objects in full."""

import json
from typing import Any

from starlette.datastructures import QueryParams

from whop_crm.sandbox.change import dumps
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.rest.filters import Sql
from whop_crm.sandbox.rest.gate import Gate
from whop_crm.sandbox.rest.paging import Order, Window, beyond, order_by, page_info, window_of
from whop_crm.sandbox.rest.problems import forbidden, invalid, missing, not_found
from whop_crm.sandbox.rest.resources import Resource
from whop_crm.sandbox.store import Caller, Store

_PARENTS = {"experience_id": "experience", "channel_id": "chat_channel", "course_id": "course",
            "chapter_id": "course_chapter", "lesson_id": "course_lesson"}  # fmt: skip


def order_of(resource: Resource, query: QueryParams) -> Order:
    """The asked-for order. Raises ApiError 400."""
    name = query.get("order") or next(iter(resource.orders))
    if name not in resource.orders:
        raise invalid(f"order must be one of {', '.join(resource.orders)}", "order")
    way = query.get("direction") or ("desc" if resource.descending else "asc")
    if way not in ("asc", "desc"):
        raise invalid("direction must be asc or desc", "direction")
    return Order(name, resource.orders[name], way == "desc", name in resource.nullable)


def serve_list(gate: Gate, resource: Resource, caller: Caller, query: QueryParams) -> str:
    """One page of a resource as JSON text."""
    order = order_of(resource, query)
    window = window_of(query, order)
    scopes = gate.scopes(caller)
    if resource.empty_without_scope and not set(resource.scopes) <= scopes:
        gate.account(caller, query.get("account_id"))
        return _page([], order, window, more=False)
    if not (resource.path == "team_members" and _own_seat(caller, query, scopes)):
        gate.require(caller, resource.scopes)
    if resource.kind == "product" and not query.get("account_id"):
        return _page([], order, window, more=False)
    conditions = [_scope_of(gate, resource, caller, query), *_filters(resource, caller, query, scopes)]
    rows, more = read_window(gate.store, resource.kind, order, window, conditions)
    texts = [row["doc"] for row in rows]
    if resource.list_item or resource.lacks or hidden_fields(resource, scopes):
        texts = [dumps(list_item(resource, json.loads(text), scopes)) for text in texts]
    edges = [(row["key"], row["id"]) for row in rows]
    return gate.store.with_origin(_page(texts, order, window, more=more, edges=edges))


def _page(
    texts: list[str], order: Order, window: Window, *, more: bool, edges: list[tuple[Any, str]] | None = None
) -> str:
    info = dumps(page_info(order, window, edges or [], more=more))
    return f'{{"data":[{",".join(texts)}],"page_info":{info}}}'


def read_window(store: Store, kind: str, order: Order, window: Window, conditions: list[Sql]) -> tuple[list[Any], bool]:
    """The rows (id, key, doc) of a page in list order, and whether there are more in its direction."""
    every = list(conditions)
    if window.after:
        every.append(beyond(order, window.after, forward=True))
    if window.before:
        every.append(beyond(order, window.before, forward=False))
    where = " AND ".join(condition for condition, _ in every) or "1"
    values = [value for _, part in every for value in part]
    sql = f'SELECT id, "{order.column}" AS key, doc FROM "{kind}" WHERE {where}'  # noqa: S608 - names are ours
    rows = store.query(f"{sql}{order_by(order, backward=window.backward)} LIMIT {window.size + 1}", values)
    more = len(rows) > window.size
    rows = rows[: window.size]
    return (rows[::-1] if window.backward else rows), more


def _scope_of(gate: Gate, resource: Resource, caller: Caller, query: QueryParams) -> Sql:
    """Which part of the world a list is about."""
    if resource.account:
        if resource.path == "memberships" and _mine(caller, query) and not query.get("account_id"):
            return "user_id = ?", [caller.user_id]
        return "account_id = ?", [gate.account(caller, query.get("account_id"))]
    for parameter, column in resource.within.items():
        value = query.get(parameter)
        if value:
            return _within(gate, caller, parameter, column, value)
    raise missing(next(iter(resource.within)))


def _mine(caller: Caller, query: QueryParams) -> bool:
    return caller.user_id is not None and query.get("user_id") in ("me", caller.user_id)


def _within(gate: Gate, caller: Caller, parameter: str, column: str, value: str) -> Sql:
    if parameter == "account_id":
        return "account_id = ?", [gate.account(caller, value)]
    if parameter == "user_id":
        accounts = sorted(caller.account_ids)
        return f"user_id = ? AND account_id IN ({', '.join('?' * len(accounts))})", [value, *accounts]
    kind = _PARENTS[parameter]
    if parameter == "channel_id" and value.startswith("exp_"):
        value = next(iter(gate.store.ids(kind, experience_id=value)), value)
    row = gate.store.query_one(f'SELECT account_id FROM "{kind}" WHERE id = ?', (value,))  # noqa: S608 - kinds are ours
    if row is None or row["account_id"] not in caller.account_ids:
        raise not_found(f"{parameter} {value}")
    return f'"{column}" = ?', [value]


def _own_seat(caller: Caller, query: QueryParams, scopes: frozenset[str]) -> bool:
    """A user may look up their own joined place on a team without the scope to read teams."""
    asked = query.get("user_id"), query.get("status")
    return caller.user_id is not None and asked == (caller.user_id, "joined") and "company:basic:read" in scopes


def _filters(resource: Resource, caller: Caller, query: QueryParams, scopes: frozenset[str]) -> list[Sql]:
    found: list[Sql] = []
    for name, condition in resource.filters.items():
        values = [value for value in query.getlist(name) if value != ""]
        if not values:
            continue
        if name == "user_id" and caller.user_id:
            values = [caller.user_id if value == "me" else value for value in values]
        if resource.kind == "member" and name == "query" and "@" in values[-1]:
            readable = "member:email:read" in scopes
            found.append(("email = ?", [values[-1].casefold()]) if readable else ("0", []))
            continue
        found.append(condition(name, values, query))
    if resource.kind == "forum_post" and not query.get("parent_id"):
        found.append(("parent_id IS NULL", []))
    if resource.kind == "product" and "access_pass:basic:read" not in scopes:
        found.append(("visibility = 'visible'", []))
    return found


def hidden_fields(resource: Resource, scopes: frozenset[str]) -> tuple[str, ...]:
    """The fields that are null for someone with these scopes and not null in the stored text."""
    return tuple(name for scope, names in resource.masks.items() if scope not in scopes for name in names)


def list_item(resource: Resource, doc: Doc, scopes: frozenset[str]) -> Doc:
    """A stored document as its list shows it."""
    item = resource.list_item(doc) if resource.list_item else doc
    for name in resource.lacks:
        item.pop(name, None)
    return mask(resource, item, scopes)


def mask(resource: Resource, doc: Doc, scopes: frozenset[str]) -> Doc:
    """Null what the scopes do not cover."""
    for name in hidden_fields(resource, scopes):
        if name in doc:
            doc[name] = None
    return doc


def serve_one(gate: Gate, resource: Resource, caller: Caller, object_id: str) -> str:
    """One object as JSON text. Raises ApiError 403 or 404."""
    gate.require(caller, resource.scopes if resource.read_scopes is None else resource.read_scopes)
    row = _row(gate.store, resource, object_id)
    if row is None:
        raise not_found(f"{resource.kind.replace('_', ' ').capitalize()} {object_id}")
    if row["account_id"] not in caller.account_ids and resource.kind not in ("product", "plan"):
        raise forbidden(f"You do not have access to {object_id}")
    scopes = gate.scopes(caller)
    doc = json.loads(row["doc"])
    if resource.detail:
        doc = resource.detail(doc | json.loads(row["private"] or "{}"))
    return gate.store.with_origin(dumps(mask(resource, doc, scopes)))


def _row(store: Store, resource: Resource, object_id: str) -> Any:
    sql = f'SELECT account_id, doc, private FROM "{resource.kind}" WHERE '  # noqa: S608 - kinds are ours
    row = store.query_one(sql + "id = ?", (object_id,))
    if row is None and resource.also_by:
        row = store.query_one(f'{sql}"{resource.also_by}" = ?', (object_id,))
    return row
