"""Imports: what the team knows of its members, from a spreadsheet. No member is made, no rule started."""

from whop_crm.services.imports.actions import apply, discard, forget_old_imports, plan, stage, undo
from whop_crm.services.imports.queries import (
    get_import,
    list_import_columns,
    list_imports,
    list_problems,
    list_targets,
    write_problems,
)
from whop_crm.services.imports.schemas import (
    MOST_BYTES,
    MOST_LINES,
    ChangeRow,
    ColumnRow,
    ImportRow,
    Mapping_,
    ProblemRow,
    TargetChoice,
)

__all__ = [
    "MOST_BYTES",
    "MOST_LINES",
    "ChangeRow",
    "ColumnRow",
    "ImportRow",
    "Mapping_",
    "ProblemRow",
    "TargetChoice",
    "apply",
    "discard",
    "forget_old_imports",
    "get_import",
    "list_import_columns",
    "list_imports",
    "list_problems",
    "list_targets",
    "plan",
    "stage",
    "undo",
    "write_problems",
]
