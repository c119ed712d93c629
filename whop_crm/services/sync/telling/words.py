"""Words that several kinds of activity share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_DETAIL = 500

_DECLINES = {
    "generic_decline": "the card was declined",
    "contact_issuer": "the bank declined it",
    "do_not_honor": "the bank declined it",
    "card_declined": "the card was declined",
    "authentication_required": "the bank asks for a confirmation",
    "expired_card": "the card has expired",
    "lost_card": "the card was reported lost",
    "stolen_card": "the card was reported stolen",
    "closed_account": "the account is closed",
}


@dataclass(frozen=True, slots=True)
class Names:
    """Titles of products and plans by Whop's ids, as far as they are known."""

    products: Mapping[str, str] = field(default_factory=dict[str, str])
    plans: Mapping[str, str] = field(default_factory=dict[str, str])

    def product(self, product_id: str | None, otherwise: str) -> str:
        return self.products.get(product_id or "", otherwise)

    def plan(self, plan_id: str | None, product_id: str | None = None) -> str:
        """The plan's title, empty where it says no more than the product's."""
        title = self.plans.get(plan_id or "", "")
        return "" if title == self.products.get(product_id or "") else title


def code_words(code: str) -> str:
    return code.replace("_", " ")


def decline_words(code: str | None, message: str | None) -> str:
    """Why a charge failed, to follow a colon; empty where nobody says."""
    if code:
        return _DECLINES.get(code) or code_words(code)
    words = (message or "").strip().rstrip(".")
    return words[:1].lower() + words[1:]


def with_reason(title: str, reason: str) -> str:
    return f"{title}: {reason}" if reason else title


def detail(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)[:MOST_DETAIL]
