"""Segments to start from: each made in one click, or adjusted first."""

from typing import Any

from whop_crm.filters import parse
from whop_crm.models.enums import TagColor
from whop_crm.money import to_minor
from whop_crm.services.segments.schemas import Template

HIGH_VALUE = 500
"""Major units of the company's currency."""
_HERE = {"field": "status", "op": "is_any_of", "value": ["active", "canceling", "past_due", "trialing", "completed"]}


def _last(days: int) -> dict[str, Any]:
    return {"n": days, "unit": "days"}


def _all(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(nodes)}


def templates(currency: str) -> list[Template]:
    """The templates, with amounts in a company's currency."""
    worth = {"field": "net_revenue", "op": "at_least", "value": to_minor(str(HIGH_VALUE), currency)}
    made: list[tuple[str, str, str, TagColor, dict[str, Any]]] = [
        ("active", "Active", "Everybody who has access now.", TagColor.GREEN, _all(_HERE)),
        ("at_risk", "At risk", "Active, and not seen for 30 days.", TagColor.RED,
         _all(_HERE, {"field": "last_active", "op": "not_in_last", "value": _last(30)})),
        ("new", "New", "Joined in the last 30 days.", TagColor.AMBER,
         _all({"field": "joined", "op": "in_last", "value": _last(30)})),
        ("high_value", "High value", "Paid 500 or more, net of refunds.", TagColor.VIOLET, _all(worth)),
        ("churned", "Churned", "Paid once, and has no access any more.", TagColor.GRAY,
         _all({"field": "status", "op": "is_any_of", "value": ["canceled", "expired"]},
              {"field": "payments", "op": "at_least", "value": 1})),
        ("payment_problems", "Payment problems", "A renewal that did not go through.", TagColor.ORANGE,
         _all({"field": "status", "op": "is_any_of", "value": ["past_due", "unresolved"]})),
        ("leaving", "Leaving at period end", "Set to cancel, and still here to be won back.", TagColor.PINK,
         _all({"field": "status", "op": "is", "value": "canceling"})),
        ("trials_ending", "Trials ending this week", "In trial, with at most 7 days to go.", TagColor.TEAL,
         _all({"field": "status", "op": "is", "value": "trialing"},
              {"field": "trial_end", "op": "in_next", "value": _last(7)})),
    ]  # fmt: skip
    return [Template(key, name, text, color, parse({"where": where})) for key, name, text, color, where in made]
