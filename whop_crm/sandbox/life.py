"""Life goes on: at a chosen pace somebody joins, chats, learns, fails to pay, leaves; and what is due happens."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime

from whop_crm.sandbox.acts import ACTS
from whop_crm.sandbox.casting import Stage
from whop_crm.sandbox.due import Calendar
from whop_crm.sandbox.store import Store
from whop_crm.sandbox.transitions import Impossible

PACE = 20.0
"""Events a minute when nothing else is said: one every two to four seconds."""

WEIGHTS = {
    "chat": 24.0, "visit": 14.0, "lesson": 16.0, "comment": 9.0, "post": 4.0, "join": 11.0, "renew": 8.0,
    "cancel": 4.0, "uncancel": 1.0, "fail-payment": 2.0, "recover-payment": 2.0, "refund": 1.0, "dispute": 0.2,
    "upgrade": 1.5, "pause": 0.4, "resume": 0.4, "cancel-now": 0.8, "leave": 0.3,
}  # fmt: skip
_MAIN_SHARE = 0.85
_TRIES = 6
_DUE_SECONDS = 15.0
log = logging.getLogger(__name__)


class Life:
    """Runs in the sandbox's server. `pace` is in events a minute and may be changed at any time; 0 stands still.

    What is due happens at every pace, also at 0, unless `due` is False.
    """

    def __init__(
        self,
        store: Store,
        *,
        pace: float = PACE,
        due: bool = True,
        rng: random.Random | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.due = due
        self._pace = pace
        self._rng = rng or random.Random()
        self._clock = clock
        self._calendar = Calendar(store, self._rng)
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._happen(), name="sandbox-life"),
            asyncio.create_task(self._keep_dates(), name="sandbox-due"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def pace(self) -> float:
        return self._pace

    def set_pace(self, pace: float) -> None:
        self._pace = max(0.0, pace)
        self._changed.set()

    def tick(self) -> str | None:
        """One event now, in one company or the other. Returns its line, or None where nothing could happen."""
        accounts = self.store.installed_accounts
        main = len(accounts) < 2 or self._rng.random() < _MAIN_SHARE
        account_id = accounts[0] if main else self._rng.choice(accounts[1:])
        for _ in range(_TRIES):
            name = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            try:
                return ACTS[name](Stage(self.store, self._rng, account_id, self._clock()))
            except Impossible:
                continue
        return None

    def catch_up(self, limit: int = 8) -> int:
        """Settles a slice of what is due. Returns how much it was; 0 when nothing is left."""
        return self._calendar.settle(self._clock(), limit)

    async def _happen(self) -> None:
        while True:
            wait = None if self._pace <= 0 else 60 / self._pace * self._rng.uniform(0.67, 1.33)
            try:
                async with asyncio.timeout(wait):  # wait_for may swallow a cancellation
                    await self._changed.wait()
                self._changed.clear()
            except TimeoutError:
                self._try(self.tick)

    async def _keep_dates(self) -> None:
        while True:
            busy = self.due and self._try(self.catch_up)
            await asyncio.sleep(0 if busy else _DUE_SECONDS)

    def _try(self, step: Callable[[], object]) -> object:
        try:
            return step()
        except Exception:
            log.exception("Something in the sandbox's life went wrong")
            return None
