"""Test deliveries: real shapes, made-up ids such as `biz_xxxxxxxxxxxxxx`, as Whop's "send test" sends them."""

import re
from datetime import datetime
from typing import Any

from whop_crm.sandbox.change import dumps
from whop_crm.sandbox.clock import iso
from whop_crm.sandbox.hooks import TESTABLE, Hook
from whop_crm.sandbox.kinds import Doc
from whop_crm.sandbox.outbox import Message, envelope, new_webhook_id
from whop_crm.sandbox.shapes.community import message_event
from whop_crm.sandbox.shapes.selling import legacy_refund
from whop_crm.sandbox.store import Event, Store

_KINDS = {
    "membership": "membership",
    "member": "member",
    "payment": "payment",
    "refund": "refund",
    "dispute": "dispute",
    "invoice": "invoice",
    "course_lesson_interaction": "lesson_interaction",
    "chat": "message",
    "product": "product",
    "plan": "plan",
}
_ID = re.compile(
    r"\b(biz|user|mber|mem|prod|plan|pay|payt|rf|dspt|inv|promo|exp|crsi|lesn|chap|cors|post|chat)_\w{10,}"
)
_PERSON = {"name": "Jordan Example", "username": "jordan_example", "display_name": "Jordan Example"}
_PERSON |= {"email": "jordan@example.com", "customer_email": "jordan@example.com"}


def sample_message(store: Store, hook: Hook, event_type: str, now: datetime) -> Message | None:
    """A delivery of made-up data for this event, or None where the sandbox has nothing to model it on."""
    if event_type not in TESTABLE:
        return None
    found = store.select(_KINDS[event_type.split(".")[0]], limit=1, newest=True)
    if not found:
        return None
    data = _made_up(_wire(store, event_type, found[0]))
    event = Event(0, event_type, "biz_xxxxxxxxxxxxxx", "", dumps(data), None, iso(now))
    webhook_id = new_webhook_id()
    body = store.with_origin(envelope(event, webhook_id, hook.api_version_date))
    return Message(0, hook.id, webhook_id, event_type, event.account_id, body, 0, 0.0, None)


def _wire(store: Store, event_type: str, doc: Doc) -> Doc:
    match event_type.split(".")[0]:
        case "refund":
            paid = store.get("payment", doc["payment_id"])
            membership = store.find("membership", paid["membership_id"] or "")
            person = store.find("user", paid["user"]["id"]) if paid["user"] else None
            doc = legacy_refund(doc, paid, membership, person)
        case "chat":
            doc = message_event(doc, store.get("chat_channel", doc["_channel_id"]))
        case _:
            pass
    return {key: value for key, value in doc.items() if key[0] != "_"}


def _made_up(value: Any, key: str = "") -> Any:
    """The same shape with nobody in it."""
    if isinstance(value, dict):
        return {inner: _made_up(part, inner) for inner, part in value.items()}
    if isinstance(value, list):
        return [_made_up(part) for part in value]
    if isinstance(value, str):
        return _PERSON.get(key) or _ID.sub(lambda found: found[1] + "_xxxxxxxxxxxxxx", value)
    return value
