"""The filter builder: a draft of a filter that a person edits line by line, and what it says meanwhile."""

from whop_crm.state.builder.draft import Draft, draft_of, filter_of
from whop_crm.state.builder.lines import BuilderLine, FieldGroup, builder_lines, field_groups
from whop_crm.state.builder.state import Builder

__all__ = ["Builder", "BuilderLine", "Draft", "FieldGroup", "builder_lines", "draft_of", "field_groups", "filter_of"]
