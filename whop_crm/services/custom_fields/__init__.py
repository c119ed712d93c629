"""Fields that a company adds to its members."""

from whop_crm.services.custom_fields.actions import (
    archive_field,
    change_choices,
    create_field,
    field_name,
    move_field,
    rename_field,
    restore_field,
    set_value,
)
from whop_crm.services.custom_fields.queries import (
    count_archived_values,
    count_values,
    get_field,
    list_fields,
    values_of,
    values_of_many,
)
from whop_crm.services.custom_fields.schemas import (
    CHOICE_LIMIT,
    MOST_CHOICES,
    MOST_FIELDS,
    NAME_LIMIT,
    TEXT_LIMIT,
    Change,
    FieldCount,
    FieldRow,
    Value,
    ValueRow,
)
from whop_crm.services.custom_fields.values import read_value, shown, typed
from whop_crm.services.custom_fields.writing import undo_values, values_in, write_values

__all__ = [
    "CHOICE_LIMIT",
    "MOST_CHOICES",
    "MOST_FIELDS",
    "NAME_LIMIT",
    "TEXT_LIMIT",
    "Change",
    "FieldCount",
    "FieldRow",
    "Value",
    "ValueRow",
    "archive_field",
    "change_choices",
    "count_archived_values",
    "count_values",
    "create_field",
    "field_name",
    "get_field",
    "list_fields",
    "move_field",
    "read_value",
    "rename_field",
    "restore_field",
    "set_value",
    "shown",
    "typed",
    "undo_values",
    "values_in",
    "values_of",
    "values_of_many",
    "write_values",
]
