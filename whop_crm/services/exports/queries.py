"""What can be exported."""

from whop_crm.access import Permission
from whop_crm.db import CompanyDb
from whop_crm.services import custom_fields
from whop_crm.services.exports.columns import choices
from whop_crm.services.exports.schemas import ColumnChoice


async def list_columns(db: CompanyDb) -> list[ColumnChoice]:
    """Every column a file can have, the usual ones first."""
    db.scope.require(Permission.MEMBERS_READ)
    return choices(db.scope.company, await custom_fields.list_fields(db))
