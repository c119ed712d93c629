"""Everything that can happen on the platform, one function each: the front door of `moves/`.

Each takes the `Change` of `Store.change(at, emit=…)` first, happens at `change.at`, writes what Whop would write and,
when the change emits, appends the webhook events Whop has for it. History and live life use the same functions.
Nothing here reads the real clock. Ids are returned; documents are read with `store.get`.

    with store.change(emit=True) as change:
        joined = transitions.join(change, plan_id)
        transitions.chat(change, joined.user_id, channel_id, "Hello, everyone")

A misplaced call (to renew an ended membership, to refund more than was paid) raises `Impossible` and, as it leaves
`store.change`, rolls the whole unit back.

Whop has no event for: forum posts, refunds and disputes on the payment they concern (its `refunded_amount`,
`substatus` and `updated_at` change silently), promo codes, team members, lessons begun, the member counts of products
and plans. `member.updated` on a visit and `membership.updated` on a renewal are assumptions, as a follower could not
keep `last_accessed_at` and the period end right without them.
"""

from whop_crm.sandbox.moves.base import Impossible, Joined
from whop_crm.sandbox.moves.billing import (
    DECLINES,
    cancel_at_period_end,
    cancel_now,
    end_period,
    extend,
    fail_payment,
    give_up,
    pause,
    recover_payment,
    remind_of_trial_end,
    renew,
    resume,
    settle_slow_payment,
    start_slow_payment,
    switch_plan,
    uncancel,
)
from whop_crm.sandbox.moves.buying import join, transfer
from whop_crm.sandbox.moves.catalogue import (
    add_chat,
    add_course,
    add_forum,
    add_plan,
    add_product,
    add_promo_code,
    add_team_member,
    change_role,
    create_account,
    invite_team_member,
    remove_team_member,
    update_plan,
    update_product,
)
from whop_crm.sandbox.moves.money_back import (
    answer_dispute,
    close_dispute,
    create_invoice,
    miss_invoice,
    open_dispute,
    pay_invoice,
    refund,
    void_invoice,
    write_off_invoice,
)
from whop_crm.sandbox.moves.people import add_business_member, add_user, leave, update_user, visit
from whop_crm.sandbox.moves.taking_part import chat, comment, complete_lesson, post, start_lesson

__all__ = [
    "DECLINES", "Impossible", "Joined", "add_business_member", "add_chat", "add_course", "add_forum", "add_plan",
    "add_product", "add_promo_code", "add_team_member", "add_user", "answer_dispute", "cancel_at_period_end",
    "cancel_now", "change_role", "chat", "close_dispute", "comment", "complete_lesson", "create_account",
    "create_invoice", "end_period", "extend", "fail_payment", "give_up", "invite_team_member", "join", "leave",
    "miss_invoice", "open_dispute", "pause", "pay_invoice", "post", "recover_payment", "refund",
    "remind_of_trial_end", "remove_team_member", "renew", "resume", "settle_slow_payment", "start_lesson",
    "start_slow_payment", "switch_plan", "transfer", "uncancel", "update_plan", "update_product", "update_user",
    "visit", "void_invoice", "write_off_invoice",
]  # fmt: skip
