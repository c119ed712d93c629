"""Which settings this process goes by, and whether the app can start with them."""

import base64
import binascii
import os
from collections.abc import Mapping

from whop_crm.config import Settings, settings
from whop_crm.runtime.words import CannotStart

_WHOP = {
    "WHOP_API_KEY": "members cannot be fetched",
    "WHOP_APP_ID": "nobody can sign in",
    "WHOP_WEBHOOK_SECRET": "changes at Whop do not arrive by themselves",
}


def adopt(values: Mapping[str, str | None]) -> Settings:
    """Sets variables (None: unsets) for this process and what it starts, and reads the settings anew."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    settings.cache_clear()
    return settings()


def public_origin(found: Settings) -> str:
    """APP_URL; where it is not set, this machine at the port that is served."""
    return found.origin if "app_url" in found.model_fields_set else f"http://localhost:{found.port}"


def key_fault(value: str | None) -> str | None:
    """What is wrong with a SECRET_KEY, in words; None when it is fit."""
    if not value:
        return "SECRET_KEY is not set"
    for part in value.split(","):
        try:
            size = len(base64.b64decode(part.strip(), validate=True))
        except (binascii.Error, ValueError):
            return "SECRET_KEY is not base64"
        if size != 32:
            return f"SECRET_KEY is {size} bytes long instead of 32"
    return None


def demand_key(found: Settings) -> None:
    """Raises CannotStart without a usable SECRET_KEY."""
    fault = key_fault(found.secret_key.get_secret_value() if found.secret_key else None)
    if fault:
        raise CannotStart(f"{fault}. Put the line that `whop-crm secret-key` prints into .env.")


def missing_at_whop(found: Settings) -> dict[str, str]:
    """The Whop settings that are not there, each with what does not work without it."""
    return {name: lack for name, lack in _WHOP.items() if getattr(found, name.lower()) is None}
