"""Shapes of uses."""

from collections.abc import Sequence
from dataclasses import dataclass

from whop_crm.models.enums import UserKind


@dataclass(frozen=True, slots=True)
class UserRow:
    """Something that rests on a thing. `name` is empty where it is another teammate's own."""

    kind: UserKind
    id: int
    name: str

    @property
    def words(self) -> str:
        return f"the {self.kind.value} “{self.name}”" if self.name else f"a private {self.kind.value} of a teammate"


def named(users: Sequence[UserRow]) -> str:
    """`the segment “At risk” and 2 more`."""
    shown = [one.words for one in users[:3]]
    more = [f"{len(users) - 3} more"] if len(users) > 3 else []
    parts = [*shown, *more]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
