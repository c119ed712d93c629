"""Random histories of a sandbox's main company: everything that commerce and people may do there, by seed."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from whop_crm.sandbox import acts, transitions
from whop_crm.sandbox.casting import Stage, membership
from whop_crm.sandbox.clock import MILLISECOND
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.shapes.money import hundredths
from whop_crm.sandbox.store import Store
from whop_crm.sandbox.transitions import Impossible

UPGRADE = timedelta(seconds=2)
"""How long one takes: what comes next comes after it."""
GRANTING = ("trialing", "active", "past_due", "completed")
Move = Callable[[Stage], object]
Moves = dict[str, Move]


def _one(stage: Stage, kind: str, **columns: object) -> Doc:
    found = stage.store.pick(kind, stage.rng, account_id=stage.account_id, **columns)
    if found is None:
        raise Impossible(f"There is no such {kind}.")
    return stage.store.get(kind, found)


def _held(stage: Stage, *statuses: str, where: str = "1") -> Doc:
    found = membership(stage, statuses, where=where)
    if found is None:
        raise Impossible("Nobody holds such a membership.")
    return found


def _give_up(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.give_up(change, _held(stage, "past_due")["id"])


def _pay_slowly(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.start_slow_payment(change, _held(stage, "active", where="recurring = 1 AND paused = 0")["id"])


def _settle(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.settle_slow_payment(change, _one(stage, "payment", status="pending")["id"])


def _end_period(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.end_period(change, _held(stage, "active", "trialing", where="canceling = 1")["id"])


def _extend(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.extend(change, _held(stage, "active", "trialing")["id"], stage.rng.randint(1, 30))


def _remind(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.remind_of_trial_end(change, _held(stage, "trialing")["id"])


def _transfer(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        new = transitions.add_user(change)
        transitions.transfer(change, _held(stage, *GRANTING)["id"], new)


def _refund_a_part(stage: Stage) -> None:
    paid = _one(stage, "payment", status="paid")
    left = hundredths(paid["total"]) - hundredths(paid["refunded_amount"])
    if left < 2 or paid["member_id"] is None:
        raise Impossible("There is nothing left to give back.")
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.refund(change, paid["id"], amount=f"{stage.rng.randint(1, left - 1) / 100:.2f}")


def _ask_about_a_payment(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.open_dispute(change, _one(stage, "payment", status="paid")["id"], inquiry=True)


def _answer_dispute(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.answer_dispute(change, _one(stage, "dispute")["id"])


def _close_dispute(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.close_dispute(change, _one(stage, "dispute")["id"], won=stage.rng.random() < 0.4)


def _invoice(stage: Stage) -> None:
    plan, member = _one(stage, "plan"), _one(stage, "member", access_level="customer")
    with stage.store.change(stage.at, rng=stage.rng) as change:
        amount = f"{stage.rng.randint(100, 90_000) / 100:.2f}"
        transitions.create_invoice(change, member["id"], plan["id"], label="Coaching", amount=amount)


def _end_invoice(stage: Stage) -> None:
    doc = _one(stage, "invoice", status=["open", "past_due"])
    endings = (transitions.pay_invoice, transitions.miss_invoice, transitions.void_invoice,
               transitions.write_off_invoice)  # fmt: skip
    with stage.store.change(stage.at, rng=stage.rng) as change:
        stage.rng.choice(endings)(change, doc["id"])


def _rename_person(stage: Stage) -> None:
    user = _one(stage, "member", access_level="customer")["user"]
    if user is None:
        raise Impossible("A business has no user.")
    number = stage.rng.randrange(10_000)
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.update_user(change, user["id"], name=f"Name {number}", email=f"name{number}@example.com")


def _rename_product(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.update_product(change, _one(stage, "product")["id"], title=f"Product {stage.rng.randrange(1000)}")


def _rename_plan(stage: Stage) -> None:
    with stage.store.change(stage.at, rng=stage.rng) as change:
        transitions.update_plan(change, _one(stage, "plan")["id"], title=f"Plan {stage.rng.randrange(1000)}")


def _join_by_hand(stage: Stage) -> None:
    """Somebody buys who has bought here before, be it the same again."""
    member = _one(stage, "member", access_level=["customer", "no_access"])
    if member["user"] is None:
        raise Impossible("A business has no user.")
    stage.member_id = member["id"]
    acts.join(stage)


MOVES: Moves = {
    **{name: act for name, act in acts.ACTS.items() if name not in ("post", "comment", "lesson")},
    "give-up": _give_up, "pay-slowly": _pay_slowly, "settle": _settle, "end-period": _end_period, "extend": _extend,
    "remind": _remind, "transfer": _transfer, "refund-a-part": _refund_a_part, "inquiry": _ask_about_a_payment,
    "answer-dispute": _answer_dispute, "close-dispute": _close_dispute, "invoice": _invoice,
    "end-invoice": _end_invoice, "rename-person": _rename_person, "rename-product": _rename_product,
    "rename-plan": _rename_plan, "buy-again": _join_by_hand,
}  # fmt: skip
"""What webhooks tell of and lists show alike; nobody is told of posts, and lessons have no date in a list."""


@dataclass
class History:
    """A company's life from now on, a millisecond from one change to the next."""

    store: Store
    account_id: str
    seed: str
    moves: Sequence[str] = tuple(MOVES)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def go_on(self, changes: int) -> None:
        """So many changes, by chance; a move that makes no sense when its turn comes is another move's turn."""
        chance, left, number = random.Random(self.seed), changes, 0
        self.at = max(self.at, datetime.now(UTC))
        with self.store.transaction():
            while left:
                number += 1
                self.at += MILLISECOND
                left -= self._move(chance.choice(self.moves), random.Random(f"{self.seed} {number}"))

    def _move(self, name: str, rng: random.Random) -> bool:
        """Whether it happened. What a move has chosen is rolled back with it where it cannot be."""
        connection = self.store.connection
        connection.execute("SAVEPOINT move")
        try:
            MOVES[name](Stage(self.store, rng, self.account_id, self.at, asked=True))
        except Impossible:
            connection.execute("ROLLBACK TO move")
            return False
        finally:
            connection.execute("RELEASE move")
        if name == "upgrade":
            self.at += UPGRADE
        return True
