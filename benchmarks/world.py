"""A database to measure on: 200,000 members, 50,000 of them in one company, with two years of money and activity.

Written by the server itself, in bulk. The companies' rows lie among each other on disk, as years of growth leave them.
"""

import random
from dataclasses import dataclass

import psycopg

MEMBERS = 200_000
LARGEST, OTHERS = 1, 15
RARE_NAME = "Xanthippe Quillfeather"
OWN_FIELD = "level"
"""The key of a number that every member of the largest company has."""

_FIRST = """
    Ada Zoë Björn Chloé Łukasz Søren Amélie Noah Liam Emma Olivia Mateo Sofia Lucas Mia Yuki Hana Arjun Priya Omar
    Layla Ivan Anya Chen Wei Jamal Aisha Diego Lucía Tomás Marta Felix Greta Hugo Ines Jonas Klara Leon Maja Nils
"""
_LAST = """
    Smith Müller García Nguyễn Kowalski Ångström Okafor Rossi Dubois Novák Silva Ivanova Tanaka Patel Haddad Johnson
    Williams Brown Jones Miller Davis Wilson Anderson Thomas Moore Martin Lee Walker Hall Young King Wright Scott
"""


@dataclass(frozen=True)
class Size:
    """How much there is of what grows with time, in the largest company for each member and in the others."""

    payments: int = 6
    activities: int = 40
    others: int = 2


def build(connection: psycopg.Connection, size: Size) -> None:
    """Fills an empty, migrated database. The connection must be a superuser's, in autocommit."""
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET session_replication_role = replica")  # the keys hold by construction
    later = _without_indexes(connection)
    for statement in _statements(size):
        connection.execute(statement)
    for definition in later:
        connection.execute(definition)
    connection.execute("VACUUM ANALYZE")


def _without_indexes(connection: psycopg.Connection) -> list[str]:
    """Drops what only makes reading fast, and returns how to make it again: once at the end is quicker."""
    found = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid AND NOT c.relispartition"
        " AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') WHERE NOT i.indisunique"
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition.replace(" ON ONLY ", " ON ") for _, definition in found]


def _statements(size: Size) -> list[str]:
    happened = [_payments(size), _activities(size), _days()]
    return [_companies(), _plans(), _names(), _members(), *_memberships(), *happened, *_tags(), *_own_fields()]


def _companies() -> str:
    return f"""
        INSERT INTO companies (id, whop_id, title)
        SELECT n, 'biz_bench' || lpad(n::text, 4, '0'), 'Company ' || n FROM generate_series(1, {1 + OTHERS}) AS n
    """


def _plans() -> str:
    return """
        WITH wanted(n, title, days, price) AS (VALUES
            (1, 'Basic monthly', 30, 2900), (2, 'Pro monthly', 30, 4900), (3, 'Pro yearly', 365, 49000),
            (4, 'Coaching weekly', 7, 1500), (5, 'Lifetime', NULL, 99900), (6, 'Starter', 30, 900)),
        products AS (
            INSERT INTO products (company_id, whop_id, version, title, whop_created_at)
            SELECT id, 'prod_bench1', now(), 'Academy', now() - interval '3 years' FROM companies)
        INSERT INTO plans (company_id, whop_id, version, whop_product_id, title, plan_type, currency,
                           renewal_price_minor, billing_period_days, whop_created_at)
        SELECT c.id, 'plan_bench' || n, now(), 'prod_bench1', w.title,
               CASE WHEN days IS NULL THEN 'one_time' ELSE 'renewal' END, 'usd', price, days,
               now() - interval '3 years'
        FROM companies c, wanted w
    """


def _names() -> str:
    """A table of everybody, so that each later statement draws the same person."""
    seeded = random.Random(7)
    first = [seeded.choice(_FIRST.split()) for _ in range(997)]
    last = [seeded.choice(_LAST.split()) for _ in range(1009)]
    array = "ARRAY[" + ",".join(f"'{name}'" for name in first) + "]"
    other = "ARRAY[" + ",".join(f"'{name}'" for name in last) + "]"
    return f"""
        CREATE TEMP TABLE people AS
        SELECT n, CASE WHEN n % 4 = 0 THEN {LARGEST} ELSE {LARGEST + 1} + n % {OTHERS} END AS company,
               CASE WHEN n = 40000 THEN '{RARE_NAME}'
                    ELSE ({array})[1 + n % 997] || ' ' || ({other})[1 + (n / 3) % 1009] END AS name,
               hashint4(n) & 1023 AS dice, hashint4(n + 1000000) & 1023 AS dice2
        FROM generate_series(1, {MEMBERS}) AS n
    """


def _members() -> str:
    folded = "translate(lower(name), 'ëöéłøíáåüãễý', 'eoeloiaauaey')"
    return f"""
        INSERT INTO members (company_id, id, whop_id, version, recorded_at, whop_user_id, name, username, email,
            access_level, presence, joined_at, whop_created_at, last_active_at, search_text, sort_name, status,
            canceling, plan_name, memberships, mrr_minor, net_revenue_minor, payments, photo_url)
        SELECT company, n, 'mber_bench' || lpad(n::text, 8, '0'), now(), now(), 'user_bench' || lpad(n::text, 8, '0'),
            name, 'member' || n, mail, 'customer', CASE WHEN dice < 700 THEN 'joined' ELSE 'left' END,
            CASE WHEN dice2 < 10 THEN NULL ELSE joined END, joined,
            CASE WHEN dice2 < 300 THEN NULL ELSE least(now(), joined + (now() - joined) * (dice2 / 1024.0)) END,
            {folded} || E'\\nmember' || n || coalesce(E'\\n' || mail, ''), {folded}, status,
            status = 'active' AND dice2 < 60, plan, 1,
            CASE WHEN status IN ('active', 'past_due') THEN 900 + (n % 5) * 1000 ELSE 0 END, (n * 7919) % 250000, 6,
            'https://example.invalid/' || n || '.png'
        FROM (SELECT *, now() - ((dice / 1024.0 + n::float8 / {MEMBERS} / 1024) * interval '730 days') AS joined,
            CASE WHEN dice2 < 200 THEN NULL ELSE 'member' || n || '@example.com' END AS mail,
            CASE WHEN dice < 550 THEN 'active' WHEN dice < 590 THEN 'past_due' WHEN dice < 610 THEN 'paused'
                 WHEN dice < 650 THEN 'trialing' WHEN dice < 700 THEN 'completed' WHEN dice < 950 THEN 'canceled'
                 WHEN dice < 1000 THEN 'expired' ELSE 'none' END AS status,
            CASE WHEN dice >= 1000 THEN '' ELSE (ARRAY['Basic monthly', 'Pro monthly', 'Pro yearly', 'Coaching weekly',
                 'Lifetime', 'Starter'])[1 + n % 6] END AS plan
            FROM people) AS p
        ORDER BY n
    """


def _memberships() -> list[str]:
    memberships = """
        INSERT INTO memberships (company_id, id, whop_id, version, member_id, whop_member_id, whop_user_id,
            whop_plan_id, whop_product_id, status, paused, cancel_at_period_end, whop_created_at, period_start,
            period_end, billing_period_days, currency, renewal_price_minor, first_charge_at, ended_at, mrr_minor)
        SELECT company_id, id, 'mem_bench' || lpad(id::text, 8, '0'), now(), id, whop_id, whop_user_id,
            'plan_bench' || 1 + id % 6, 'prod_bench1', CASE WHEN status = 'paused' THEN 'active' ELSE status END,
            status = 'paused', canceling, whop_created_at, now() - interval '10 days', now() + interval '20 days', 30,
            'usd', 2900, whop_created_at,
            CASE WHEN status IN ('canceled', 'expired') THEN whop_created_at + (now() - whop_created_at) * 0.6 END,
            mrr_minor
        FROM members WHERE status <> 'none'
    """
    changes = """
        INSERT INTO membership_changes (company_id, membership_id, occurred_at, origin, reconstructed, status, paused,
            cancel_at_period_end, whop_plan_id, mrr_minor)
        SELECT m.company_id, m.id, change.at, 'backfill', true, change.status, m.paused AND change.last, false,
            m.whop_plan_id, CASE WHEN change.status IN ('active', 'past_due') THEN greatest(m.mrr_minor, 900) ELSE 0 END
        FROM memberships m, LATERAL (VALUES
            (m.whop_created_at, 'trialing', false),
            (m.whop_created_at + (now() - m.whop_created_at) * 0.3, 'active', false),
            (m.whop_created_at + (now() - m.whop_created_at) * 0.4, 'past_due', false),
            (m.whop_created_at + (now() - m.whop_created_at) * 0.5, 'active', false),
            (coalesce(m.ended_at, m.whop_created_at + (now() - m.whop_created_at) * 0.8), m.status, true)
        ) AS change(at, status, last)
        ORDER BY change.at
    """
    return [memberships, changes]


def _payments(size: Size) -> str:
    return f"""
        INSERT INTO payments (company_id, whop_id, version, member_id, whop_member_id, whop_membership_id, whop_plan_id,
            whop_product_id, status, substatus, currency, total_minor, total_company_minor, usd_total_minor,
            whop_created_at, paid_at)
        SELECT m.company_id, 'pay_bench' || m.id || 'x' || k, now(), m.id, m.whop_id,
            'mem_bench' || lpad(m.id::text, 8, '0'), 'plan_bench' || 1 + m.id % 6, 'prod_bench1', 'paid', 'succeeded',
            'usd', 2900, 2900, 2900, at, at
        FROM members m, generate_series(1, CASE WHEN m.company_id = {LARGEST} THEN {size.payments}
                                           ELSE {size.others} END) AS k,
            LATERAL (SELECT m.whop_created_at + (now() - m.whop_created_at) * (k / {size.payments + 1}.0) AS at) AS paid
        ORDER BY at
    """


def _activities(size: Size) -> str:
    kinds = (
        "ARRAY['joined:membership', 'membership_started:membership', 'payment_paid:payment', 'posted:community', "
        "'commented:community', 'chatted:community', 'lesson_completed:course', 'payment_failed:payment', "
        "'chatted:community', 'chatted:community']"
    )
    return f"""
        INSERT INTO activities (company_id, occurred_at, source, kind, grp, origin, member_id, whop_member_id, title)
        SELECT m.company_id, at, 'bench:' || m.id || ':' || k, split_part(what, ':', 1), split_part(what, ':', 2),
            'backfill', m.id, m.whop_id, 'Something happened'
        FROM members m, generate_series(1, CASE WHEN m.company_id = {LARGEST} THEN {size.activities}
                                           ELSE {size.others} END) AS k,
            LATERAL (SELECT m.whop_created_at + (now() - m.whop_created_at) * (k / {size.activities + 1}.0) AS at,
                            ({kinds})[1 + (m.id + k) % 10] AS what) AS event
        ORDER BY at
    """


def _tags() -> list[str]:
    return [
        """INSERT INTO tags (company_id, id, name, color) SELECT c.id, c.id * 100 + n, 'Tag ' || n, 'blue'
           FROM companies c, generate_series(1, 20) AS n""",
        """INSERT INTO member_tags (company_id, member_id, tag_id) SELECT company_id, id, company_id * 100 + 1 + id % 20
           FROM members WHERE id % 3 = 0""",
    ]


def _days() -> str:
    """The counts by day that the timeline's activities make."""
    return """
        INSERT INTO member_days (company_id, member_id, kind, day, n)
        SELECT company_id, member_id, CASE kind WHEN 'posted' THEN 'post' WHEN 'commented' THEN 'comment'
            WHEN 'chatted' THEN 'chat' WHEN 'lesson_completed' THEN 'lesson' WHEN 'payment_paid' THEN 'payment'
            ELSE 'payment_failed' END, (occurred_at AT TIME ZONE 'UTC')::date, count(*)
        FROM activities
        WHERE kind IN ('posted', 'commented', 'chatted', 'lesson_completed', 'payment_paid', 'payment_failed')
        GROUP BY 1, 2, 3, 4
    """


def _own_fields() -> list[str]:
    return [
        f"""INSERT INTO custom_fields (company_id, id, key, name, type)
            VALUES ({LARGEST}, 1, '{OWN_FIELD}', 'Level', 'number')""",
        f"""INSERT INTO custom_values (company_id, field_id, member_id, number_value)
            SELECT company_id, 1, id, id % 100 FROM members WHERE company_id = {LARGEST}""",
    ]
