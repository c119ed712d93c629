"""Shapes of API keys."""

from dataclasses import dataclass
from datetime import datetime

from whop_crm.access import KeyScope

NAME_LIMIT = 60


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key of the company. `prefix` is what its first characters are."""

    id: int
    name: str
    prefix: str
    scopes: tuple[KeyScope, ...]
    created_by_name: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key with its `secret`, which nobody can be shown again."""

    row: KeyRow
    secret: str
