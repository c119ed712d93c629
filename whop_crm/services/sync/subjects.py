"""What a delivery is about, kept beside it so that the log can be searched without looking into payloads."""

from collections.abc import Mapping
from typing import cast

from whop_crm.clients.facts import Envelope

Data = Mapping[str, object]
_LONGEST = 100


def about(envelope: Envelope) -> dict[str, str | None]:
    """The object's id, and the member's and the person's where it names one, by column."""
    data: Data = envelope.data
    member = data.get("id") if envelope.type.startswith("member.") else data.get("member_id")
    payment = _inner(data, "payment")
    member = member or _inner(data, "member").get("id") or payment.get("member_id")
    user = data.get("user_id") or _inner(data, "user").get("id") or _inner(payment, "user").get("id")
    user = user or _inner(_inner(data, "message"), "user").get("id")
    object_id = data.get("id") or _inner(data, "message").get("id")
    return {"object_id": _text(object_id), "member_id": _text(member), "user_id": _text(user)}


def _inner(data: Data, name: str) -> Data:
    value = data.get(name)
    return cast("Data", value) if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value[:_LONGEST] if isinstance(value, str) and value else None
