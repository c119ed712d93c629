"""Shapes of bulk actions, and what is said of them."""

from dataclasses import dataclass
from datetime import datetime

from whop_crm.access import Permission
from whop_crm.models.action import BulkKind, BulkStatus
from whop_crm.services.members import MemberListQuery

CHUNK = 1_000
AT_ONCE = 100
"""Up to this many are done in the transaction that asks for it."""

Who = tuple[int, ...] | MemberListQuery
"""The members by id, or all that match."""

PERMISSIONS = {
    BulkKind.ADD_TAG: Permission.TAGS_WRITE,
    BulkKind.REMOVE_TAG: Permission.TAGS_WRITE,
    BulkKind.ADD_TO_LIST: Permission.LISTS_WRITE,
    BulkKind.REMOVE_FROM_LIST: Permission.LISTS_WRITE,
}

_WORDS = {
    BulkKind.ADD_TAG: ("Adding the tag {} to", "Added the tag {} to", "had it already"),
    BulkKind.REMOVE_TAG: ("Removing the tag {} from", "Removed the tag {} from", "did not have it"),
    BulkKind.ADD_TO_LIST: ("Adding to the list {}:", "Added to the list {}:", "stood on it already"),
    BulkKind.REMOVE_FROM_LIST: ("Removing from the list {}:", "Removed from the list {}:", "did not stand on it"),
}


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A bulk action as it stands. `changed + unchanged + missing` of `total` are done; of `changed` may be undone."""

    id: int
    kind: BulkKind
    target_id: int
    target_name: str
    status: BulkStatus
    actor_id: str | None
    actor_name: str
    created_at: datetime
    finished_at: datetime | None
    total: int
    changed: int
    unchanged: int
    missing: int
    undone: int
    undo_skipped: int
    undone_by: str | None
    reason: str | None

    @property
    def fraction(self) -> float:
        """How far what is under way has come; 1.0 once nothing is."""
        if self.status is BulkStatus.RUNNING:
            return (self.changed + self.unchanged + self.missing) / max(self.total, 1)
        if self.status is BulkStatus.UNDOING:
            return (self.undone + self.undo_skipped) / max(self.changed, 1)
        return 1.0

    @property
    def undoable(self) -> bool:
        """Something is left to be taken back, and nothing is under way."""
        return not self.status.at_work and self.changed > self.undone + self.undo_skipped

    @property
    def title(self) -> str:
        """“Added the tag VIP to 19,800 members”."""
        doing, done, _ = _WORDS[self.kind]
        words, many = (doing, self.total) if self.status is BulkStatus.RUNNING else (done, self.changed)
        return f"{words.format(self.target_name)} {_members(many)}"

    @property
    def detail(self) -> str:
        """Who was skipped and why, and what was taken back; empty where there is nothing to say."""
        parts = [
            f"{self.unchanged:,} {_WORDS[self.kind][2]}" if self.unchanged else "",
            f"{self.missing:,} no longer there" if self.missing else "",
            self._stopped(),
            self._undone(),
        ]
        return " · ".join(part for part in parts if part)

    def _stopped(self) -> str:
        if self.status is BulkStatus.FAILED:
            return self.reason or "It failed"
        left = self.total - self.changed - self.unchanged - self.missing
        return f"Stopped before {left:,} more" if left and self.status is not BulkStatus.RUNNING else ""

    def _undone(self) -> str:
        if self.status is BulkStatus.UNDOING:
            return f"Undoing, asked for by {self.undone_by}"
        if not self.undone and not self.undo_skipped:
            return ""
        skipped = f", {self.undo_skipped:,} left as changed since" if self.undo_skipped else ""
        return f"{self.undone:,} undone by {self.undone_by}{skipped}"


def _members(count: int) -> str:
    return "1 member" if count == 1 else f"{count:,} members"
