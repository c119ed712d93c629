"""The dialog that takes members out as a file. The file itself comes by HTTP."""

import reflex as rx

from whop_crm.access import Permission
from whop_crm.services import exports
from whop_crm.state.base import needs, this_company
from whop_crm.state.views import ColumnLine, column_line


class ExportState(rx.State):
    columns: list[ColumnLine] = []

    @needs(Permission.EXPORT)
    async def start(self) -> None:
        async with this_company() as db:
            self.columns = [column_line(one) for one in await exports.list_columns(db)]
