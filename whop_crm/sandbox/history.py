"""A believable world: two companies, their teams, and everything their members did in the last months.

Deterministic: the same seed, size, length and anchor give the same documents, ids included.
"""

import math
import random
from datetime import UTC, datetime, timedelta

from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.bulk import BulkChange
from whop_crm.sandbox.clock import DAY, iso
from whop_crm.sandbox.companies import OPENING, Company, build_fitness, build_trading
from whop_crm.sandbox.gatherings import Gathering
from whop_crm.sandbox.lifetimes import Life, last_seen
from whop_crm.sandbox.moves.buying import buy
from whop_crm.sandbox.permissions import APP_PERMISSIONS
from whop_crm.sandbox.store import Store

MONTH = timedelta(days=365.25 / 12)
FEWEST, MOST = 50, 50_000


def create_world(
    store: Store, seed: int = 1, members: int = 2500, months: int = 24, anchor: datetime | None = None
) -> None:
    """Fill an empty store with a world whose 'now' is `anchor`. Raises ValueError for a size out of range.

    `members` are those of the main company, between 50 and 50,000; the second company has a tenth of it, 120 at most.
    """
    if not FEWEST <= members <= MOST:
        raise ValueError(f"a world has between {FEWEST} and {MOST:,} members, not {members:,}")
    if not store.is_empty:
        raise ValueError("this store already holds a world")
    anchor = (anchor or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    with store.transaction():
        store.drop_indexes()
        _History(store, seed, members, anchor - MONTH * months, anchor).write()
        store.create_indexes()
        for key, value in (("seed", seed), ("members", members), ("months", months), ("anchor", iso(anchor))):
            store.set_meta(key, value)
    store.query("PRAGMA wal_checkpoint(TRUNCATE)")
    store.query("PRAGMA optimize")


class _History:
    def __init__(self, store: Store, seed: int, members: int, start: datetime, anchor: datetime) -> None:
        self.store = store
        self.seed = seed
        self.members = members
        self.start = start
        self.anchor = anchor
        self.change = BulkChange(store, start - OPENING, random.Random(f"{seed}:companies"))
        self.guests: list[str] = []

    def write(self) -> None:
        trading = build_trading(self.change)
        fitness = build_fitness(self.change, trading.team["manager"])
        stranger = t.add_user(self.change, name="Percival Thorne", username="percival", avatar=False)
        self.change.keep_all()
        self.store.set_app_permissions(APP_PERMISSIONS)
        self.store.set_meta("installed_accounts", [trading.account_id, fitness.account_id])
        self._populate(trading, self.members, "trading")
        self._populate(fitness, min(120, max(12, self.members // 10)), "fitness")
        self._people(trading, fitness, stranger)
        self.change.close()

    def _populate(self, company: Company, members: int, name: str) -> None:
        gathering = Gathering(company, volume=min(1.0, 5000 / members) if members > 5000 else 1.0)
        shared = self.guests if name == "fitness" else []
        for number in range(members):
            user_id = shared[number] if number < len(shared) else None
            self._one_life(company, name, number, members, gathering, user_id)
        rng = random.Random(f"{self.seed}:{name}:talk")
        owner = self.change.get("user", company.team["owner"])
        gathering.announce(owner, self.start, self.anchor)
        gathering.write(self.change, rng)
        self._oddities(company, rng)

    def _one_life(
        self, company: Company, name: str, number: int, members: int, gathering: Gathering, user_id: str | None
    ) -> None:
        rng = random.Random(f"{self.seed}:{name}:{number}")
        start = self._joins_at(rng, (number + rng.random()) / members)
        self.change.rng = rng
        self.change.at = start
        if user_id:
            self.change.write()
        share = 1.0 if members <= 5000 else max(0.2, 5000 / members)
        life = Life(self.change, company, rng, start, self.anchor, self._age, rng.betavariate(1.7, 1.9), share, user_id)
        life.run()
        member = self.change.get("member", life.member_id)
        last_seen(life, member)
        person = self.change.get("user", str(life.user_id))
        gathering.listen(life, {key: person[key] for key in ("id", "name", "username")})
        if name == "trading" and number % max(1, self.members // 5) == 7:
            self.guests.append(person["id"])
        self.change.settle()

    def _age(self, moment: datetime) -> float:
        return min(1.0, max(0.0, (moment - self.start) / (self.anchor - self.start)))

    def _joins_at(self, rng: random.Random, share: float) -> datetime:
        """Joins grow with the company: four times as many a day in the end as in the beginning."""
        low, slope = 0.4, 1.6
        position = (-low + math.sqrt(low * low + 2 * slope * share * (low + slope / 2))) / slope
        day = self.start + (self.anchor - self.start) * position
        at = day.replace(hour=0, minute=0, second=0) + timedelta(hours=min(23.9, max(0, rng.gauss(15, 5))))
        at = at.replace(microsecond=rng.randrange(1000) * 1000)
        return at if at < self.anchor else self.anchor - timedelta(minutes=rng.uniform(2, 600))

    def _oddities(self, company: Company, rng: random.Random) -> None:
        """A business that bought, and the app's own technical member."""
        self.change.rng = rng
        self.change.at = self.anchor - 90 * DAY
        business = t.add_business_member(self.change, company.account_id, "Larkspur Capital LLC")
        plan = next(self.change.get("plan", each.plan_id) for each in company.offers if each.days == 365)
        buy(self.change, plan, business)
        t.add_business_member(self.change, company.account_id, "CRM app")
        self.change.settle()

    def _people(self, trading: Company, fitness: Company, stranger: str) -> None:
        """Who the sign-in page offers, in a fixed order."""
        self.change.write()
        people = [(trading, role, user_id) for role, user_id in trading.team.items()]
        people.append((fitness, "owner", fitness.team["owner"]))
        rows = [self._person(company, role, user_id) for company, role, user_id in people]
        found = self.store.query(
            "SELECT user_id FROM member WHERE account_id = ? AND access_level = 'customer' AND user_id IS NOT NULL"
            " ORDER BY usd_total_spent DESC, id LIMIT 2", (trading.account_id,),
        )  # fmt: skip
        rows += [self._person(trading, "customer", row["user_id"]) for row in found]
        rows.append(
            {"user_id": stranger, "name": "Percival Thorne", "role": "stranger", "account_id": None, "company": None}
        )
        self.store.set_meta("people", rows)

    def _person(self, company: Company, role: str, user_id: str) -> dict[str, str | None]:
        person = self.change.get("user", user_id)
        account = self.change.get("account", company.account_id)
        return {"user_id": user_id, "name": person["name"] or person["username"], "role": role,
                "account_id": account["id"], "company": account["title"]}  # fmt: skip
