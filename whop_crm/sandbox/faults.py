"""Faults on command: what goes wrong at Whop or on the way, where, and for how many times or how long.

faults.set(FaultWish(kind=FaultKind.ERROR, operation="list_payments", times=3))
faults.set(FaultWish(kind=FaultKind.OUTAGE, lasting=600))

The same seed and the same requests meet the same faults. They are gone after a restart of the sandbox.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import count
from random import Random
from typing import Any

from pydantic import BaseModel, Field, model_validator

ASKED_KEPT = 5_000


class FaultKind(StrEnum):
    """The first six befall deliveries, the next five single requests, the last four whatever they are about."""

    DROP = "drop"
    VANISH = "vanish"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DELAY = "delay"
    WRONG_SIGNATURE = "wrong-signature"
    RATE_LIMIT = "rate-limit"
    ERROR = "error"
    EMPTY = "empty"
    FORBIDDEN = "forbidden"
    CUT = "cut"
    SLOW = "slow"
    MISSING_SCOPE = "missing-scope"
    OUTAGE = "outage"
    TOKEN_EXPIRY = "token-expiry"  # noqa: S105 - a kind of fault

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    FaultKind.DROP: "A delivery is given up without a try; the log of deliveries keeps it as failed.",
    FaultKind.VANISH: "A delivery is lost without a trace: no log knows of it.",
    FaultKind.DUPLICATE: "A delivery goes out twice, under the same id.",
    FaultKind.REORDER: "Deliveries wait up to --wait seconds each (2), so that later ones overtake.",
    FaultKind.DELAY: "Deliveries wait --wait seconds (2).",
    FaultKind.WRONG_SIGNATURE: "A delivery is signed with somebody else's secret.",
    FaultKind.RATE_LIMIT: "429; with --wait also a Retry-After of so many seconds.",
    FaultKind.ERROR: "An answer with the --status given (500).",
    FaultKind.EMPTY: "200 with an empty list.",
    FaultKind.FORBIDDEN: "403, naming the --scope if one is given.",
    FaultKind.CUT: "The connection breaks in the middle of the answer.",
    FaultKind.SLOW: "The answer comes --wait seconds later (2).",
    FaultKind.MISSING_SCOPE: "The app lacks the --scope: lists, fields, deliveries and GET /permissions all say so.",
    FaultKind.OUTAGE: "REST, OAuth and JWKS answer 503 (or --status), and no delivery is attempted.",
    FaultKind.TOKEN_EXPIRY: "Access tokens have expired when they are shown; with --operation refresh the other kind.",
}
_WAITS = {FaultKind.REORDER: 2.0, FaultKind.DELAY: 2.0, FaultKind.SLOW: 2.0}
_STATUSES = {FaultKind.ERROR: 500, FaultKind.OUTAGE: 503}
_OPERATIONS = {FaultKind.TOKEN_EXPIRY: "access"}


class FaultWish(BaseModel):
    """What shall go wrong. Without `times` and `lasting` (seconds) it stays until it is cleared.

    `operation` is a name or pattern: of a request `rest`, `members`, `list_members`, `retrieve_members`, `oauth`,
    `token`, `jwks` …; of a delivery `deliveries`, its family or its type; of a token `access` or `refresh`. `share` is
    the part of what matches that is befallen, chosen by `seed`.
    """

    kind: FaultKind
    operation: str = Field(default="", max_length=100)
    times: int | None = Field(default=None, ge=1)
    lasting: float | None = Field(default=None, gt=0)
    wait: float | None = Field(default=None, ge=0, le=3600)
    status: int | None = Field(default=None, ge=400, le=599)
    scope: str | None = Field(default=None, max_length=100)
    share: float = Field(default=1.0, gt=0, le=1)
    seed: int = 1

    @model_validator(mode="after")
    def _complete(self) -> "FaultWish":
        if self.kind is FaultKind.MISSING_SCOPE and not self.scope:
            raise ValueError("missing-scope needs a scope")
        self.operation = self.operation or _OPERATIONS.get(self.kind, "*")
        self.wait = _WAITS.get(self.kind) if self.wait is None else self.wait
        self.status = self.status or _STATUSES.get(self.kind)
        return self


@dataclass
class Fault:
    """A wish that was granted. `seen` counts what matched, `hits` what was befallen."""

    number: int
    wish: FaultWish
    ends_at: float | None
    seen: int = 0
    hits: int = 0
    cleared: bool = False

    def active(self, now: float) -> bool:
        used_up = self.wish.times is not None and self.hits >= self.wish.times
        return not (self.cleared or used_up or (self.ends_at is not None and now >= self.ends_at))

    def is_about(self, names: Collection[str]) -> bool:
        return any(fnmatchcase(name, self.wish.operation) for name in names)

    def draw(self, key: object) -> Random:
        """Chance that depends on the seed and on what is befallen, not on when."""
        return Random(f"{self.wish.seed} {self.wish.kind} {key}")

    def strikes(self, key: object | None) -> bool:
        """Whether it befalls this one; counts it. Without a `key` it is the next one of its kind."""
        self.seen += 1
        if self.wish.share < 1 and self.draw(self.seen if key is None else key).random() >= self.wish.share:
            return False
        self.hits += 1
        return True

    def wire(self, now: float) -> dict[str, Any]:
        left = None if self.ends_at is None else round(max(0.0, self.ends_at - now), 1)
        wish = self.wish.model_dump(mode="json", exclude_none=True)
        return {"number": self.number, **wish, "hits": self.hits, "active": self.active(now), "seconds_left": left}


class Faults:
    """The faults of one sandbox. `clock` counts seconds and never goes back.

    `asked` are the latest requests to Whop, as `GET /api/v1/members?first=100`, befallen or not.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._numbers = count(1)
        self._faults: list[Fault] = []
        self.asked: deque[str] = deque(maxlen=ASKED_KEPT)

    def set(self, wish: FaultWish) -> Fault:
        ends_at = None if wish.lasting is None else self._clock() + wish.lasting
        fault = Fault(next(self._numbers), wish, ends_at)
        self._faults = [*self._faults, fault]
        return fault

    def clear(self, number: int | None = None) -> int:
        """Ends one fault, or all; forgets them too. Returns how many there were."""
        gone = [fault for fault in self._faults if number in (None, fault.number)]
        for fault in gone:
            fault.cleared = True
        self._faults = [fault for fault in self._faults if fault not in gone]
        return len(gone)

    def wire(self) -> list[dict[str, Any]]:
        return [fault.wire(self._clock()) for fault in self._faults]

    def strike(self, kinds: Sequence[FaultKind], names: Collection[str], key: object | None = None) -> Fault | None:
        """The oldest fault of these kinds that befalls something so named, and counts it."""
        for fault in self._active(kinds):
            if fault.is_about(names) and fault.strikes(key):
                return fault
        return None

    def stands(self, kind: FaultKind, names: Collection[str]) -> bool:
        """Whether such a fault is active, without counting anything."""
        return any(fault.is_about(names) for fault in self._active((kind,)))

    def withheld_scopes(self) -> frozenset[str]:
        return frozenset(fault.wish.scope or "" for fault in self._active((FaultKind.MISSING_SCOPE,)))

    def _active(self, kinds: Sequence[FaultKind]) -> list[Fault]:
        now = self._clock()
        return [fault for fault in self._faults if fault.wish.kind in kinds and fault.active(now)]
