"""Whether the Redis that several processes share is there."""

from whop_crm.runtime.migrate import reason
from whop_crm.runtime.words import CannotStart


def demand_redis(url: str | None) -> None:
    """Raises CannotStart when REDIS_URL is set and nobody answers there."""
    if url is None:
        return
    import redis

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:  # pyright: ignore[reportUnknownMemberType] # its keywords are not typed
            client.ping()  # pyright: ignore[reportUnknownMemberType] # as above
    except (redis.RedisError, ValueError) as error:
        raise CannotStart(
            f"Redis cannot be reached: {reason(error)} Check REDIS_URL and that Redis runs, or leave REDIS_URL empty."
        ) from None
