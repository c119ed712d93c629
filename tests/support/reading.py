"""A company that has been read once from a sandbox, and what may then happen to both."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlmodel import col

from tests.support import factories
from tests.support.whop import World
from whop_crm.access import CompanyRef, Scope
from whop_crm.db import company_session, platform_session
from whop_crm.models import SyncDifference, SyncRun
from whop_crm.models.enums import RunKind
from whop_crm.sandbox import transitions
from whop_crm.sandbox.change import Change
from whop_crm.services import sync
from whop_crm.services.sync import RunOutcome


async def read_once(world: World) -> CompanyRef:
    company = await factories.company(whop_id=world.company)
    async with company_session(Scope.system(company)) as db:
        await sync.request_run(db)
    await sync.run_company(company, world.whop)
    return company


async def work_off(company: CompanyRef, world: World) -> None:
    """Works off the inbox, and asks Whop what that leaves open."""
    async with platform_session() as db:
        await sync.mark_due(db, [company.id])
    while await sync.drain_batch(company):
        await sync.follow_up(company, world.whop)


async def reconcile(company: CompanyRef, whop: Any) -> RunOutcome:
    async with company_session(Scope.system(company)) as db:
        await sync.request_reconciliation(db)
    return await sync.run_company(company, whop)


async def last_run(company: CompanyRef, kind: RunKind) -> SyncRun:
    async with company_session(Scope.system(company)) as db:
        newest = select(SyncRun).where(col(SyncRun.kind) == kind).order_by(col(SyncRun.id).desc()).limit(1)
        return (await db.scalars(newest)).one()


async def differences(company: CompanyRef) -> list[SyncDifference]:
    async with company_session(Scope.system(company)) as db:
        return list(await db.scalars(select(SyncDifference).order_by(col(SyncDifference.id))))


async def spoil(company: CompanyRef, statement: str) -> None:
    """Changes what is stored behind everybody's back."""
    async with company_session(Scope.system(company)) as db:
        assert (await db.execute(text(statement))).rowcount, statement  # pyright: ignore[reportAttributeAccessIssue] # of a write


def happen(world: World, move: Callable[[Change], Any]) -> Any:
    with world.sandbox.store.change(emit=True) as change:
        return move(change)


def life_goes_on(world: World, seed: int = 1) -> None:
    """Some of everything that has an event at Whop."""
    dice, store, company = random.Random(seed), world.sandbox.store, world.company

    def one_of(kind: str, **where: Any) -> str:
        return dice.choice(sorted(store.ids(kind, account_id=company, **where)))

    moves: Sequence[Callable[[Change], Any]] = (
        lambda c: transitions.join(c, one_of("plan", visibility="visible")),
        lambda c: transitions.join(c, one_of("plan", visibility="visible")),
        lambda c: transitions.cancel_now(c, one_of("membership", status="active")),
        lambda c: transitions.cancel_at_period_end(c, one_of("membership", status="active", canceling=0)),
        lambda c: transitions.pause(c, one_of("membership", status="active", canceling=0, paused=0)),
        lambda c: transitions.refund(c, one_of("payment", status="paid")),
        lambda c: transitions.update_product(c, one_of("product"), title="Ridge, renamed"),
    )
    for move in moves:
        for _ in range(20):
            try:
                happen(world, move)
                break
            except transitions.Impossible:
                continue
