"""Does what teammates asked to be done to many members."""

from whop_crm.jobs.leased import work_off
from whop_crm.services import bulk_actions


async def work() -> None:
    """Until nothing is due."""
    await work_off("bulk actions", bulk_actions.lease_due_actions, bulk_actions.work_step, bulk_actions.postpone)
