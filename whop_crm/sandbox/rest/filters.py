"""Query parameters as SQL conditions."""

from collections.abc import Callable
from typing import Any

from starlette.datastructures import QueryParams

from whop_crm.sandbox.clock import iso, parse_iso
from whop_crm.sandbox.rest.problems import invalid

Sql = tuple[str, list[Any]]
Filter = Callable[[str, list[str], QueryParams], Sql]
"""Takes the parameter's name, its values (at least one) and the whole query; gives a condition."""


def _any_of(column: str, values: list[Any]) -> Sql:
    return f'"{column}" IN ({", ".join("?" * len(values))})', values


def equals(column: str, allowed: frozenset[str] | None = None) -> Filter:
    """One or several values of a column; values outside `allowed` are a 400."""

    def condition(name: str, values: list[str], _query: QueryParams) -> Sql:
        for value in values:
            if allowed is not None and value not in allowed:
                raise invalid(f"{value} is not a valid {name}", name)
        return _any_of(column, list(values))

    return condition


def choice(column: str, *allowed: str) -> Filter:
    """`equals` with a closed set of values."""
    return equals(column, frozenset(allowed))


def flag(column: str) -> Filter:
    """true or false."""

    def condition(name: str, values: list[str], _query: QueryParams) -> Sql:
        if values[-1] not in ("true", "false"):
            raise invalid(f"{name} must be true or false", name)
        return f'"{column}" = ?', [int(values[-1] == "true")]

    return condition


def moment(column: str, sign: str) -> Filter:
    """Before or after an ISO 8601 time, exclusive."""

    def condition(name: str, values: list[str], _query: QueryParams) -> Sql:
        try:
            at = iso(parse_iso(values[-1]))
        except ValueError as error:
            raise invalid(f"{name} must be an ISO 8601 time", name) from error
        return f'"{column}" {sign} ?', [at]

    return condition


def contains(*columns: str) -> Filter:
    """A part of a text, without regard to case."""

    def condition(_name: str, values: list[str], _query: QueryParams) -> Sql:
        part = values[-1].casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts = " OR ".join(f"\"{column}\" LIKE ? ESCAPE '\\'" for column in columns)
        return f"({parts})", [f"%{part}%"] * len(columns)

    return condition


CREATED: dict[str, Filter] = {
    "created_after": moment("created_at", ">"),
    "created_before": moment("created_at", "<"),
}

_GRANTING = "status IN ('trialing', 'active', 'past_due', 'completed')"
BUCKETS = {
    "active": "(status = 'active' AND canceling = 0)",
    "trialing": "(status = 'trialing' AND canceling = 0)",
    "past_due": "(status = 'past_due' AND canceling = 0)",
    "completed": "status = 'completed'",
    "canceled": "status = 'canceled'",
    "expired": "status = 'expired'",
    "canceling": f"(canceling = 1 AND {_GRANTING})",
    "paused": f"(paused = 1 AND {_GRANTING})",
    "expiring": "(status = 'completed' AND recurring = 0 AND current_period_end IS NOT NULL)",
    "one_time": "(status = 'completed' AND recurring = 0 AND current_period_end IS NULL)",
    "unclaimed": "user_id IS NULL",
    "banned": "0",
}
"""The membership states to filter by; half of them are derived and never a `status`."""


def buckets(name: str, values: list[str], query: QueryParams) -> Sql:
    """`status` and `statuses` together: any of them."""
    if name == "statuses" and query.get("status"):
        return "1", []
    for value in (*values, *query.getlist("statuses")):
        if value not in BUCKETS:
            raise invalid(f"{value} is not a valid {name}", name)
    wanted = dict.fromkeys((*values, *query.getlist("statuses")))
    return "(" + " OR ".join(BUCKETS[value] for value in wanted) + ")", []


_HELD = {"product_ids": "product_id", "plan_ids": "plan_id", "promo_code_ids": "promo_code_id"}


def holding(name: str, _values: list[str], query: QueryParams) -> Sql:
    """Members by one membership that meets membership_status, product_ids, plan_ids and promo_code_ids at once."""
    asked = [each for each in ("membership_status", *_HELD) if query.get(each)]
    if name != asked[0]:
        return "1", []
    parts, values = ["held.member_id = member.id"], []
    status = query.get("membership_status")
    if status not in (None, "active", "inactive"):
        raise invalid("membership_status must be active or inactive", "membership_status")
    if status:
        parts.append(f"{'' if status == 'active' else 'NOT '}held.{_GRANTING}")
    for parameter, column in _HELD.items():
        wanted = query.getlist(parameter)
        if wanted:
            parts.append(f"held.{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    return f"EXISTS (SELECT 1 FROM membership held WHERE {' AND '.join(parts)})", values  # noqa: S608 - columns are ours


def expired(name: str, values: list[str], query: QueryParams) -> Sql:
    """Promo code states; `expired` groups inactive and archived ones."""
    if values[-1] == "expired":
        return "status IN ('inactive', 'archived')", []
    return choice("status", "active", "inactive", "archived")(name, values, query)
