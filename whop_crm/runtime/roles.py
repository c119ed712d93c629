"""The app's database role, taken from the URL that the app will connect with."""

from sqlalchemy import make_url

from whop_crm.config import settings
from whop_crm.db import sqlalchemy_url

DEFAULT_ROLE = "whop_crm_app"


def owner_url() -> str | None:
    """The URL that migrations connect with: the owner's, else the app's own."""
    return settings().database_owner_url or settings().database_url


def app_role() -> str:
    """The user of DATABASE_URL where an owner URL stands beside it; else the default role."""
    url = settings().database_url
    if url is None or settings().database_owner_url is None:
        return DEFAULT_ROLE
    return make_url(sqlalchemy_url(url)).username or DEFAULT_ROLE


def app_role_password() -> str | None:
    url = settings().database_url
    if url is None or settings().database_owner_url is None:
        return None
    return make_url(sqlalchemy_url(url)).password
