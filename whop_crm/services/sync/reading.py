"""The reading half of a run: Whop's pages, in the order of the plan, put into a queue while the other half writes."""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

import structlog

from whop_crm.clients.facts import Fact, PermissionsFact
from whop_crm.clients.pages import Page
from whop_crm.errors import NotFound, WhopForbidden
from whop_crm.models.enums import SyncResource
from whop_crm.services.sync.plan import STAGES, Chain, is_nested, skip_words
from whop_crm.services.sync.schemas import StepKey, StepState

PAGES_AHEAD = 8
READS_AT_ONCE = 4
_log = structlog.get_logger(__name__)


class Whop(Protocol):
    """What a run needs of Whop; `clients.whop.WhopClient` is one."""

    async def page(
        self, resource: SyncResource, account_id: str, cursor: str | None = None, parent: str | None = None
    ) -> Page[Fact]: ...

    async def parents(self, resource: SyncResource, account_id: str, cursor: str | None = None) -> Page[str]: ...

    async def permissions(self, company: str) -> PermissionsFact: ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """One page, to be written together with `state`, which says where its list goes on."""

    key: StepKey
    state: StepState
    facts: Sequence[Fact] = ()
    children: Sequence[str] = ()
    skipped: str | None = None


@dataclass
class Reading:
    """Reads what `steps` has not read yet. Put into `queue` in order; None ends it.

    The queue is short, so that reading waits for writing and no more than a few pages are read twice after a crash.
    """

    whop: Whop
    account_id: str
    steps: dict[StepKey, StepState]
    queue: asyncio.Queue[Chunk | None] = field(default_factory=lambda: asyncio.Queue(PAGES_AHEAD))
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS_AT_ONCE))

    async def read_all(self) -> None:
        """Raises WhopUnavailable or another WhopError; what was read before it has been put already."""
        try:
            for stage in STAGES:
                await _side_by_side(self._read_chain(chain) for chain in stage)
        except asyncio.CancelledError:
            raise
        except BaseException:
            await self.queue.put(None)
            raise
        await self.queue.put(None)

    async def _read_chain(self, chain: Chain) -> None:
        for resource in chain:
            key = StepKey(resource)
            if is_nested(key):
                await self._read_parents(key)
                await _side_by_side(self._read_list(child) for child in self._children(resource))
            else:
                await self._read_list(key)

    def _children(self, resource: SyncResource) -> list[StepKey]:
        return [key for key in self.steps if key.resource is resource and key.parent]

    async def _read_list(self, key: StepKey) -> None:
        state = self.steps[key]
        while not state.done:
            try:
                async with self._gate:
                    page = await self.whop.page(key.resource, self.account_id, state.cursor, key.parent)
            except (WhopForbidden, NotFound) as error:
                state = await self._skip(key, error)
            else:
                state = StepState(page.next_cursor, page.next_cursor is None)
                await self._put(Chunk(key, state, page.items))

    async def _read_parents(self, key: StepKey) -> None:
        state = self.steps[key]
        while not state.done:
            try:
                async with self._gate:
                    page = await self.whop.parents(key.resource, self.account_id, state.cursor)
            except (WhopForbidden, NotFound) as error:
                state = await self._skip(key, error)
            else:
                state = StepState(page.next_cursor, page.next_cursor is None)
                for parent in page.items:
                    self.steps.setdefault(StepKey(key.resource, parent), StepState())
                await self._put(Chunk(key, state, children=page.items))

    async def _skip(self, key: StepKey, error: WhopForbidden | NotFound) -> StepState:
        """A list that is forbidden, or gone, ends here; the others go on."""
        words = skip_words(error.scopes) if isinstance(error, WhopForbidden) and error.scopes else str(error)
        _log.warning("a list of Whop's was skipped", resource=key.resource.value, parent=key.parent, reason=words)
        state = StepState(done=True)
        await self._put(Chunk(key, state, skipped=words))
        return state

    async def _put(self, chunk: Chunk) -> None:
        self.steps[chunk.key] = chunk.state
        await self.queue.put(chunk)


async def _side_by_side(reads: Iterable[Coroutine[None, None, None]]) -> None:
    """All of them at once; the first error ends the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            for read in reads:
                group.create_task(read)
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(cast("BaseExceptionGroup[BaseException]", first)) if isinstance(first, BaseExceptionGroup) else first
