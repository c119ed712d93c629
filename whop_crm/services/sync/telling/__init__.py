"""What the timeline says of a fact: short friendly words, at the fact's own times, under a key that stays the same."""

from whop_crm.services.sync.telling.community import of_chat, of_lesson, of_post
from whop_crm.services.sync.telling.memberships import of_membership, of_trial_ending
from whop_crm.services.sync.telling.money import of_dispute, of_invoice, of_payment, of_refund
from whop_crm.services.sync.telling.people import of_member
from whop_crm.services.sync.telling.words import Names

__all__ = [
    "Names",
    "of_chat",
    "of_dispute",
    "of_invoice",
    "of_lesson",
    "of_member",
    "of_membership",
    "of_payment",
    "of_post",
    "of_refund",
    "of_trial_ending",
]
