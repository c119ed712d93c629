"""The states a membership went through: those that were seen, and before them those that its paid payments imply."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from whop_crm.models.enums import MembershipStatus, PromoDuration
from whop_crm.services.billing.mrr import Ratio, Terms, carries, membership_mrr, mrr_minor
from whop_crm.services.billing.rows import ENDED

_AT_ONCE = timedelta(hours=1)
_FINITE = (PromoDuration.ONCE, PromoDuration.REPEATING)


@dataclass(frozen=True, slots=True)
class State:
    """What matters of a membership at one instant; `mrr` is minor units of the company's currency."""

    status: MembershipStatus
    paused: bool
    canceling: bool
    plan: str
    mrr: int
    price: int = field(default=0, compare=False)
    """What carries the MRR, in the membership's currency; 0 where nothing does."""
    period_days: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on it was in `state`. `id` None: not stored yet; `reconstructed`: inferred instead of seen."""

    at: datetime
    state: State
    reconstructed: bool
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A cleared charge above zero; amounts in minor units of its currency, `company_total` of the company's."""

    at: datetime
    total: int
    subtotal: int
    tax: int
    company_total: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A membership as it stands now, with what its payments say. `rate`: company minor units for one of its own."""

    id: int
    whop_id: str
    member_id: int | None
    version: datetime
    status: MembershipStatus
    paused: bool
    paused_at: datetime | None
    canceling: bool
    canceled_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    plan: str
    initial_price: int
    terms: Terms
    trial: bool
    """Whether the plan begins with a trial."""
    rate: Ratio | None
    first_charge_at: datetime | None
    last_charge_at: datetime | None

    state: State = field(init=False)
    """What it is in now, MRR included."""

    def __post_init__(self) -> None:
        charged = self.first_charge_at is not None
        mrr = membership_mrr(self.terms, self.status, paused=self.paused, charged=charged, rate=self.rate)
        counts = self.terms.recurring and carries(self.status, paused=self.paused, charged=charged)
        priced = (self.terms.price, self.terms.period_days) if counts else (0, None)
        object.__setattr__(self, "state", State(self.status, self.paused, self.canceling, self.plan, mrr, *priced))

    @property
    def mrr(self) -> int:
        return self.state.mrr

    @property
    def since(self) -> datetime:
        """The best guess at when the present state began, for a state that nothing dates exactly."""
        if self.ended_at is not None:
            return self.ended_at
        return max(filter(None, (self.version, self.last_charge_at)))


def price_charged(charge: Charge, standing: Standing) -> int | None:
    """What a past period's price was, by its charge, before a finite code; None where the charge does not tell."""
    if charge.reason == "subscription_update":
        return None
    if standing.terms.promo in (None, *_FINITE):
        price = charge.subtotal
    else:
        taxed, untaxed = charge.total, charge.total - charge.tax
        price = taxed if taxed == standing.terms.renewal_price else untaxed
    fee = standing.initial_price if charge.reason == "subscription_create" else 0
    return price - fee if 0 < fee < price else price


def _at_charge(standing: Standing, charge: Charge) -> Change:
    """Charged, so active; at the price and the rate of that charge."""
    told = price_charged(charge, standing)
    price = standing.terms.price if told is None else told
    days = standing.terms.period_days or 0
    mrr = mrr_minor(price, days, (charge.company_total, charge.total))
    at = max(charge.at, standing.created_at)
    return Change(at, State(MembershipStatus.ACTIVE, False, False, standing.plan, mrr, price, days), True)


def _beginning(standing: Standing) -> Change:
    first = standing.first_charge_at
    if not standing.terms.recurring:
        status = MembershipStatus.COMPLETED if standing.status in ENDED else standing.status
    elif standing.trial and (first is None or first > standing.created_at + _AT_ONCE):
        status = MembershipStatus.TRIALING
    elif standing.status in (MembershipStatus.DRAFTED, MembershipStatus.UNRESOLVED) and first is None:
        status = standing.status
    else:
        status = MembershipStatus.ACTIVE
    return Change(standing.created_at, State(status, False, False, standing.plan, 0), True)


def _tail(standing: Standing, before: State) -> list[Change]:
    """From the last charge to now: the click to cancel, the end, or whatever it is now."""
    tail: list[Change] = []
    clicked = standing.canceled_at
    if clicked and (standing.canceling or (standing.ended_at and clicked < standing.ended_at)):
        before = replace(before, canceling=True)
        tail.append(Change(clicked, before, True))
    if standing.state == before:
        return tail
    at = standing.since
    if standing.paused and standing.paused_at and standing.status not in ENDED:
        at = standing.paused_at
    tail.append(Change(at, standing.state, True))
    return tail


def reconstruct(standing: Standing, stored: Sequence[Change], charges: Iterable[Charge]) -> list[Change]:
    """Every reconstructed change there should be, given those stored and the charges newly read.

    Charges come page by page, the newest first, so the stored ones between the beginning and the last charge are kept
    and joined; what begins and what follows the last charge is worked out anew. Nothing is reconstructed from the
    first state on that was seen.
    """
    seen = min((change.at for change in stored if not change.reconstructed), default=None)
    start, last = _beginning(standing), standing.last_charge_at
    between = {c.at: c for c in stored if c.reconstructed and last and start.at <= c.at <= last and _stays(c, standing)}
    if standing.terms.recurring:
        between |= {change.at: change for change in (_at_charge(standing, charge) for charge in charges)}
    body = _from_start(start, [between[at] for at in sorted(between)])
    tail = _tail(standing, body[-1].state)
    ordered = [*body, *(replace(change, at=max(change.at, body[-1].at)) for change in tail)]
    wanted = _compact([change for change in ordered if seen is None or change.at < seen])
    known = {(change.at, change.state): change for change in stored if change.reconstructed}
    return [known.get((change.at, change.state), change) for change in wanted]


def _stays(change: Change, standing: Standing) -> bool:
    """Whether a stored change came of a charge, or of a state that no charge tells; the others are worked out anew."""
    state = change.state
    if state.status is MembershipStatus.ACTIVE:
        return not state.paused and not state.canceling and (state.mrr > 0 or standing.terms.price == 0)
    return state.status is MembershipStatus.PAST_DUE


def _from_start(start: Change, charges: list[Change]) -> list[Change]:
    """Whoever pays at once has paid from the start."""
    if charges and charges[0].at - start.at <= _AT_ONCE:
        return [replace(charges[0], at=start.at), *charges[1:]]
    return [start, *charges]


def _compact(changes: Sequence[Change]) -> list[Change]:
    """Without those that change nothing, and in the order of time."""
    kept: list[Change] = []
    for change in changes:
        if not kept or kept[-1].state != change.state:
            kept.append(change)
    return kept


def observe(standing: Standing, stored: Sequence[Change], seen: Sequence[tuple[datetime, State]]) -> list[Change]:
    """What to add to the stored changes: states seen now, at their own times, and last of all the present one.

    A state that came late is put where it belongs; the present state is then said again behind it.
    """
    added: list[Change] = []
    if not stored:
        added.append(_beginning(standing))
    timeline = sorted([*stored, *added], key=lambda change: change.at)
    for at, state in seen:
        position = sum(1 for change in timeline if change.at <= at)
        before = timeline[position - 1] if position else None
        if before is None or (before.state != state and before.at < at):
            change = Change(at, state, False)
            added.append(change)
            timeline.insert(position, change)
    if timeline[-1].state != standing.state:
        added.append(Change(max(standing.since, timeline[-1].at), standing.state, False))
    return added
