"""How often each caller may ask, counted over all processes: in PostgreSQL, or in Redis where there is one."""

import math
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import cast

import structlog
from redis import RedisError
from redis.asyncio import Redis

from whop_crm.config import settings
from whop_crm.db import platform_session
from whop_crm.services import api_keys
from whop_crm.services.api_keys import RATE_WINDOW, Rate

log = structlog.get_logger(__name__)

_COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}
"""


async def count(caller: str) -> Rate:
    """Counts one more request of this caller."""
    url = settings().redis_url
    if url is not None:
        try:
            return await _in_redis(_redis(url), caller)
        except (RedisError, OSError) as error:
            log.warning("rates_without_redis", reason=type(error).__name__)
    async with platform_session() as db:
        return await api_keys.count_request(db, caller)


async def _in_redis(redis: Redis, caller: str) -> Rate:
    run = cast("Callable[..., Awaitable[list[int]]]", redis.eval)  # its commands are not typed
    requests, left = await run(_COUNT, 1, f"whop_crm:api:{caller}", str(RATE_WINDOW * 1000))
    return Rate(requests, max(0.0, left / 1000))


@lru_cache
def _redis(url: str) -> Redis:
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)  # pyright: ignore[reportUnknownMemberType] # its keywords are not typed


async def close() -> None:
    """Closes what this process has opened to Redis."""
    url = settings().redis_url
    if url is not None and _redis.cache_info().currsize:
        await _redis(url).aclose()
        _redis.cache_clear()


def is_over(rate: Rate) -> bool:
    return rate.requests > settings().api_requests_per_minute


def headers(rate: Rate) -> dict[str, str]:
    """What every answer says of the caller's limit; whoever is over it is told when to come back."""
    most, seconds = settings().api_requests_per_minute, max(1, math.ceil(rate.resets_in))
    told = {
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(max(0, most - rate.requests)),
        "RateLimit-Reset": str(seconds),
        "RateLimit-Policy": f"{most};w={RATE_WINDOW}",
    }
    return {**told, "Retry-After": str(seconds)} if is_over(rate) else told
