"""Works out anew what a changed setting concerns."""

from whop_crm.jobs.leased import work_off
from whop_crm.services import settings


async def work() -> None:
    """Until nothing is due."""
    await work_off("changed settings", settings.lease_due_recounts, settings.recount_step, settings.postpone)
