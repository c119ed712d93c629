"""What the app's database role may do. It must obey row-level security, which superusers and owners do not."""

from whop_crm.runtime.migrate import connected
from whop_crm.runtime.words import CannotStart

_ROLE = """
    SELECT current_user, rolsuper, rolbypassrls,
           (SELECT count(*) FROM pg_class
             WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
               AND pg_has_role(current_user, relowner, 'MEMBER')) AS owned,
           current_setting('server_version_num')::int / 10000
      FROM pg_roles WHERE rolname = current_user
"""
OLDEST = 15


def role_faults(url: str) -> list[str]:
    """Why the app must not run as the role of `url`, one phrase each; empty when it may. Raises CannotStart
    when the database cannot be reached.
    """
    with connected(url) as connection:
        row = connection.execute(_ROLE).fetchone()
    if row is None:
        return ["it cannot be looked up"]
    _, superuser, bypasses, owned, version = row
    faults = [
        (bool(superuser), "it is a superuser"),
        (bool(bypasses), "it has BYPASSRLS"),
        (int(owned) > 0, "it owns the tables"),
        (int(version) < OLDEST, f"the server is PostgreSQL {version}, and {OLDEST} or newer is needed"),
    ]
    return [words for at_fault, words in faults if at_fault]


def demand_plain_role(url: str) -> None:
    """Raises CannotStart when the app's role could see every company's rows."""
    faults = role_faults(url)
    if faults:
        raise CannotStart(
            f"The app does not start with this role in DATABASE_URL: {', and '.join(faults)}. "
            "Companies would not be kept apart. Use a role like whop_crm_app, and DATABASE_OWNER_URL for migrations."
        )
