"""From Whop's wire to facts: one reader per shape, the same for a page of the API and for a webhook."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from whop_sdk.messages.types import PostChatMessageCreatedPayloadData
from whop_sdk.types import (
    CourseLessonInteraction,
    Dispute,
    Invoice,
    Member,
    Membership,
    Payment,
    Product,
    Refund,
    RefundLegacy,
    Variant,
)

from whop_crm.clients.facts import Fact, PlanFact, ProductFact
from whop_crm.clients.parse import billing, community, people, selling
from whop_crm.errors import InvalidInput

_Model = TypeVar("_Model", bound=BaseModel)


def parse_object(event_type: str, data: Mapping[str, object], sent_at: datetime) -> Fact | None:
    """The fact in a webhook's `data`, or None where the type carries none of ours.

    `sent_at` is the envelope's timestamp: the version of what has no `updated_at` of its own, and of every deletion.
    Raises InvalidInput, naming what is wrong, when the object cannot be read.
    """
    reader = _READERS.get(event_type.rpartition(".")[0])
    if reader is None or event_type in _OTHER_EVENTS:
        return None
    fact = reader(data, sent_at)
    deleted = event_type.endswith(".deleted")
    if deleted and isinstance(fact, ProductFact | PlanFact):
        return replace(fact, deleted=True, version=max(fact.version, sent_at))
    return fact


def read(model: type[_Model], data: Mapping[str, object]) -> _Model:
    """The SDK's own model of an object. Raises InvalidInput with the field at fault."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"Whop's {model.__name__} cannot be read: {field}: {first['msg']}.", field) from None


def _refund(data: Mapping[str, object], sent_at: datetime) -> Fact | None:
    if "payment_id" in data:
        return billing.refund(read(Refund, data), sent_at)
    return billing.refund_of_webhook(read(RefundLegacy, data), sent_at)


def _lesson(data: Mapping[str, object], sent_at: datetime) -> Fact | None:
    """Sent when the lesson is completed, so the envelope's time is the time of completion."""
    item = read(CourseLessonInteraction, data)
    return community.lesson(item, item.course.title, sent_at)


def _chat(data: Mapping[str, object], sent_at: datetime) -> Fact | None:
    item = read(PostChatMessageCreatedPayloadData, data)
    return community.chat(item.message, item.channel.id, sent_at)


_READERS: dict[str, Callable[[Mapping[str, object], datetime], Fact | None]] = {
    "member": lambda data, sent_at: people.member(read(Member, data), sent_at),
    "membership": lambda data, sent_at: selling.membership(read(Membership, data), sent_at),
    "payment": lambda data, sent_at: billing.payment(read(Payment, data), sent_at),
    "refund": _refund,
    "dispute": lambda data, sent_at: billing.dispute(read(Dispute, data), sent_at),
    "invoice": lambda data, sent_at: billing.invoice(read(Invoice, data), sent_at),
    "product": lambda data, sent_at: selling.product(read(Product, data), sent_at),
    "plan": lambda data, sent_at: selling.plan(read(Variant, data), sent_at),
    "course_lesson_interaction": _lesson,
    "chat.message": _chat,
}

_OTHER_EVENTS = frozenset({"payment.affiliate_reward_created"})
"""Of a family we read, but with something else in `data`."""
