"""What may happen by itself or on command: each act chooses who, does it, and says in one line what happened.

An act takes a `Stage`, runs its transitions with emit, and returns its line. Where the world has nobody to do it, it
raises `Impossible` with a sentence.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from whop_crm.sandbox import casting, texts, transitions
from whop_crm.sandbox.casting import Stage
from whop_crm.sandbox.change import Change
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.shapes.money import hundredths
from whop_crm.sandbox.transitions import Impossible

Act = Callable[[Stage], str]
_RUNNING = ("active", "trialing")
_RECURRING = "recurring = 1"
_TRIES = 100


def _some(found: Doc | None, otherwise: str) -> Doc:
    if found is None:
        raise Impossible(otherwise)
    return found


@contextmanager
def _happening(stage: Stage) -> Iterator[Change]:
    with stage.store.change(stage.at, emit=True, rng=stage.rng) as change:
        yield change


def _name(stage: Stage, member_id: str) -> str:
    return str(stage.store.get("member", member_id)["display_name"])


def _price(money: Doc) -> str:
    return f"{money['amount']} {money['currency'].upper()}"


def _plan_name(stage: Stage, plan_id: str) -> str:
    plan = stage.store.get("plan", plan_id)
    title = (plan["product"] or {}).get("title")
    return f"{title} · {plan['title']}" if title and plan["title"] else str(plan["title"] or title)


def join(stage: Stage) -> str:
    """Somebody new buys a plan, or the given member buys one more."""
    plan = _some(casting.plan(stage), "No plan on sale matches.")
    user_id = stage.store.get("member", stage.member_id)["user"]["id"] if stage.member_id else None
    with _happening(stage) as change:
        joined = transitions.join(change, plan["id"], user_id=user_id)
    paid = stage.store.get("payment", joined.payment_id) if joined.payment_id else None
    how = f"and paid {_price(paid['total'])}" if paid else "without paying yet"
    return f"{_name(stage, joined.member_id)} joined {_plan_name(stage, plan['id'])} {how}"


def renew(stage: Stage) -> str:
    """The next renewal that is due, or the given member's."""
    if stage.member_id:
        doc = casting.membership(stage, ("active",), where=f"{_RECURRING} AND canceling = 0 AND paused = 0")
    else:
        doc = casting.due_soon(stage, timedelta(days=366 if stage.asked else 1))
    doc = _some(doc, "No renewal is due.")
    with _happening(stage) as change:
        payment_id = transitions.renew(change, doc["id"])
    return f"{_name(stage, doc['member_id'])} renewed for {_price(stage.store.get('payment', payment_id)['total'])}"


def cancel(stage: Stage) -> str:
    """A cancellation at the end of the period."""
    doc = casting.membership(stage, _RUNNING, where=f"{_RECURRING} AND canceling = 0 AND paused = 0", quiet=True)
    doc = _some(doc, "No running membership is left to cancel.")
    option, reason = _reason(stage)
    with _happening(stage) as change:
        transitions.cancel_at_period_end(change, doc["id"], option=option, reason=reason)
    until = stage.store.get("membership", doc["id"])["current_period_end"][:10]
    return f"{_name(stage, doc['member_id'])} canceled; access ends {until}"


def cancel_now(stage: Stage) -> str:
    """A cancellation with access ending at once."""
    doc = casting.membership(stage, (*_RUNNING, "past_due"), quiet=True)
    doc = _some(doc, "No running membership is left to cancel.")
    option, reason = _reason(stage)
    with _happening(stage) as change:
        transitions.cancel_now(change, doc["id"], option=option, reason=reason)
    return f"{_name(stage, doc['member_id'])} canceled and lost access at once"


def _reason(stage: Stage) -> tuple[str | None, str | None]:
    if stage.text:
        return "other", stage.text
    if stage.rng.random() < 0.25:
        return None, None
    option = stage.rng.choices(list(texts.CANCEL_WEIGHTS), list(texts.CANCEL_WEIGHTS.values()))[0]
    return option, stage.rng.choice(texts.CANCEL_REASONS[option])


def uncancel(stage: Stage) -> str:
    """A scheduled cancellation is taken back."""
    doc = _some(casting.membership(stage, _RUNNING, where="canceling = 1"), "Nobody is set to cancel.")
    with _happening(stage) as change:
        transitions.uncancel(change, doc["id"])
    return f"{_name(stage, doc['member_id'])} decided to stay"


def fail_payment(stage: Stage) -> str:
    """A renewal charge is declined."""
    where = f"{_RECURRING} AND paused = 0 AND canceling = 0"
    soon = None if stage.member_id else casting.due_soon(stage, timedelta(days=1))
    doc = _some(soon or casting.membership(stage, ("active", "past_due"), where=where), "No renewal can fail.")
    with _happening(stage) as change:
        payment_id = transitions.fail_payment(change, doc["id"])
    payment = stage.store.get("payment", payment_id)
    why = payment["failure_message"] or "The card was declined."
    return f"{_name(stage, doc['member_id'])}’s payment of {_price(payment['total'])} failed: {why.rstrip('.')}"


def recover_payment(stage: Stage) -> str:
    """A failed charge goes through after all."""
    doc = _some(casting.membership(stage, ("past_due",)), "No failed payment is waiting.")
    with _happening(stage) as change:
        payment_id = transitions.recover_payment(change, doc["id"])
    total = stage.store.get("payment", payment_id)["total"]
    return f"{_name(stage, doc['member_id'])}’s failed payment of {_price(total)} went through"


def refund(stage: Stage) -> str:
    """A recent payment is given back, whole."""
    payment = _recent_payment(stage)
    with _happening(stage) as change:
        transitions.refund(change, payment["id"], reason="requested_by_customer")
    return f"{_name(stage, payment['member_id'])} got {_price(payment['total'])} back"


def dispute(stage: Stage) -> str:
    """A recent payment is disputed at the bank."""
    payment = _recent_payment(stage)
    reason = stage.rng.choice(("fraudulent", "product_not_received", "subscription_canceled", "unrecognized"))
    with _happening(stage) as change:
        transitions.open_dispute(change, payment["id"], reason=reason)
    name = _name(stage, payment["member_id"])
    return f"{name} disputed {_price(payment['total'])}: {reason.replace('_', ' ')}"


def _recent_payment(stage: Stage) -> Doc:
    """A paid payment that nothing was taken back of: the named member's newest, else one of the company's latest."""
    column, value = ("member_id", stage.member_id) if stage.member_id else ("account_id", stage.account_id)
    rows = stage.store.query(
        f"SELECT id FROM payment WHERE {column} = ? AND status = 'paid' AND substatus = 'succeeded'"  # noqa: S608 - ours
        " AND member_id IS NOT NULL ORDER BY created_at DESC LIMIT 60",
        (value,),
    )
    found = [stage.store.get("payment", row["id"]) for row in rows]
    untouched = [doc for doc in found if doc["refundable"] and hundredths(doc["total"]) > 0]
    if not untouched:
        raise Impossible("There is no payment to take back.")
    return untouched[0] if stage.member_id else stage.rng.choice(untouched)


def upgrade(stage: Stage) -> str:
    """A running membership moves to another plan of the company, mostly a dearer one."""
    doc = _some(
        casting.membership(stage, ("active",), where=f"{_RECURRING} AND canceling = 0 AND paused = 0"),
        "Nobody can change plan.",
    )
    plan = _some(_other_plan(stage, doc), "There is no other plan to move to.")
    with _happening(stage) as change:
        transitions.switch_plan(change, doc["id"], plan["id"])
    before, after = _plan_name(stage, doc["plan_id"]), _plan_name(stage, plan["id"])
    return f"{_name(stage, doc['member_id'])} moved from {before} to {after}"


def _other_plan(stage: Stage, doc: Doc) -> Doc | None:
    plans = stage.store.select("plan", account_id=stage.account_id, plan_type="renewal", visibility="visible")
    others = [plan for plan in plans if plan["id"] != doc["plan_id"] and plan["renewal_price"] > 0]
    if stage.plan:
        return next((p for p in others if stage.plan.casefold() in f"{p['id']} {p['title']}".casefold()), None)
    now = hundredths(doc["renewal_price"]) / 100 / doc["billing_period_days"]
    dearer = [plan for plan in others if plan["renewal_price"] / plan["billing_period"] > now]
    pool = dearer if dearer and stage.rng.random() < 0.8 else others
    return stage.rng.choice(pool) if pool else None


def pause(stage: Stage) -> str:
    """Payment collection of a membership stops."""
    where = f"{_RECURRING} AND canceling = 0 AND paused = 0"
    doc = _some(casting.membership(stage, ("active",), where=where, quiet=True), "Nobody can be paused.")
    with _happening(stage) as change:
        transitions.pause(change, doc["id"])
    return f"{_name(stage, doc['member_id'])}’s payments are paused"


def resume(stage: Stage) -> str:
    """Payment collection goes on."""
    doc = _some(casting.membership(stage, ("active",), where="paused = 1"), "Nobody is paused.")
    with _happening(stage) as change:
        transitions.resume(change, doc["id"])
    return f"{_name(stage, doc['member_id'])}’s payments go on"


def leave(stage: Stage) -> str:
    """A member leaves the company for good."""
    doc = casting.membership(stage, (*_RUNNING, "completed"), quiet=True)
    member_id = stage.member_id or _some(doc, "Nobody is left to leave.")["member_id"]
    with _happening(stage) as change:
        transitions.leave(change, member_id)
    return f"{_name(stage, member_id)} left"


def visit(stage: Stage) -> str:
    """A member opens the content."""
    who = _some(casting.member(stage), "Nobody has access.")
    with _happening(stage) as change:
        transitions.visit(change, who["id"])
    return f"{who['display_name']} looked in"


def post(stage: Stage) -> str:
    """A post in a forum."""
    who, user_id, forum_id = _participant(stage, "forum")
    title, body = stage.rng.choice(texts.POST_TITLES), stage.text or stage.rng.choice(texts.POST_BODIES)
    with _happening(stage) as change:
        transitions.post(change, user_id, forum_id, body, title=title)
    return f"{who['display_name']} posted “{title}”"


def comment(stage: Stage) -> str:
    """A comment on a recent post."""
    who, user_id, forum_id = _participant(stage, "forum")
    forum = stage.store.get("forum", forum_id)
    where = {"experience_id": forum["experience"]["id"], "parent_id": None}
    recent = stage.store.ids("forum_post", limit=12, newest=True, **where)
    if not recent:
        raise Impossible("There is no post to comment on.")
    text = stage.text or stage.rng.choice(texts.COMMENTS)
    with _happening(stage) as change:
        transitions.comment(change, user_id, stage.rng.choice(recent), text)
    return f"{who['display_name']} commented “{text}”"


def chat(stage: Stage) -> str:
    """A chat message."""
    who, user_id, channel_id = _participant(stage, "chat_channel")
    text = stage.text or stage.rng.choice(texts.MESSAGES)
    with _happening(stage) as change:
        transitions.chat(change, user_id, channel_id, text)
    return f"{who['display_name']} said “{text}”"


def lesson(stage: Stage) -> str:
    """A member completes the next lesson of a course."""
    for _ in range(1 if stage.member_id else _TRIES):
        who, user_id, course_id = _participant(stage, "course")
        doc = _next_lesson(stage, user_id, course_id)
        if doc is not None:
            with _happening(stage) as change:
                transitions.complete_lesson(change, user_id, doc["id"])
            return f"{who['display_name']} completed “{doc['title']}”"
    raise Impossible(f"{who['display_name'] if stage.member_id else 'Everybody'} has completed every lesson.")


def _next_lesson(stage: Stage, user_id: str, course_id: str) -> Doc | None:
    """The first lesson of a course that this person has not completed."""
    lessons = stage.store.select("course_lesson", course_id=course_id)
    lessons.sort(key=lambda each: each["_position"])
    done = set(stage.store.ids("lesson_interaction", user_id=user_id, course_id=course_id, completed=1))
    begun = stage.store.get("user", user_id)["_lessons"]
    return next((each for each in lessons if begun.get(each["id"]) not in done), None)


def _participant(stage: Stage, kind: str) -> tuple[Doc, str, str]:
    """A member with access to a place of this kind, their user id, and the place."""
    who = None
    for _ in range(1 if stage.member_id else _TRIES):
        who = _some(casting.member(stage), "Nobody has access.")
        found = casting.place(stage, who, kind)
        if found is not None and who["user"] is not None:
            return who, who["user"]["id"], found
    name = who["display_name"] if who else "Nobody"
    raise Impossible(f"{name} has bought nothing with a {kind.replace('_', ' ')}.")


ACTS: dict[str, Act] = {
    "join": join, "renew": renew, "cancel": cancel, "cancel-now": cancel_now, "uncancel": uncancel,
    "fail-payment": fail_payment, "recover-payment": recover_payment, "refund": refund, "dispute": dispute,
    "upgrade": upgrade, "pause": pause, "resume": resume, "leave": leave, "visit": visit, "post": post,
    "comment": comment, "chat": chat, "lesson": lesson,
}  # fmt: skip
"""Every act by the name that the command line gives it."""
