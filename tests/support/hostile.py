"""Deliveries that nobody should send: forged, old, broken, enormous, deep, of the wrong types, for nobody here.

Each kind says which answers are right. Nothing of them may be stored.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.deliveries import encoded, envelope
from tests.support.factories import number
from whop_crm.sandbox.signing import signed_headers

ANSWERS = frozenset({200, 400, 401, 413})
_MEGABYTE = 1024 * 1024
_ODD: tuple[Any, ...] = (None, True, -1, 1e308, "", "\x00", "\ud800", [], {}, [[[]]], {"": None}, "x" * 70_000)


@dataclass(frozen=True)
class Hostile:
    """One POST. `secret` has signed it where it is signed at all; `company` is known here."""

    kind: str
    body: bytes
    headers: dict[str, str]


def signed(body: bytes, secret: str, webhook_id: str | None = None, at: datetime | None = None) -> dict[str, str]:
    """Also of what is no text."""
    return signed_headers(secret, webhook_id or f"msg_{number()}", body, at)


class Forge:
    """Makes them by seed."""

    def __init__(self, seed: int, secret: str, company: str) -> None:
        self._random = random.Random(seed)
        self._secret, self._company = secret, company
        self._kinds: tuple[tuple[int, Callable[[], Hostile]], ...] = (
            (20, self._forged), (8, self._unsigned), (8, self._altered), (8, self._too_old), (6, self._too_young),
            (8, self._truncated), (1, self._huge), (2, self._deep), (8, self._noise), (8, self._wrong_types),
            (6, self._nuls), (8, self._unknown_company), (6, self._bad_headers), (3, self._no_object),
        )  # fmt: skip

    def make(self, count: int) -> Iterator[Hostile]:
        weights, kinds = zip(*self._kinds, strict=True)
        for kind in self._random.choices(kinds, weights, k=count):
            yield kind()

    def _good(self, **changes: Any) -> bytes:
        return encoded(envelope(self._company, **changes))

    def _signed(self, kind: str, body: bytes, **how: Any) -> Hostile:
        return Hostile(kind, body, signed(body, secret=self._secret, **how))

    def _forged(self) -> Hostile:
        body = self._good()
        return Hostile("forged", body, signed(body, secret=f"ws_{self._random.random()}"))

    def _unsigned(self) -> Hostile:
        headers = signed(body := self._good(), secret=self._secret)
        for name in self._random.sample(sorted(headers), self._random.randint(1, 3)):
            headers.pop(name)
        if {"webhook-id", "webhook-timestamp", "webhook-signature"} <= headers.keys():
            headers.pop("webhook-signature")
        return Hostile("unsigned", body, headers)

    def _altered(self) -> Hostile:
        body = self._good()
        return Hostile("altered", body.replace(b"Ridge", b"Rigde"), signed(body, secret=self._secret))

    def _too_old(self) -> Hostile:
        at = datetime.now(UTC) - timedelta(minutes=self._random.randint(6, 100_000))
        return self._signed("too old", self._good(), at=at)

    def _too_young(self) -> Hostile:
        return self._signed("too young", self._good(), at=datetime.now(UTC) + timedelta(minutes=7))

    def _truncated(self) -> Hostile:
        body = self._good()
        return self._signed("truncated", body[: self._random.randint(0, len(body) - 1)])

    def _huge(self) -> Hostile:
        size = self._random.choice((_MEGABYTE, 2 * _MEGABYTE, 4 * _MEGABYTE))
        body = self._good(data={"id": "prod_1", "text": "x" * size})
        return Hostile("huge", body, signed(b"", self._secret))

    def _deep(self) -> Hostile:
        levels, (opening, closing) = (
            self._random.choice((500, 5_000, 50_000)),
            self._random.choice((("[", "]"), ('{"a":', "}"))),
        )
        middle = "1" if opening != "[" else ""
        body = f'{{"type": "x", "data": {opening * levels}{middle}{closing * levels}}}'.encode()
        return self._signed("deep", body)

    def _noise(self) -> Hostile:
        return self._signed(
            "noise", self._random.randbytes(self._random.randint(0, 2_000)).replace(b"\x80", b"\xff\xfe")
        )

    def _wrong_types(self) -> Hostile:
        """Never both a company that is known and data to store."""
        odd = [*_ODD, self._random.random()]
        body = {name: self._random.choice(odd) for name in ("id", "type", "timestamp", "account_id", "api_version")}
        body["data"] = self._random.choice([*odd, {"id": self._random.choice(odd)}])
        return self._signed("wrong types", encoded(body))

    def _nuls(self) -> Hostile:
        body = envelope(
            f"biz_\x00{self._random.random()}", kind="pay\x00ment.failed", data={"id": "\x00", "\x00": "\x00\ud800"}
        )
        return self._signed("NULs", encoded(body), webhook_id="msg_nul")

    def _unknown_company(self) -> Hostile:
        return self._signed("unknown company", encoded(envelope(f"biz_nobody{self._random.randrange(10**9)}")))

    def _bad_headers(self) -> Hostile:
        headers = signed(body := self._good(), secret=self._secret)
        name = self._random.choice(("webhook-id", "webhook-timestamp", "webhook-signature"))
        headers[name] = self._random.choice(
            ("", "v1", "v1,", "v1,=", "v9," + "A" * 44, "9" * 400, "-1", "nan", "1e9", "é", "a" * 6_000)
        )
        return Hostile("bad headers", body, headers)

    def _no_object(self) -> Hostile:
        return self._signed("no object", json.dumps(self._random.choice(([], "text", 1, None, True, [{}]))).encode())
