"""What an amount is worth in the company's currency.

A charge's own rate is usd_total / total. Where it does not tell, the rate of its local day and currency counts: the
median over that day's charges, else that of the nearest earlier day. Another company currency than the dollar goes by
cross rate. Where there is no rate the amount is left out, which is 0.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Protocol

from sqlalchemy import text

from whop_crm.db import CompanyDb
from whop_crm.models import Payment
from whop_crm.services.billing.rows import in_company_currency
from whop_crm.services.bulk import as_json, looked_up, overwrite, recordset, table_of

_MISSING = f"""
    SELECT id, currency, total_minor, usd_total_minor, coalesce(paid_at, whop_created_at) AS at
    FROM {looked_up("payments")} p ORDER BY id"""  # noqa: S608 - names of ours

_RATED = "currency = :currency AND total_minor > 0 AND usd_total_minor > 0"
_DAY = "(coalesce(paid_at, whop_created_at) AT TIME ZONE :zone)::date"
_RATE = f"""
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY usd_total_minor::float8 / total_minor) AS rate
    FROM payments
    WHERE {_RATED} AND {_DAY} = (
        SELECT max({_DAY}) FROM payments
        WHERE {_RATED} AND {_DAY} <= (CAST(:at AS timestamptz) AT TIME ZONE :zone)::date)"""  # noqa: S608 - constants of ours

_FILL = overwrite(
    Payment,
    ("total_company_minor",),
    f"SELECT * FROM {recordset(table_of(Payment), ('id', 'total_company_minor'))}",  # noqa: S608 - names are ours
)


_EVERY_RATE = f"""
    SELECT currency, {_DAY} AS day,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY usd_total_minor::float8 / total_minor) AS rate
    FROM payments WHERE currency = ANY(:currencies) AND total_minor > 0 AND usd_total_minor > 0
    GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608 - constants of ours


class _Rates:
    """Dollars (minor units) for one minor unit of a currency, remembered for one transaction."""

    def __init__(self, db: CompanyDb) -> None:
        self._db = db
        self._known: dict[tuple[str, date], Fraction | None] = {}

    async def usd(self, currency: str, at: datetime) -> Fraction | None:
        if currency == "usd":
            return Fraction(1)
        key = (currency, at.astimezone(self._db.scope.company.zone).date())
        if key not in self._known:
            values = {"currency": currency, "at": at, "zone": self._db.scope.company.timezone}
            rate = (await self._db.execute(text(_RATE), values)).scalar()
            self._known[key] = Fraction(rate) if rate else None
        return self._known[key]


class _AllRates:
    """The same, read at once for whole companies: days and their rates by currency."""

    def __init__(self, db: CompanyDb) -> None:
        self._db = db
        self._zone = db.scope.company.zone
        self._days: dict[str, list[date]] = {}
        self._rates: dict[str, list[Fraction]] = {}

    async def read(self, currencies: set[str]) -> None:
        days: defaultdict[str, list[date]] = defaultdict(list)
        found: defaultdict[str, list[Fraction]] = defaultdict(list)
        values = {"currencies": sorted(currencies), "zone": self._db.scope.company.timezone}
        for row in (await self._db.execute(text(_EVERY_RATE), values)).all():
            days[row.currency].append(row.day)
            found[row.currency].append(Fraction(row.rate))
        self._days, self._rates = days, found

    async def usd(self, currency: str, at: datetime) -> Fraction | None:
        if currency == "usd":
            return Fraction(1)
        position = bisect_right(self._days.get(currency, []), at.astimezone(self._zone).date())
        return self._rates[currency][position - 1] if position else None


class _Dollars(Protocol):
    async def usd(self, currency: str, at: datetime) -> Fraction | None: ...


async def fill_amounts(db: CompanyDb, ids: Sequence[str]) -> None:
    """Sets `total_company_minor` of the payments with these Whop ids, which do not tell it themselves."""
    if not ids:
        return
    rates = _Rates(db)
    found = (await db.execute(text(_MISSING), {"ids": as_json(ids)})).all()
    await _fill(db, [(row.id, await _by_rate(row, db.scope.company.currency, rates)) for row in found])


async def revalue(db: CompanyDb, ids: Sequence[str]) -> None:
    """Sets `total_company_minor` of the payments with these Whop ids, whether they tell it themselves or not."""
    company = db.scope.company.currency
    found = (await db.execute(text(_MISSING), {"ids": as_json(ids)})).all()
    told = [in_company_currency(row.currency, row.total_minor, row.usd_total_minor, company) for row in found]
    rates = _AllRates(db)
    if None in told:
        await rates.read({company, *(row.currency for row, own in zip(found, told, strict=True) if own is None)})
    await _fill(
        db,
        [
            (row.id, await _by_rate(row, company, rates) if own is None else own)
            for row, own in zip(found, told, strict=True)
        ],
    )


async def _by_rate(row: Any, company: str, rates: _Dollars) -> int:
    own = Fraction(row.usd_total_minor, row.total_minor) if row.usd_total_minor and row.total_minor else None
    dollars = own or await rates.usd(row.currency, row.at)
    base = await rates.usd(company, row.at)
    return round(row.total_minor * dollars / base) if dollars and base else 0


async def _fill(db: CompanyDb, amounts: Sequence[tuple[int, int]]) -> None:
    filled = [{"id": number, "total_company_minor": amount} for number, amount in amounts]
    await db.execute(text(_FILL), {"rows": as_json(filled)})
