"""What an amount is worth in the company's currency.

A charge's own rate is usd_total / total. Where it does not tell, the rate of its local day and currency counts: the
median over that day's charges, else that of the nearest earlier day. Another company currency than the dollar goes by
cross rate. Where there is no rate the amount is left out, which is 0.
"""

from collections.abc import Sequence
from fractions import Fraction

from sqlalchemy import text

from whop_crm.db import CompanyDb
from whop_crm.models import Payment
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


class _Rates:
    """Dollars (minor units) for one minor unit of a currency, remembered for one transaction."""

    def __init__(self, db: CompanyDb) -> None:
        self._db = db
        self._known: dict[tuple[str, object], Fraction | None] = {}

    async def usd(self, currency: str, at: object) -> Fraction | None:
        if currency == "usd":
            return Fraction(1)
        key = (currency, at)
        if key not in self._known:
            values = {"currency": currency, "at": at, "zone": self._db.scope.company.timezone}
            rate = (await self._db.execute(text(_RATE), values)).scalar()
            self._known[key] = Fraction(rate) if rate else None
        return self._known[key]


async def fill_amounts(db: CompanyDb, ids: Sequence[str]) -> None:
    """Sets `total_company_minor` of the payments with these Whop ids, which do not tell it themselves."""
    if not ids:
        return
    rates = _Rates(db)
    company = db.scope.company.currency
    filled: list[dict[str, int]] = []
    for row in (await db.execute(text(_MISSING), {"ids": as_json(ids)})).all():
        own = Fraction(row.usd_total_minor, row.total_minor) if row.usd_total_minor and row.total_minor else None
        dollars = own or await rates.usd(row.currency, row.at)
        base = await rates.usd(company, row.at)
        amount = round(row.total_minor * dollars / base) if dollars and base else 0
        filled.append({"id": row.id, "total_company_minor": amount})
    await db.execute(
        text(_FILL),
        {"rows": as_json(filled)},
    )
