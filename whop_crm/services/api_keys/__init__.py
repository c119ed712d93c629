"""Keys of the REST API: who made which, what they may, how often they are used, and what they were answered."""

from whop_crm.services.api_keys.actions import make_key, revoke_key, touch_key
from whop_crm.services.api_keys.answers import LONGEST_KEY, KeptAnswer, claim_answer, keep_answer, prune_answers
from whop_crm.services.api_keys.lookups import RATE_WINDOW, Holder, Rate, count_request, find_holder, forget_old_rates
from whop_crm.services.api_keys.queries import list_keys
from whop_crm.services.api_keys.schemas import NAME_LIMIT, KeyRow, MadeKey

__all__ = [
    "LONGEST_KEY",
    "NAME_LIMIT",
    "RATE_WINDOW",
    "Holder",
    "KeptAnswer",
    "KeyRow",
    "MadeKey",
    "Rate",
    "claim_answer",
    "count_request",
    "find_holder",
    "forget_old_rates",
    "keep_answer",
    "list_keys",
    "make_key",
    "prune_answers",
    "revoke_key",
    "touch_key",
]
