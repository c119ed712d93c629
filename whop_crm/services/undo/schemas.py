"""Shapes of what the team did lately."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that a teammate did, to many members (`bulk_id`) or in one place (`change_id`).

    `fraction` is None unless it is under way. `undoable` and `stoppable` are for who asks.
    """

    bulk_id: int | None
    change_id: int | None
    title: str
    detail: str
    member_whop_id: str | None
    member_name: str
    actor_id: str | None
    actor_name: str
    at: datetime
    fraction: float | None
    stoppable: bool
    undoable: bool
