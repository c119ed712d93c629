"""What a webhook does not say because the app may not read it."""

import json
from dataclasses import replace
from typing import Any

from whop_crm.sandbox.change import dumps
from whop_crm.sandbox.rest.lists import mask
from whop_crm.sandbox.rest.resources import RESOURCES, Resource
from whop_crm.sandbox.store import Event

_KINDS = {"course_lesson_interaction": "lesson_interaction", "chat": "message"}
"""Families of events that are not called as their objects are."""
_RESOURCES = {resource.kind: resource for resource in RESOURCES}
_ANYWHERE = {
    "member:email:read": frozenset({"email", "customer_email", "email_address"}),
    "member:phone:read": frozenset({"phone", "phone_number", "customer_phone"}),
}
"""Fields that are null without a scope however deep they stand: in a dispute's buyer, an invoice's user."""


def may_tell(event: Event, granted: frozenset[str] | None) -> bool:
    """Whether the object may be read at all; None may read everything."""
    resource = _resource(event)
    return granted is None or resource is None or set(resource.scopes) <= granted


def covered(event: Event, granted: frozenset[str] | None) -> Event:
    """The event with what may not be read set to null, what it was before included."""
    resource = _resource(event)
    if granted is None or _sees_everything(resource, granted):
        return event
    hidden = frozenset[str]().union(*(names for scope, names in _ANYWHERE.items() if scope not in granted))

    def cover(text: str) -> str:
        doc = json.loads(text)
        return dumps(_nulled(mask(resource, doc, granted) if resource else doc, hidden))

    return replace(event, object=cover(event.object), previous=cover(event.previous) if event.previous else None)


def _resource(event: Event) -> Resource | None:
    family = event.type.partition(".")[0]
    return _RESOURCES.get(_KINDS.get(family, family))


def _sees_everything(resource: Resource | None, granted: frozenset[str]) -> bool:
    masks = resource.masks if resource else {}
    return _ANYWHERE.keys() <= granted and masks.keys() <= granted


def _nulled(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: None if key in hidden else _nulled(part, hidden) for key, part in value.items()}
    if isinstance(value, list):
        return [_nulled(part, hidden) for part in value]
    return value
