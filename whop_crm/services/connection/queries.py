"""Reading how a company is connected."""

from sqlalchemy import select
from sqlmodel import col

from whop_crm.access import Permission
from whop_crm.clients.scopes import SCOPES
from whop_crm.db import CompanyDb
from whop_crm.models import WebhookCheck
from whop_crm.services import companies
from whop_crm.services.connection.mending import webhook_url
from whop_crm.services.connection.schemas import Connection, ScopeRow, WebhookReport


async def get_connection(db: CompanyDb) -> Connection:
    """As Whop last told it."""
    db.scope.require(Permission.SYNC_READ)
    company = await companies.get_company(db)
    asked = company.scopes_checked_at is not None
    scopes = tuple(
        ScopeRow(one.action, one.purpose, one.need, one.action not in company.missing_scopes if asked else None)
        for one in SCOPES
    )
    check = await db.scalar(select(WebhookCheck).where(col(WebhookCheck.url) == webhook_url()))
    return Connection(company, scopes, _report(check) if check else None, webhook_url())


def _report(check: WebhookCheck) -> WebhookReport:
    return WebhookReport(
        check.state, check.whop_id, tuple(check.missing_events.split()), check.failing_since, check.checked_at
    )
