"""In which order a run reads, and how much of it a list is."""

from whop_crm.clients.readers import NESTED
from whop_crm.clients.scopes import PURPOSES, needed_for
from whop_crm.models.enums import SyncResource
from whop_crm.services.sync.schemas import StepKey

Chain = tuple[SyncResource, ...]
"""Lists that are read one after the other."""

STAGES: tuple[tuple[Chain, ...], ...] = (
    (
        (SyncResource.PRODUCTS, SyncResource.PLANS, SyncResource.PROMO_CODES, SyncResource.TEAM),
        (SyncResource.MEMBERS,),
    ),
    ((SyncResource.MEMBERSHIPS, SyncResource.PAUSED), (SyncResource.PAYMENTS,)),
    ((SyncResource.REFUNDS,), (SyncResource.DISPUTES,), (SyncResource.INVOICES,)),
    ((SyncResource.COURSES, SyncResource.LESSONS), (SyncResource.FORUMS,), (SyncResource.CHATS,)),
)
"""A stage begins when the one before has been read: members before what they bought, purchases before what came of
them. The chains of a stage are read side by side."""

ORDER: tuple[SyncResource, ...] = tuple(resource for stage in STAGES for chain in stage for resource in chain)

ROOTS: tuple[StepKey, ...] = tuple(StepKey(resource) for resource in ORDER)
"""The steps that every run has. Of a nested resource it is the list of its parents."""

_SHARES: dict[SyncResource, tuple[float, int]] = {
    SyncResource.PRODUCTS: (1, 0),
    SyncResource.PLANS: (1, 0),
    SyncResource.PROMO_CODES: (1, 0),
    SyncResource.TEAM: (1, 0),
    SyncResource.MEMBERS: (12, 0),
    SyncResource.MEMBERSHIPS: (14, 120),
    SyncResource.PAUSED: (1, 3),
    SyncResource.PAYMENTS: (36, 700),
    SyncResource.REFUNDS: (3, 20),
    SyncResource.DISPUTES: (1, 5),
    SyncResource.INVOICES: (1, 5),
    SyncResource.COURSES: (4, 80),
    SyncResource.LESSONS: (8, 400),
    SyncResource.FORUMS: (8, 200),
    SyncResource.CHATS: (8, 400),
}
_UNKNOWN = 2_000


def share_of(resource: SyncResource) -> float:
    """How much of a whole run the resource is; the shares of all add up to 100."""
    return _SHARES[resource][0]


def fraction_of(resource: SyncResource, rows: int, members: int | None, before: int | None) -> float:
    """How far a list that is not done has come, at most 0.95: by its length in the run before, else by a guess from
    the number of members, else slower and slower."""
    per_hundred = _SHARES[resource][1]
    guess = before if before is not None else members * per_hundred // 100 if members and per_hundred else None
    share = rows / guess if guess else rows / (rows + _UNKNOWN)
    return min(0.95, share)


def is_nested(key: StepKey) -> bool:
    """Whether the step is the list of a nested resource's parents."""
    return key.resource in NESTED and not key.parent


def missing_words(resource: SyncResource, missing: frozenset[str]) -> str | None:
    """Why a resource cannot be read while these permission actions are missing; None where it can."""
    lacking = [action for action in needed_for(resource) if action in missing]
    return skip_words(lacking) if lacking else None


def skip_words(lacking: list[str] | tuple[str, ...]) -> str:
    purposes = " ".join(dict.fromkeys(PURPOSES[action] for action in lacking if action in PURPOSES))
    names = " and ".join(lacking) or "a permission"
    return f"Whop has not granted {names}. {purposes}".strip()
