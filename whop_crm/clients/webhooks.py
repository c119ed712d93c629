"""A webhook as it comes in: signed by Whop, young enough, and in the form we know."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from whop_sdk.lib.verify_webhook import WebhookVerificationError, unwrap

from whop_crm.clients.facts import Envelope
from whop_crm.clients.parse.clean import label, moment, text
from whop_crm.config import settings
from whop_crm.errors import CrmError, NotConfigured

_TEST_IDS = "xxxxxxxxxxxx"


class Refusal(StrEnum):
    """Why a delivery is turned away; counted under these names."""

    SIGNATURE = "signature"
    TOO_OLD = "too_old"
    NOT_JSON = "not_json"


class WebhookRefused(CrmError):
    """`status` is 401 for what is not signed by Whop or too old, 400 for what cannot be read."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.status = 400 if refusal is Refusal.NOT_JSON else 401


def verify(raw: bytes, headers: Mapping[str, str], made: Sequence[str] = ()) -> Envelope:
    """The delivery in `raw`, the body exactly as it came. Raises WebhookRefused, or NotConfigured without a secret.

    `made` are the secrets of webhooks that we made ourselves, beside the one of the settings.
    """
    given = settings().whop_webhook_secret
    secrets = [*([given.get_secret_value()] if given else []), *made]
    if not secrets:
        raise NotConfigured("WHOP_WEBHOOK_SECRET is not set, so no webhook can be checked.")
    for secret in secrets[:-1]:
        try:
            return _verified(raw, headers, secret)
        except WebhookRefused as error:
            if error.refusal is not Refusal.SIGNATURE:
                raise
    return _verified(raw, headers, secrets[-1])


def _verified(raw: bytes, headers: Mapping[str, str], secret: str) -> Envelope:
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        body = unwrap(raw.decode(), headers=lower, key=secret)
        return _envelope(lower["webhook-id"], lower["webhook-timestamp"], cast("dict[str, object]", body))
    except WebhookVerificationError as error:
        raise _refused(str(error)) from None
    except (ValueError, RecursionError):
        raise WebhookRefused(Refusal.NOT_JSON, "The body is no JSON object.") from None


def is_test(envelope: Envelope) -> bool:
    """Whether Whop made the delivery up, to try the address: its ids are all x."""
    ids = (envelope.account_id, envelope.data.get("id"))
    return any(isinstance(value, str) and value.endswith(_TEST_IDS) for value in ids)


def _refused(reason: str) -> WebhookRefused:
    if "timestamp too" in reason:
        return WebhookRefused(Refusal.TOO_OLD, "The delivery is older, or newer, than five minutes.")
    return WebhookRefused(Refusal.SIGNATURE, "The signature is not Whop's.")


def _envelope(webhook_id: str, sent: str, body: dict[str, object]) -> Envelope:
    """`account_id` is `company_id` in hooks that are not pinned to a version."""
    data, kind = body.get("data"), body.get("type")
    if not isinstance(data, dict) or not isinstance(kind, str):
        raise WebhookRefused(Refusal.NOT_JSON, "The body has no type or no data.")
    account = body.get("account_id") or body.get("company_id")
    stamp = body.get("timestamp")
    return Envelope(
        id=label(webhook_id),
        type=label(kind),
        account_id=text(account) if isinstance(account, str) else None,
        sent_at=moment(stamp if isinstance(stamp, str) else None) or datetime.fromtimestamp(int(sent), UTC),
        data=cast("dict[str, object]", storable(cast("object", data))),
    )


def storable(value: object) -> object:
    """The database stores neither NUL nor half a surrogate pair nor NaN, not even inside JSON."""
    match value:
        case str():
            return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
        case dict():
            return {str(storable(k)): storable(v) for k, v in cast("dict[str, object]", value).items()}
        case list():
            return [storable(item) for item in cast("list[object]", value)]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
