"""Shapes of the company and its team."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CompanyDetail:
    """The company as its settings page shows it. `missing_scopes` are permission actions Whop has not granted."""

    id: int
    whop_id: str
    title: str
    route: str | None
    logo_url: str | None
    timezone: str
    week_start: int
    currency: str
    connected_at: datetime
    missing_scopes: tuple[str, ...]
    scopes_checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TeammateRow:
    whop_id: str
    name: str
    username: str | None
    photo_url: str | None
    role: str
    status: str
