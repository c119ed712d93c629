"""What a browser sends is input: it fits the handler's annotations, in size and type, or the event is dropped."""

import inspect
import math
import typing
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError
from reflex.event import Event
from reflex_base.utils.form import FORM_DATA_ENTRIES_KEY

from whop_crm.state import wire

MOST_TEXT = 64_000
MOST_VALUES = 2_000
MOST_DEPTH = 6
_LARGEST_INT = 2**63 - 1


class BadArguments(Exception):
    """An event's arguments do not fit; the message names no value."""


def checked(event: Event) -> None:
    """Replaces the payload by validated values. Raises BadArguments."""
    if not isinstance(event.payload, dict) or not all(isinstance(name, str) for name in event.payload):
        raise BadArguments("the payload is not an object")
    _Budget().spend(event.payload, 0)
    fields, required = _signature(event.name)
    sent = event.payload
    if unknown := sent.keys() - fields.keys():
        raise BadArguments(f"{len(unknown)} unknown arguments")
    if missing := required - sent.keys():
        raise BadArguments(f"missing: {', '.join(sorted(missing))}")
    values = {name: _valid(name, fields[name], value) for name, value in sent.items()}
    event.payload.update(values)


def _valid(name: str, adapter: TypeAdapter[Any], value: object) -> Any:
    if isinstance(value, dict) and value.keys() == {FORM_DATA_ENTRIES_KEY}:
        value = _form(cast("dict[str, object]", value)[FORM_DATA_ENTRIES_KEY])
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise BadArguments(f"{name} has the wrong type") from None


def _form(entries: object) -> dict[str, object]:
    """A form as Reflex sends it, `[[name, value], …]`; of values with one name the last counts."""
    if not isinstance(entries, list):
        raise BadArguments("a form is not a list")
    if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in entries):
        raise BadArguments("a form has malformed entries")
    return {pair[0]: pair[1] for pair in entries}


@cache
def _signature(name: str) -> tuple[dict[str, TypeAdapter[Any]], frozenset[str]]:
    handler = wire.handler(name)
    if handler is None:
        raise BadArguments("there is no such handler")
    hints = typing.get_type_hints(handler.fn, include_extras=True)
    parameters = list(inspect.signature(handler.fn).parameters.values())[1:]
    fields = {one.name: TypeAdapter[Any](hints[one.name]) for one in parameters}
    return fields, frozenset(one.name for one in parameters if one.default is inspect.Parameter.empty)


class _Budget:
    """How much of a payload is looked at before it counts as an attack."""

    def __init__(self) -> None:
        self.text = MOST_TEXT
        self.values = MOST_VALUES

    def spend(self, value: object, depth: int) -> None:
        self.values -= 1
        if depth > MOST_DEPTH or self.values < 0:
            raise BadArguments("too many values")
        match value:
            case str():
                self._text(value)
            case bool() | None:
                pass
            case int():
                if abs(value) > _LARGEST_INT:
                    raise BadArguments("a number is too large")
            case float():
                if not math.isfinite(value):
                    raise BadArguments("a number is not finite")
            case dict() | list():
                self._inner(value, depth)
            case _:
                raise BadArguments("a value is neither text, number, list nor object")

    def _text(self, value: str) -> None:
        self.text -= len(value)
        if self.text < 0:
            raise BadArguments("too much text")
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise BadArguments("text holds characters that no text has")

    def _inner(self, value: dict[Any, Any] | list[Any], depth: int) -> None:
        items = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        for item in items:
            self.spend(item, depth + 1)
