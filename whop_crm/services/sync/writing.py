"""What a run does with pages it has read: a full sync writes them, a catch-up or a reconciliation compares first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from whop_crm.access import Permission
from whop_crm.clients.facts import Fact, MembershipFact
from whop_crm.db import CompanyDb
from whop_crm.models import SyncDifference
from whop_crm.models.enums import Origin, RunKind, SyncResource
from whop_crm.services.sync.apply import AppliedFacts, apply_facts
from whop_crm.services.sync.differences import TABLES, Difference, compare
from whop_crm.services.sync.schemas import Claim

_SEEN = text(
    "INSERT INTO sync_seen (company_id, run_id, resource, whop_id)"
    " SELECT :company, :run, :resource, unnest(CAST(:ids AS text[])) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Found:
    """How many rows were other than Whop has them, and what writing them came to."""

    drifted: int = 0
    applied: AppliedFacts | None = None

    def joined(self, other: "Found") -> "Found":
        both = self.applied.joined(other.applied) if self.applied and other.applied else None
        return Found(self.drifted + other.drifted, both or self.applied or other.applied)


async def write_page(db: CompanyDb, claim: Claim, resource: SyncResource, facts: Sequence[Fact]) -> Found:
    """Writes those of one list's rows that differ from what is stored."""
    db.scope.require(Permission.FACTS_WRITE)
    compared = await compare(db, facts, claim.started_at)
    applied = await apply_facts(db, compared.stale, Origin.CATCH_UP) if compared.stale else None
    if claim.kind is RunKind.RECONCILE:
        await _note_seen(db, claim, resource, facts)
        await note_differences(db, claim, compared.drifted, repaired=True)
    return Found(len(compared.drifted), applied)


async def _note_seen(db: CompanyDb, claim: Claim, resource: SyncResource, facts: Iterable[Fact]) -> None:
    if resource is SyncResource.PAUSED:
        ids = [fact.id for fact in facts if isinstance(fact, MembershipFact)]
    else:
        ids = [fact.id for fact in facts if isinstance(fact, tuple(TABLES))]
    if ids:
        await db.execute(
            _SEEN, {"company": db.scope.company_id, "run": claim.run_id, "resource": resource.value, "ids": ids}
        )


async def note_differences(db: CompanyDb, claim: Claim, differences: Iterable[Difference], *, repaired: bool) -> None:
    """Puts them on the list that a teammate can read."""
    db.scope.require(Permission.FACTS_WRITE)
    rows = [
        {"company_id": db.scope.company_id, "run_id": claim.run_id, "resource": each.resource,
         "whop_id": each.whop_id, "words": each.words, "repaired": repaired}
        for each in differences
    ]  # fmt: skip
    if rows:
        await db.execute(insert(SyncDifference).values(rows).on_conflict_do_nothing())
