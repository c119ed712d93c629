"""What comes from Whop: runs that read everything, and webhooks that tell what changed."""

from whop_crm.services.sync.apply import AppliedFacts, apply_facts
from whop_crm.services.sync.care import (
    beat,
    list_to_care_for,
    list_to_poll,
    open_gap,
    request_catch_up,
    request_reconciliation,
    start_next,
)
from whop_crm.services.sync.following import follow_up, list_with_questions
from whop_crm.services.sync.inbox import (
    BATCH,
    drain_batch,
    list_due_inboxes,
    mark_due,
    replay,
    replay_failed,
    store_deliveries,
    sweep,
)
from whop_crm.services.sync.overview import (
    DifferenceRow,
    Drift,
    RunRow,
    SyncOverview,
    get_drift,
    get_overview,
    list_runs,
)
from whop_crm.services.sync.polling import poll
from whop_crm.services.sync.progress import get_progress
from whop_crm.services.sync.running import run_company
from whop_crm.services.sync.runs import ensure_first_run, lease_due_runs, look_again, request_run
from whop_crm.services.sync.schemas import ResourceProgress, RunEnd, RunOutcome, SyncProgress
from whop_crm.services.sync.upkeep import ensure_months, list_companies, prune_runs, prune_webhooks
from whop_crm.services.sync.watching import watch_hooks
from whop_crm.services.sync.webhook_log import (
    EVENTS_A_PAGE,
    EventDetail,
    EventPage,
    EventQuery,
    EventRow,
    get_event,
    list_events,
    list_events_before,
)

__all__ = [
    "BATCH",
    "EVENTS_A_PAGE",
    "AppliedFacts",
    "DifferenceRow",
    "Drift",
    "EventDetail",
    "EventPage",
    "EventQuery",
    "EventRow",
    "ResourceProgress",
    "RunEnd",
    "RunOutcome",
    "RunRow",
    "SyncOverview",
    "SyncProgress",
    "apply_facts",
    "beat",
    "drain_batch",
    "ensure_first_run",
    "ensure_months",
    "follow_up",
    "get_drift",
    "get_event",
    "get_overview",
    "get_progress",
    "lease_due_runs",
    "list_companies",
    "list_due_inboxes",
    "list_events",
    "list_events_before",
    "list_runs",
    "list_to_care_for",
    "list_to_poll",
    "list_with_questions",
    "look_again",
    "mark_due",
    "open_gap",
    "poll",
    "prune_runs",
    "prune_webhooks",
    "replay",
    "replay_failed",
    "request_catch_up",
    "request_reconciliation",
    "request_run",
    "run_company",
    "start_next",
    "store_deliveries",
    "sweep",
    "watch_hooks",
]
