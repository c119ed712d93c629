"""Carries webhooks to their endpoints: several at a time and in no promised order, at least once, with retries.

A message that was under way when the process died is sent again after the restart. `pause` stops the carrying, not the
events: what happens meanwhile waits, for `resume` or for a test that takes it by hand (`outbox.take_deliveries`).
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from whop_crm.sandbox.faults import FaultKind, Faults
from whop_crm.sandbox.hooks import Hook
from whop_crm.sandbox.outbox import Attempt, Message, Outbox, replay_of
from whop_crm.sandbox.signing import SignedDelivery

TIMEOUT_SECONDS = 5.0
RETRY_SCHEDULE = (10.0, 20.0, 40.0)
AT_ONCE = 8
_LOOK_SECONDS = 0.05
_PRUNE_SECONDS = 3600.0
_KEPT_BODY = 4096
_LOST = (FaultKind.DROP, FaultKind.VANISH)
_LATE = (FaultKind.DELAY, FaultKind.REORDER)
log = logging.getLogger(__name__)


class Courier:
    """Delivers the outbox while it runs. `schedule` are the seconds to wait before each retry."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        schedule: tuple[float, ...] = RETRY_SCHEDULE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        faults: Faults | None = None,
    ) -> None:
        self.outbox = outbox
        self.schedule = schedule
        self.paused = False
        self.faults = faults or Faults()
        self._clock = clock
        self._met: set[int] = set()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None
        self._client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False)
        self._loop_task = asyncio.create_task(self._run(), name="sandbox-courier")

    async def stop(self) -> None:
        """Stops at once; what is under way will be sent again after the next start."""
        tasks = [task for task in (self._loop_task, *self._under_way.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False
        self.wake()

    def wake(self) -> None:
        """Looks at the outbox now, not at the next glance. Call it from the loop's own thread."""
        self._awake.set()

    @property
    def idle(self) -> bool:
        """Nothing waits, now or for a retry, and nothing is under way."""
        self.outbox.fan_out(self._clock())
        return not self._under_way and self.outbox.count_waiting() == 0

    async def send(self, delivery: SignedDelivery) -> Attempt:
        """One attempt, never an exception."""
        if self._client is None:
            raise RuntimeError("The courier has not been started.")
        sent_at, began = self._clock(), time.monotonic()
        try:
            answer = await asyncio.wait_for(
                self._client.post(delivery.url, content=delivery.body, headers=delivery.headers), TIMEOUT_SECONDS
            )
            code, body = answer.status_code, answer.text[:_KEPT_BODY]
        except TimeoutError:
            code, body = 0, f"No answer within {TIMEOUT_SECONDS:g} seconds."
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            code, body = 0, f"{type(error).__name__}: {error}"
        return Attempt(code, body, sent_at, time.monotonic() - began)

    async def replay(self, hook: Hook, kept: dict[str, Any], *, regenerate: bool) -> Attempt:
        """Sends what a kept attempt sent once more, now, and logs it."""
        message = replay_of(kept, regenerate=regenerate)
        attempt = await self.send(message.sign(hook, self._clock()))
        self.outbox.log(message, attempt)
        return attempt

    async def _run(self) -> None:
        pruned = 0.0
        while True:
            try:
                if time.monotonic() - pruned > _PRUNE_SECONDS or not pruned:
                    self.outbox.prune(self._clock())
                    pruned = time.monotonic()
                self._dispatch()
            except Exception:
                log.exception("The sandbox could not look at its outbox")
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):  # wait_for may swallow a cancellation
                    await self._awake.wait()
            self._awake.clear()

    def _dispatch(self) -> None:
        self.outbox.fan_out(self._clock())
        free = AT_ONCE - len(self._under_way)
        if self.paused or free <= 0:
            return
        due = self.outbox.due(self._clock(), free, self._under_way.keys())
        messages = [message for message in due if not self._goes_wrong(message)]
        if self.faults.stands(FaultKind.OUTAGE, ("deliveries",)):
            return
        random.shuffle(messages)  # Whop promises no order, so nobody may come to rely on one
        for message in messages:
            task = asyncio.create_task(self._deliver(message))
            self._under_way[message.number] = task
            task.add_done_callback(lambda _, number=message.number: self._landed(number))

    def _goes_wrong(self, message: Message) -> bool:
        """Whether a fault takes the message off what is sent now. No message is doubled or held up twice."""
        if message.number in self._met:
            return False
        names, key = message.names, message.number
        lost = self.faults.strike(_LOST, names, key)
        if lost is not None:
            if lost.wish.kind is FaultKind.DROP:
                self.outbox.record(message, Attempt(0, "Lost on the way.", self._clock(), 0.0), ())
            else:
                self.outbox.drop([message])
            return True
        if self.faults.strike((FaultKind.DUPLICATE,), names, key) is not None:
            self._met |= {message.number, self.outbox.copy(message)}
        late = self.faults.strike(_LATE, names, key)
        if late is None:
            return False
        self._met.add(message.number)
        wait = late.wish.wait or 0.0
        seconds = wait if late.wish.kind is FaultKind.DELAY else late.draw(key).uniform(0, wait)
        self.outbox.postpone(message, self._clock(), seconds)
        return True

    def _landed(self, number: int) -> None:
        self._under_way.pop(number, None)
        self.wake()

    async def _deliver(self, message: Message) -> None:
        hook = self.outbox.hooks.find(message.hook_id)
        if hook is None or not hook.enabled:
            self.outbox.drop([message])
            return
        if self.faults.strike((FaultKind.WRONG_SIGNATURE,), message.names, (message.number, message.tries)):
            hook = replace(hook, secret="ws_of_somebody_else")  # noqa: S106 - wrong on purpose
        attempt = await self.send(message.sign(hook, self._clock()))
        try:
            self.outbox.record(message, attempt, self.schedule)
        except Exception:
            log.exception("An attempt to deliver %s could not be recorded", message.webhook_id)
            await asyncio.sleep(1)


def response_body(kept: str) -> dict[str, Any] | None:
    """What an endpoint answered, as the deliveries list shows it: its JSON object, else the first 100 bytes."""
    if not kept:
        return None
    with suppress(ValueError):
        parsed = json.loads(kept)
        if isinstance(parsed, dict):
            return parsed
    return {"error": "The response was not a JSON object.", "raw_body": kept.encode()[:100].decode(errors="ignore")}
