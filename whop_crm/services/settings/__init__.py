"""Settings of a company, and the numbers that are worked out anew when one of them changes."""

from whop_crm.services.settings.actions import adopt_zone, change_settings
from whop_crm.services.settings.queries import find_recount, get_settings
from whop_crm.services.settings.recounting import lease_due_recounts, postpone, recount_step
from whop_crm.services.settings.schemas import (
    CURRENCIES,
    MOST_WEIGHT,
    WEEK_STARTS,
    ZONES,
    CompanySettings,
    RecountProgress,
    SettingsInput,
)

__all__ = [
    "CURRENCIES",
    "MOST_WEIGHT",
    "WEEK_STARTS",
    "ZONES",
    "CompanySettings",
    "RecountProgress",
    "SettingsInput",
    "adopt_zone",
    "change_settings",
    "find_recount",
    "get_settings",
    "lease_due_recounts",
    "postpone",
    "recount_step",
]
