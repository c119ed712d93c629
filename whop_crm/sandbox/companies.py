"""The two companies of a new world: what they sell, where their members meet, who works for them."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from whop_crm.sandbox import transitions as t
from whop_crm.sandbox.change import Change


@dataclass
class Offer:
    """A plan as the history sells it: `weight` of the buyers choose it while `since` ≤ age of the company < `until`."""

    plan_id: str
    weight: float
    since: float = 0.0
    until: float = 1.01
    days: int | None = 30


@dataclass
class Company:
    """One company and everything the history needs to know of it."""

    account_id: str
    offers: list[Offer] = field(default_factory=list)
    upgrades: dict[str, str] = field(default_factory=dict)
    promos: list[str] = field(default_factory=list)
    forums: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    lessons: dict[str, list[str]] = field(default_factory=dict)
    coaching: str = ""
    team: dict[str, str] = field(default_factory=dict)

    def offer(self, rng: random.Random, age: float, *, recurring: bool = False) -> Offer:
        """One of the offers on sale at that age (0 to 1) of the company."""
        on_sale = [o for o in self.offers if o.since <= age < o.until and (o.days is not None or not recurring)]
        return rng.choices(on_sale, [o.weight for o in on_sale])[0]

    def offer_of(self, plan_id: str) -> Offer | None:
        return next((offer for offer in self.offers if offer.plan_id == plan_id), None)


TRADING_COURSE = {
    "Before you start": ["What this is and is not", "Setting up your platform", "Your first week", "Check yourself"],
    "Reading the tape": [
        "Levels that matter",
        "Volume and time of day",
        "The opening range",
        "When to do nothing",
        "Quiz",
    ],
    "Risk first": ["Position sizing", "Where the stop goes", "A bad week, planned", "Scaling out", "Quiz"],
    "A plan of your own": ["Two setups are enough", "The journal", "Reviewing a month", "Final check"],
}
MIND_COURSE = {
    "Losing well": ["The first loss of the day", "Revenge and boredom", "Walking away"],
    "Routine": ["Mornings", "After the close", "Sleep, food, screens", "Quiz"],
}
FITNESS_COURSE = {
    "Week one": ["How to use this programme", "Breath and brace", "First session"],
    "Strength": ["Hinge", "Squat", "Press", "Carry", "Check-in"],
}
_TEAM = (
    ("owner", "Marlow Ashdown"), ("admin", "Ngozi Balogun"), ("manager", "Teo Castellano"), ("support", "Hana Tanaka"),
    ("moderator", "Freya Lindqvist"), ("advertiser", "Dev Kapoor"), ("sales_manager", "Ruby Larkin"),
)  # fmt: skip


def build_trading(change: Change) -> Company:
    """The main company: a trading community with a course, a free tier and coaching."""
    owner = t.add_user(change, name=_TEAM[0][1], username="marlow", avatar=True)
    account_id = t.create_account(
        change, "Harbourline Trading", "harbourline", owner, description="Calm, rule-based day trading.",
        industry_type="trading", website="https://harbourline.example.com",
    )  # fmt: skip
    company = Company(account_id, team={"owner": owner})
    for role, name in _TEAM[1:]:
        company.team[role] = t.add_user(change, name=name, username=name.split()[0].lower(), avatar=True)
        t.add_team_member(change, account_id, company.team[role], role)
    t.invite_team_member(change, account_id, "newhire@example.com", "support")
    _sell_trading(change, company)
    return company


def _sell_trading(change: Change, company: Company) -> None:
    def product(title: str, route: str, headline: str, **fields: object) -> str:
        return t.add_product(change, company.account_id, title, f"harbourline-{route}", headline=headline, **fields)

    pro = product("Harbourline Pro", "pro", "The room, the levels, the replay")
    elite = product("Harbourline Elite", "elite", "Small group, live desk, weekly review")
    course = product("Foundations Course", "foundations", "Twelve weeks from first chart to first plan")
    house = product("Open House", "open-house", "The weekly letter and an open forum")
    workshop = product("Weekend Workshop", "workshop", "Thirty days of replay access")
    starter = product("Harbourline Starter", "starter", "No longer sold", visibility="archived")
    coaching = product("Private Coaching", "coaching", "By invoice", visibility="hidden")

    def plan(of: str, title: str, price: int, days: int | None, weight: float, *, since: float = 0.0,
             until: float = 1.01, **fields: object) -> str:  # fmt: skip
        plan_id = t.add_plan(change, of, title, price=price, days=days, **fields)  # type: ignore[arg-type] # wire fields
        company.offers.append(Offer(plan_id, weight, since, until, days))
        return plan_id

    monthly = plan(pro, "Monthly", 4900, 30, 30)
    yearly = plan(pro, "Yearly", 46800, 365, 9)
    weekly = plan(pro, "Weekly", 1500, 7, 7)
    plan(pro, "Monthly, 7 days free", 4900, 30, 14, since=0.15, trial_period_days=7)
    eur = plan(pro, "Monthly (EUR)", 4500, 30, 9, since=0.25, currency="eur")
    elite_monthly = plan(elite, "Monthly", 14900, 30, 7, since=0.1)
    elite_yearly = plan(elite, "Yearly", 149000, 365, 2, since=0.2)
    plan(course, "Lifetime access", 19900, None, 11)
    plan(course, "Lifetime access (EUR)", 17900, None, 3, since=0.3, currency="eur")
    plan(house, "Free", 0, None, 8, since=0.3)
    plan(workshop, "Thirty days", 5900, None, 3, since=0.4, expiration_days=30)
    old = plan(starter, "Monthly", 2900, 30, 16, until=0.35, visibility="archived")
    company.coaching = t.add_plan(change, coaching, "Coaching block", price=30000, days=None, visibility="hidden")
    company.upgrades = {monthly: yearly, weekly: monthly, old: monthly, eur: elite_monthly, yearly: elite_yearly,
                        elite_monthly: monthly}  # fmt: skip
    company.promos = [
        t.add_promo_code(change, company.account_id, "FOREVER20", percent=20, duration="forever"),
        t.add_promo_code(change, company.account_id, "THREEMONTHS", percent=30, duration="repeating",
                         promo_duration_months=3),
        t.add_promo_code(change, company.account_id, "HALFOFF", percent=50, duration="once"),
        t.add_promo_code(change, company.account_id, "FRIENDS", percent=100, duration="forever"),
    ]  # fmt: skip
    company.forums = [t.add_forum(change, pro, "Town hall", 1), t.add_forum(change, pro, "Wins and lessons", 2),
                      t.add_forum(change, house, "Open house", 3)]  # fmt: skip
    company.channels = [t.add_chat(change, pro, "Live room", 1), t.add_chat(change, elite, "Elite desk", 2)]
    basics = _lessons(change, t.add_course(change, course, "Foundations", 1, TRADING_COURSE))
    mind = _lessons(change, t.add_course(change, elite, "Composure", 2, MIND_COURSE))
    company.lessons = {course: basics, pro: basics[:9], elite: basics[:9] + mind}


def _lessons(change: Change, course_id: str) -> list[str]:
    course = change.get("course", course_id)
    return [lesson["id"] for chapter in course["chapters"] for lesson in chapter["lessons"]]


def build_fitness(change: Change, shared_manager: str) -> Company:
    """The second, smaller company, with another owner; one person manages both."""
    owner = t.add_user(change, name="Camila Ferreira", username="camila", avatar=True)
    account_id = t.create_account(change, "Stillwater Fitness", "stillwater", owner, country="PT")
    company = Company(account_id, team={"owner": owner, "manager": shared_manager})
    t.add_team_member(change, account_id, shared_manager, "manager")
    club = t.add_product(change, account_id, "Stillwater Club", "stillwater-club", headline="Train at home, together")
    course = t.add_product(change, account_id, "Strong in Eight Weeks", "stillwater-strong")
    monthly = t.add_plan(change, club, "Monthly", price=2900, days=30)
    yearly = t.add_plan(change, club, "Yearly", price=29000, days=365)
    eur = t.add_plan(change, club, "Monthly (EUR)", price=2700, days=30, currency="eur", trial_period_days=14)
    once = t.add_plan(change, course, "Lifetime access", price=7900, days=None)
    company.offers = [Offer(monthly, 50), Offer(yearly, 12, days=365), Offer(eur, 18), Offer(once, 20, days=None)]
    company.upgrades = {monthly: yearly}
    company.promos = [t.add_promo_code(change, account_id, "SPRING", percent=25, duration="once")]
    company.forums = [t.add_forum(change, club, "The green room", 1)]
    company.channels = [t.add_chat(change, club, "Club chat", 1)]
    company.coaching = once
    lessons = _lessons(change, t.add_course(change, course, "Strong in Eight Weeks", 1, FITNESS_COURSE))
    company.lessons = {course: lessons, club: lessons[:3]}
    return company


Builder = Callable[[Change], Company]
OPENING = timedelta(days=3)
"""The companies exist this long before their first member."""
