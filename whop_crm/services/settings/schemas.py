"""Shapes of settings."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from whop_crm.access import PauseRule, ScoreWeights
from whop_crm.models.enums import RecountStage

_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")

ZONES = ("UTC", *sorted(zone for zone in available_timezones() if zone.startswith(_REGIONS)))
"""The time zones to choose from, by IANA name."""

WEEK_STARTS = {1: "Monday", 7: "Sunday", 6: "Saturday"}
"""On which day a week may begin, as ISO counts days."""

CURRENCIES = {
    "usd": "US dollar", "eur": "Euro", "gbp": "Pound sterling", "aed": "UAE dirham", "ars": "Argentine peso",
    "aud": "Australian dollar", "brl": "Brazilian real", "cad": "Canadian dollar", "chf": "Swiss franc",
    "clp": "Chilean peso", "cop": "Colombian peso", "czk": "Czech koruna", "dkk": "Danish krone",
    "hkd": "Hong Kong dollar", "huf": "Hungarian forint", "idr": "Indonesian rupiah", "ils": "Israeli shekel",
    "inr": "Indian rupee", "jpy": "Japanese yen", "krw": "South Korean won", "mxn": "Mexican peso",
    "myr": "Malaysian ringgit", "ngn": "Nigerian naira", "nok": "Norwegian krone", "nzd": "New Zealand dollar",
    "pen": "Peruvian sol", "php": "Philippine peso", "pln": "Polish złoty", "ron": "Romanian leu",
    "sar": "Saudi riyal", "sek": "Swedish krona", "sgd": "Singapore dollar", "thb": "Thai baht",
    "try": "Turkish lira", "twd": "New Taiwan dollar", "vnd": "Vietnamese đồng", "zar": "South African rand",
}  # fmt: skip
"""The currencies that a company may count in, by Whop's codes."""

MOST_WEIGHT = 10


@dataclass(frozen=True, slots=True)
class SettingsInput:
    """What the settings form asks for."""

    timezone: str
    week_start: int
    currency: str
    pause_rule: PauseRule
    weights: ScoreWeights


@dataclass(frozen=True, slots=True)
class CompanySettings:
    """`zone_chosen`: the time zone was set by somebody or taken from a browser; False: UTC for want of another."""

    settings: SettingsInput
    zone_chosen: bool


@dataclass(frozen=True, slots=True)
class RecountProgress:
    """The last time that numbers were worked out anew; `finished_at` None: it is under way."""

    stage: RecountStage
    fraction: float
    asked_at: datetime
    finished_at: datetime | None

    @property
    def running(self) -> bool:
        return self.finished_at is None
