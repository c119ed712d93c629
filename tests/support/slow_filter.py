"""What a filter means, the slow and obvious way: one person, one node at a time, in plain Python.

It shares nothing with the compiler but the JSON.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.support.crowd import Crowd, Person
from whop_crm.text import fold

HELD = {"active", "trialing", "past_due", "canceling", "completed"}
MEMBER_COLUMNS = {
    "joined": "joined_at", "canceled": "canceled_at", "trial_end": "trial_ends_at", "next_charge": "next_charge_at",
    "first_payment": "first_payment_at", "last_payment": "last_payment_at", "last_active": "last_active_at",
    "net_revenue": "net_revenue_minor", "mrr": "mrr_minor",
}  # fmt: skip
MEMBERSHIP_COLUMNS = {
    "product": "whop_product_id", "plan": "whop_plan_id", "membership_status": "status", "membership_mrr": "mrr_minor",
    "started": "whop_created_at", "membership_canceled": "canceled_at", "ended": "ended_at",
    "canceling": "cancel_at_period_end",
}  # fmt: skip
NEGATIVE = {"is_not": "is", "is_none_of": "is_any_of", "not_contains": "contains", "not_in_last": "in_last",
            "has_none": "has_any", "is_empty": "is_set"}  # fmt: skip
RANGES = {"day": (1, 1), "week": (7, 7), "month": (28, 31), "quarter": (90, 92), "half_year": (180, 184),
          "year": (364, 366)}  # fmt: skip
ANCHORS = {"joined": "joined_at", "first_payment": "first_payment_at", "last_payment": "last_payment_at",
           "canceled": "canceled_at"}  # fmt: skip


def meets(node: dict[str, Any], person: Person, crowd: Crowd) -> bool:
    if "all" in node:
        return all(meets(one, person, crowd) for one in node["all"])
    if "any" in node:
        return any(meets(one, person, crowd) for one in node["any"])
    if "not" in node:
        return not meets(node["not"], person, crowd)
    if "membership" in node:
        return any(_one_meets(node["membership"], held, crowd) for held in person.memberships)
    if "after" in node:
        return _sequence(node, person, crowd)
    if "activity" in node:
        return _behaviour(node, person, crowd)
    return _field(node, person, crowd)


def _one_meets(node: dict[str, Any], held: dict[str, Any], crowd: Crowd) -> bool:
    if "all" in node:
        return all(_one_meets(one, held, crowd) for one in node["all"])
    if "any" in node:
        return any(_one_meets(one, held, crowd) for one in node["any"])
    if "not" in node:
        return not _one_meets(node["not"], held, crowd)
    if node["op"] in NEGATIVE:
        return not _one_meets({**node, "op": NEGATIVE[node["op"]]}, held, crowd)
    key, value = node["field"], node.get("value")
    if key == "current":
        return (held["status"].value in HELD) == value
    if key == "price_interval":
        wanted = value if isinstance(value, list) else [value]
        return _interval(held["billing_period_days"]) in wanted
    return _compare(held[MEMBERSHIP_COLUMNS.get(key, key)], node["op"], value, crowd)


def _interval(days: int | None) -> str:
    if days is None:
        return "once"
    return next((name for name, (low, high) in RANGES.items() if low <= days <= high), "other")


def _field(node: dict[str, Any], person: Person, crowd: Crowd) -> bool:
    key, op, value = node["field"], node["op"], node.get("value")
    if op in NEGATIVE:
        return not _field({**node, "op": NEGATIVE[op]}, person, crowd)
    several = value if isinstance(value, list) else [value]
    if key in SETS:
        return SETS[key](op, several, person, crowd)
    if key.startswith("custom."):
        have = person.own.get(key)
        return _compare(fold(have) if isinstance(have, str) else have, op, _folded(value), crowd)
    if key == "name":
        return _compare(person.row["sort_name"], op, _folded(value), crowd)
    if key == "email_domain":
        return _compare(_domain(person.row["email"]), op, value.removeprefix("@") if value else value, crowd)
    return _compare(person.row[MEMBER_COLUMNS.get(key, key)], op, value, crowd)


def _current(column: str) -> Callable[[str, list[Any], Person, Crowd], bool]:
    def among(op: str, several: list[Any], person: Person, _crowd: Crowd) -> bool:
        now = {held[column] for held in person.memberships if held["status"].value in HELD}
        return bool(now) if op == "is_set" else bool(now & set(several))

    return among


def _status(_op: str, several: list[Any], person: Person, _crowd: Crowd) -> bool:
    return ("canceling" if person.row["canceling"] else person.row["status"].value) in several


def _tags(op: str, several: list[Any], person: Person, _crowd: Crowd) -> bool:
    if op == "is_set":
        return bool(person.tags)
    return set(several) <= person.tags if op == "has_all" else bool(person.tags & set(several))


SETS: dict[str, Callable[[str, list[Any], Person, Crowd], bool]] = {
    "current_product": _current("whop_product_id"),
    "current_plan": _current("whop_plan_id"),
    "status": _status,
    "tags": _tags,
    "has_note": lambda _op, several, person, _crowd: person.noted in several,
    "list": lambda _op, several, person, _crowd: bool(person.lists & set(several)),
    "segment": lambda _op, several, person, crowd: any(meets(crowd.segments[one], person, crowd) for one in several),
}


def _domain(email: str | None) -> str | None:
    return None if email is None else email.partition("@")[2]


def _folded(value: Any) -> Any:
    if isinstance(value, list):
        return [_folded(one) for one in value]
    is_day = isinstance(value, str) and len(value) == 10 and value[4] == "-"
    return fold(value) if isinstance(value, str) and not is_day else value


def _compare(have: Any, op: str, value: Any, crowd: Crowd) -> bool:
    """A positive operator: what is missing meets none."""
    if have is None:
        return False
    if op == "is_set":
        return True
    if isinstance(have, bool):
        return have == value
    if isinstance(have, datetime):
        return _instant(have, op, value, crowd)
    if isinstance(have, date):
        return _instant(datetime.combine(have, time(12), tzinfo=crowd.zone), op, value, crowd, whole_days=True)
    if isinstance(have, str):
        return _text(have.lower(), op, value)
    return _number(have, op, value)


def _text(have: str, op: str, value: Any) -> bool:
    if op == "is_any_of":
        return have in [one.lower() for one in value]
    said = value.lower()
    return {"is": have == said, "contains": said in have, "starts_with": have.startswith(said)}[op]


def _number(have: float, op: str, value: Any) -> bool:
    if op == "between":
        return value[0] <= have <= value[1]
    tests: dict[str, Callable[[], bool]] = {
        "at_least": lambda: have >= value, "at_most": lambda: have <= value, "greater_than": lambda: have > value,
        "less_than": lambda: have < value, "equals": lambda: have == value,
    }  # fmt: skip
    return tests[op]()


def _instant(have: datetime, op: str, value: Any, crowd: Crowd, whole_days: bool = False) -> bool:
    now, today = crowd.now, crowd.now.astimezone(crowd.zone).date()
    day = have.astimezone(crowd.zone).date()
    if op in ("in_last", "in_next"):
        forward = op == "in_next"
        if value.get("unit", "days") == "hours" and not whole_days:
            length = timedelta(hours=value["n"])
            return now <= have <= now + length if forward else now - length <= have <= now
        edge = _moved(crowd, value, 1 if forward else -1)
        if whole_days:
            return today <= day <= edge if forward else edge <= day <= today
        return (now <= have and day <= edge) if forward else (edge <= day and have <= now)
    if op == "between":
        return _at(have, day, "on_or_after", value[0], crowd, whole_days) and _at(
            have, day, "on_or_before", value[1], crowd, whole_days)  # fmt: skip
    return _at(have, day, op, value, crowd, whole_days)


def _at(have: datetime, day: date, op: str, value: Any, crowd: Crowd, whole_days: bool) -> bool:
    """One end: an instant where it is named in hours, else a local day."""
    left: Any = day
    if isinstance(value, str):
        right: Any = date.fromisoformat(value)
    else:
        ((key, span),) = value.items()
        sign = -1 if key == "ago" else 1
        right = _moved(crowd, span, sign)
        if span.get("unit") == "hours" and not whole_days:
            left, right = have, crowd.now + sign * timedelta(hours=span["n"])
    return {"before": left < right, "after": left > right, "on_or_before": left <= right, "on_or_after": left >= right}[
        op
    ]


def _moved(crowd: Crowd, span: dict[str, Any], sign: int) -> date:
    """The local day that lies so far from today."""
    return _day_moved(crowd.now.astimezone(crowd.zone).date(), span, sign, crowd)


def _day_moved(day: date, span: dict[str, Any], sign: int, crowd: Crowd | None = None) -> date:
    unit, n = span.get("unit", "days"), span["n"]
    if unit == "hours" and crowd:
        return (crowd.now + sign * timedelta(hours=n)).astimezone(crowd.zone).date()
    if unit == "months":
        month = day.replace(day=1)
        for _ in range(n):
            month = ((month + timedelta(days=32)) if sign > 0 else (month - timedelta(days=1))).replace(day=1)
        return _on(month, day.day)
    return day + sign * timedelta(days=n * (7 if unit == "weeks" else 1))


def _on(month: date, number: int) -> date:
    """That day of the month, or its last."""
    while True:
        try:
            return month.replace(day=number)
        except ValueError:
            number -= 1


def _behaviour(node: dict[str, Any], person: Person, crowd: Crowd) -> bool:
    times = sum(n for (kind, day), n in person.days.items() if kind == node["activity"] and _counts(node, day, crowd))
    wanted = node.get("times", 1)
    met = times >= wanted if node.get("op", "at_least") == "at_least" else times <= wanted
    return met == node.get("did", True)


def _counts(node: dict[str, Any], day: date, crowd: Crowd) -> bool:
    when = node.get("when")
    if when is None:
        return True
    if "last" in when:
        return _moved(crowd, when["last"], -1) <= day <= crowd.now.astimezone(crowd.zone).date()
    first, last = when["between"]
    return date.fromisoformat(first) <= day <= date.fromisoformat(last)


def _sequence(node: dict[str, Any], person: Person, crowd: Crowd) -> bool:
    anchor = person.row[ANCHORS[node["after"]]]
    if anchor is None:
        return False
    began = anchor.astimezone(crowd.zone).date()
    until = _day_moved(began, node["within"], 1)
    did = any(kind == node["activity"] and began <= day <= until for (kind, day) in person.days)
    if node.get("did", True):
        return did
    return not did and until < crowd.now.astimezone(crowd.zone).date()
