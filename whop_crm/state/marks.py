"""The markers without which no handler runs.

    @needs(Permission.TAGS_WRITE)          a teammate of the company in the address, with this permission
    @page_event                            a teammate with the permission that the page class names
    @public                                anybody, signed in or not

A marked handler may raise any CrmError: its sentence is shown as a toast and the tab stays as it is. Every argument
needs an annotation; what does not fit it never reaches the handler. A form arrives as `dict[str, str]`.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import reflex as rx

from whop_crm.access import Permission
from whop_crm.errors import CrmError

_MARK = "_whop_crm_rule"
Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Anyone:
    pass


@dataclass(frozen=True, slots=True)
class Teammate:
    """Somebody of the company's team; `permission` None: any role."""

    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class PageVisitor:
    """A teammate with the permission of the page's class."""


Rule = Anyone | Teammate


def public(handler: Handler) -> Handler:
    return _marked(handler, Anyone())


def needs(permission: Permission) -> Callable[[Handler], Handler]:
    return lambda handler: _marked(handler, Teammate(permission))


def page_event(handler: Handler) -> Handler:
    return _marked(handler, PageVisitor())


def rule_of(handler: rx.EventHandler) -> Rule | None:
    """What a handler demands; None: it carries no marker and never runs."""
    match getattr(handler.fn, _MARK, None):
        case PageVisitor():
            return Teammate(getattr(handler.state, "permission", None))
        case Anyone() | Teammate() as rule:
            return rule
        case _:
            return None


def _marked(handler: Handler, rule: object) -> Handler:
    wrapped = _in_words(handler)
    setattr(wrapped, _MARK, rule)
    return wrapped


def _in_words(handler: Any) -> Any:
    """The handler with its CrmErrors turned into toasts, within the event, so that what it changed is still sent."""
    if inspect.isasyncgenfunction(handler):

        @functools.wraps(handler)
        async def steps(self: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            try:
                async for step in handler(self, *args, **kwargs):
                    yield step
            except CrmError as error:
                yield rx.toast.error(str(error))

        return steps
    if not inspect.iscoroutinefunction(handler):
        raise TypeError(f"{handler.__qualname__} must be async: a plain handler would stop every other tab.")

    @functools.wraps(handler)
    async def once(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await handler(self, *args, **kwargs)
        except CrmError as error:
            return rx.toast.error(str(error))

    return once
