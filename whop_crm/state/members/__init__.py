"""The member list in one tab: what it shows, what is chosen in it, what is done to that, how it looks."""

from whop_crm.state.members.bulk import BulkState
from whop_crm.state.members.page import MembersState
from whop_crm.state.members.preview import PreviewState
from whop_crm.state.members.selection import SelectionState

__all__ = ["BulkState", "MembersState", "PreviewState", "SelectionState"]
