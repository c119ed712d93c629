"""Logging: structured, one line each, and without anything that would let its reader in.

Both structlog and the standard library's loggers (Reflex, SQLAlchemy, httpx …) go through the same chain, whose last
step before rendering drops cookies, tokens and secrets, by key and by pattern within text and tracebacks.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, cast

import structlog

from whop_crm.config import settings

REMOVED = "[removed]"
_NAMES = (
    r"(?:[\w-]*(?:cookie|authorization|token|secret|password|passwd|(?:api|secret)[_-]?key|credential|verifier)s?"
    r"|router_data|_?session_id|sid)"
)
_SECRET_KEY = re.compile(rf"{_NAMES}\Z", re.IGNORECASE)
_HEADER_LINE = re.compile(r"\b((?:set-)?cookie|(?:proxy-)?authorization)(\s*:\s*)(?!['\"])[^\r\n]+", re.IGNORECASE)
_PAIR = re.compile(
    rf"""\b({_NAMES})(["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&)\]}}'"{{\[]+)""", re.IGNORECASE
)
_KNOWN = re.compile(
    r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"  # a signed token
    r"|\b(?:apik|ws|whsec|sk)[_-][\w-]{12,}"  # keys of Whop and OpenAI
    r"|(?<=://)[^\s:/@]+:[^\s/@]+(?=@)"  # the user and password of a URL
    r"|(?<=[?&]code=)[^\s&'\"]+"  # an OAuth code
    r"|\bBearer\s+[^\s'\",]+",
    re.IGNORECASE,
)
_ROUTER_DATA = re.compile(r"""router_data["']?\s*[:=]\s*\{""")
_TALKATIVE = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "apscheduler": logging.WARNING}


def configure() -> None:
    """Sets logging up for this process, as LOG_LEVEL and LOG_JSON say. May be called again."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared[:4],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared))
    logging.basicConfig(handlers=[handler], level=settings().log_level.upper(), force=True)
    for name, level in _TALKATIVE.items():
        logging.getLogger(name).setLevel(level)


def _formatter(foreign: list[structlog.typing.Processor]) -> logging.Formatter:
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings().log_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=foreign,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_secrets,
            last,
        ],
    )


def without_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drops entries whose key names a secret, and hides secrets within the text of all others."""
    return {key: _clean(value) for key, value in event.items() if not _SECRET_KEY.match(key)}


def scrub(text: str) -> str:
    """The text with everything that looks like a cookie, token, key or password replaced."""
    text = _without_router_data(text)
    text = _HEADER_LINE.sub(rf"\1\2{REMOVED}", text)
    text = _PAIR.sub(rf"\1\2{REMOVED}", text)
    return _KNOWN.sub(REMOVED, text)


def _clean(value: object) -> object:
    match value:
        case str():
            return scrub(value)
        case bytes():
            return f"{len(value)} bytes"
        case bool() | int() | float() | None:
            return value
        case Mapping():
            items = cast("Mapping[object, object]", value).items()
            return {key: _clean(item) for key, item in items if not _SECRET_KEY.match(str(key))}
        case list() | tuple() | set() | frozenset():
            return [_clean(item) for item in cast("list[object]", value)]
        case _:
            return scrub(str(value))


def _without_router_data(text: str) -> str:
    """Cuts the whole of `router_data: {…}`, nested braces and all: it carries a browser's headers."""
    while found := _ROUTER_DATA.search(text):
        depth, end = 1, found.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        text = f"{text[: found.start()]}router-data {REMOVED}{text[end:]}"
    return text
