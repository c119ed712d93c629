"""Changing what a company has set. What depends on it is worked out anew in the background."""

from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from whop_crm.access import Permission, ScoreWeights
from whop_crm.db import CompanyDb
from whop_crm.errors import InvalidInput
from whop_crm.models.enums import RecountStage
from whop_crm.services import companies
from whop_crm.services.settings.queries import get_settings
from whop_crm.services.settings.recounting import want_recount
from whop_crm.services.settings.schemas import CURRENCIES, MOST_WEIGHT, WEEK_STARTS, ZONES, SettingsInput


async def change_settings(db: CompanyDb, wanted: SettingsInput) -> bool:
    """Keeps them; whether numbers have to be worked out anew now. Raises InvalidInput."""
    db.scope.require(Permission.SETTINGS_WRITE)
    await _check(db, wanted)
    await companies.lock_facts(db)
    before = (await get_settings(db)).settings
    await _save(db, wanted)
    stage = _first_stage(before, wanted)
    if stage is not None:
        await want_recount(db, stage)
    return stage is not None


async def adopt_zone(db: CompanyDb, zone: str) -> bool:
    """Takes the time zone of a browser where none was ever chosen; whether it did. Raises InvalidInput."""
    db.scope.require(Permission.SETTINGS_WRITE)
    if (await get_settings(db)).zone_chosen:
        return False
    await _check_zone(db, zone)
    await companies.lock_facts(db)
    now = await get_settings(db)
    if now.zone_chosen:
        return False
    await _save(db, replace(now.settings, timezone=zone))
    if zone != now.settings.timezone:
        await want_recount(db, RecountStage.AMOUNTS)
    return True


async def _save(db: CompanyDb, wanted: SettingsInput) -> None:
    await companies.save_settings(
        db, timezone=wanted.timezone, week_start=wanted.week_start, currency=wanted.currency,
        pause_rule=wanted.pause_rule, weights=wanted.weights,
    )  # fmt: skip


def _first_stage(before: SettingsInput, wanted: SettingsInput) -> RecountStage | None:
    """Where working out anew has to begin; None where nothing that is kept depends on what changed."""
    if (before.timezone, before.currency) != (wanted.timezone, wanted.currency):
        return RecountStage.AMOUNTS
    return RecountStage.SCORES if before.weights != wanted.weights else None


async def _check(db: CompanyDb, wanted: SettingsInput) -> None:
    await _check_zone(db, wanted.timezone)
    if wanted.week_start not in WEEK_STARTS:
        raise InvalidInput("A week starts on a Monday, a Sunday or a Saturday.", "week_start")
    if wanted.currency not in CURRENCIES:
        raise InvalidInput("Choose one of the currencies in the list.", "currency")
    _check_weights(wanted.weights)


async def _check_zone(db: CompanyDb, zone: str) -> None:
    """Python and PostgreSQL both have to know it: each brings a list of its own."""
    if zone not in ZONES:
        raise InvalidInput("Choose one of the time zones in the list.", "timezone")
    try:
        async with db.begin_nested():
            await db.execute(text("SELECT now() AT TIME ZONE :zone"), {"zone": zone})
    except DBAPIError:
        raise InvalidInput(f"The database does not know the time zone {zone}.", "timezone") from None


def _check_weights(weights: ScoreWeights) -> None:
    each = (weights.posts, weights.comments, weights.courses, weights.recency)
    if any(not 0 <= weight <= MOST_WEIGHT for weight in each):
        raise InvalidInput(f"A weight is a whole number from 0 to {MOST_WEIGHT}.", "weights")
    if weights.total == 0:
        raise InvalidInput("At least one weight has to be above 0.", "weights")
