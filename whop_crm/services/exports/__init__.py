"""Exports: members as a CSV file."""

from whop_crm.services.exports.actions import BOM, begin, stream
from whop_crm.services.exports.cells import DANGEROUS, plain_cell
from whop_crm.services.exports.columns import TAG_SEPARATOR
from whop_crm.services.exports.queries import list_columns
from whop_crm.services.exports.schemas import AUDITED_FROM, DEFAULT_COLUMNS, ColumnChoice, Export, ExportInput

__all__ = [
    "AUDITED_FROM",
    "BOM",
    "DANGEROUS",
    "DEFAULT_COLUMNS",
    "TAG_SEPARATOR",
    "ColumnChoice",
    "Export",
    "ExportInput",
    "begin",
    "list_columns",
    "plain_cell",
    "stream",
]
