"""How Whop is called: within a budget, patiently, and with its errors in our words."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar, cast
from uuid import uuid4

import httpx
import structlog
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from whop_sdk.core.api_error import ApiError
from whop_sdk.core.parse_error import ParsingError

from whop_crm.errors import NotFound, WhopError, WhopForbidden, WhopUnavailable

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)

_SCOPE = re.compile(r"\b[a-z_]+(?::[a-z_]+){1,3}\b")
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_BURST_SECONDS = 6.0
_idempotency_key: ContextVar[str | None] = ContextVar("idempotency_key", default=None)
_turn: ContextVar["_Turn | None"] = ContextVar("turn", default=None)


class Unreadable(WhopError):
    """A good answer in a shape the SDK does not know; `body` is what was sent."""

    def __init__(self, body: object) -> None:
        super().__init__("Whop answered in a shape this version does not know.")
        self.body = body


class KeyRefused(WhopError):
    """401: the key or token is wrong, withdrawn or too old."""


class Patience:
    """How long a caller waits: `tries` in all, and no single wait over `longest` seconds."""

    def __init__(self, tries: int, longest: float) -> None:
        self.tries, self.longest = tries, longest


BULK = Patience(tries=6, longest=60.0)
AT_ONCE = Patience(tries=3, longest=2.0)
"""For what somebody is waiting for."""


class _Turn:
    """Reading one page's JSON keeps the event loop busy for up to 50 ms: pages that arrive together take turns, so
    that whatever else is waiting runs in between."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock, self._mine = lock, False

    async def take(self) -> None:
        if not self._mine:
            await self._lock.acquire()
            self._mine = True

    def end(self) -> None:
        if self._mine:
            self._mine = False
            self._lock.release()


class Caller:
    """Counts what this process sends, per operation; Whop counts per operation and credential.

    The budget is given out in slices of six seconds, so that no minute holds more than 1.1 times `per_minute`.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_slice = max(1.0, per_minute * _BURST_SECONDS / 60)
        self._limiters: dict[str, AsyncLimiter] = {}
        self._reading = asyncio.Lock()

    async def call(self, operation: str, send: Callable[[], Awaitable[_T]], patience: Patience = BULK) -> _T:
        """What `send` returns. Raises WhopUnavailable, WhopForbidden, NotFound, Unreadable or another WhopError."""
        limiter = self._limiters.setdefault(operation, AsyncLimiter(self._per_slice, _BURST_SECONDS))
        key = _idempotency_key.set(uuid4().hex)
        try:
            async for attempt in _attempts(patience):
                with attempt:
                    await limiter.acquire()
                    return await (self._in_turn(send) if patience is BULK else _in_our_words(send))
        finally:
            _idempotency_key.reset(key)
        raise AssertionError("tenacity returns or raises")

    async def _in_turn(self, send: Callable[[], Awaitable[_T]]) -> _T:
        turn = _Turn(self._reading)
        token = _turn.set(turn)
        try:
            return await _in_our_words(send)
        finally:
            _turn.reset(token)
            turn.end()


async def add_idempotency_key(request: httpx.Request) -> None:
    """An httpx hook: each write carries a key, the same one when it is tried again."""
    key = _idempotency_key.get()
    if key is not None and request.method in _WRITES:
        request.headers.setdefault("Idempotency-Key", key)


async def take_turn(response: httpx.Response) -> None:
    """An httpx hook: the whole body is here before its turn to be read comes."""
    turn = _turn.get()
    if turn is not None:
        await response.aread()
        await turn.take()


def _attempts(patience: Patience) -> AsyncRetrying:
    def worth_it(error: BaseException) -> bool:
        return isinstance(error, WhopUnavailable) and (error.retry_after or 0) <= patience.longest

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, WhopUnavailable) else None
        backoff = min(patience.longest, 0.25 * 2**state.attempt_number)
        seconds = random.uniform(backoff / 2, backoff) if asked is None else asked + random.uniform(0, 0.25)  # noqa: S311 - jitter
        _log.info("waiting for Whop", seconds=round(seconds, 2), attempt=state.attempt_number, reason=str(error))
        return seconds

    return AsyncRetrying(
        stop=stop_after_attempt(patience.tries), wait=wait, retry=retry_if_exception(worth_it), reraise=True
    )


async def _in_our_words(send: Callable[[], Awaitable[_T]]) -> _T:
    try:
        return await send()
    except httpx.TimeoutException:
        raise WhopUnavailable("Whop did not answer in time.") from None
    except httpx.HTTPError as error:
        raise WhopUnavailable(f"Whop cannot be reached ({type(error).__name__}).") from None
    except ParsingError as error:
        if (error.status_code or 0) < 300:
            raise Unreadable(cast(object, error.body)) from None
        raise translate(error.status_code or 0, error.headers or {}, cast(object, error.body)) from None
    except ApiError as error:
        raise translate(error.status_code or 0, error.headers or {}, cast(object, error.body)) from None


def translate(status: int, headers: dict[str, str], body: object) -> WhopError | NotFound:
    """Our error for an answer of Whop's that is none."""
    message = _message(body)
    match status:
        case 401:
            return KeyRefused("Whop does not accept this key. Check WHOP_API_KEY, and that the app is still installed.")
        case 403:
            return _forbidden(message)
        case 404:
            return NotFound("Whop does not know that.")
        case 408 | 429:
            return WhopUnavailable("Whop asks to wait.", _seconds(headers, message))
        case _ if status < 400:
            return WhopUnavailable("Whop's answer was no JSON.")
        case _ if status >= 500:
            return WhopUnavailable(f"Whop has a problem of its own ({status}).", _seconds(headers, ""))
        case _:
            return WhopError(f"Whop refused the request ({status}): {message}")


def _forbidden(message: str) -> WhopForbidden:
    scopes = tuple(dict.fromkeys(_SCOPE.findall(message)))
    if scopes:
        return WhopForbidden(f"Whop has not granted {' and '.join(scopes)}.", scopes)
    return WhopForbidden(f"Whop does not allow this: {message}")


def _message(body: object) -> str:
    """The sentence in `{"error": {"message": …}}`, which the SDK hands over as a dict, a model or text."""
    raw = body
    for name in ("error", "message"):
        inner = cast("dict[str, object]", raw).get(name) if isinstance(raw, dict) else getattr(raw, name, None)
        raw = cast("object", raw if inner is None else inner)
    return (raw if isinstance(raw, str) and raw else "no reason given").replace("\x00", "")[:300]


def _seconds(headers: dict[str, str], message: str) -> float | None:
    """How long to wait: the header, or the number that Whop's sentence names."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "")
    found = re.fullmatch(r"\s*(\d{1,6}(?:\.\d+)?)\s*", value) or re.search(r"(\d{1,5}(?:\.\d+)?)\s*s(?:ec|\b)", message)
    return float(found.group(1)) if found else None
