"""What a delivery leaves open is asked of Whop, by this process or the next, until Whop has said it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from tests.support import factories
from tests.support import facts as f
from whop_crm.access import CompanyRef, Scope
from whop_crm.clients.facts import Fact
from whop_crm.clients.whop import WhopClient
from whop_crm.db import company_session, platform_session
from whop_crm.errors import NotFound, WhopForbidden, WhopUnavailable
from whop_crm.models import Activity, Inbox, Member, OpenQuestion, Payment
from whop_crm.models.columns import now
from whop_crm.models.enums import Origin, SyncResource
from whop_crm.services import sync
from whop_crm.services.sync import following

pytestmark = pytest.mark.usefixtures("db")


class Whop:
    """Says what it is told to say, and keeps what it was asked."""

    def __init__(self, say: Callable[[str], Fact | BaseException]) -> None:
        self.say, self.asked = say, list[str]()

    async def retrieve_member(self, whop_id: str) -> Any:
        self.asked.append(whop_id)
        said = self.say(whop_id)
        if isinstance(said, BaseException):
            raise said
        return said

    retrieve_payment = retrieve_member


class Killed(BaseException):
    """The process ends here."""


async def told(company: CompanyRef, *facts: Fact, origin: Origin = Origin.LIVE) -> None:
    """As a batch of deliveries tells them, with what it leaves open."""
    async with company_session(Scope.system(company)) as db:
        await following.ask(db, await sync.apply_facts(db, facts, origin), origin)
        await following.note_due(db)


async def answered(company: CompanyRef, whop: Whop) -> None:
    await sync.follow_up(company, cast("WhopClient", whop))


async def open_questions(company: CompanyRef) -> dict[str, datetime]:
    """When each is asked next."""
    async with company_session(Scope.system(company)) as db:
        return {one.whop_id: one.next_attempt_at for one in await db.scalars(select(OpenQuestion))}


async def is_due(company: CompanyRef) -> bool:
    async with platform_session() as db:
        return company.id in [one.id for one in await sync.list_with_questions(db)]


async def later(company: CompanyRef, **passed: float) -> None:
    """Time passes: the questions were asked so long ago."""
    ago = timedelta(**passed)
    async with company_session(Scope.system(company)) as db:
        values = {name: col(getattr(OpenQuestion, name)) - ago for name in ("wanted_at", "next_attempt_at")}
        await db.execute(update(OpenQuestion).values(**values))
        await following.note_due(db)


async def refunded(company: CompanyRef) -> int:
    async with company_session(Scope.system(company)) as db:
        return (await db.scalars(select(Payment))).one().refunded_minor


async def test_who_is_unknown_is_asked_about_and_then_has_a_name() -> None:
    company, ines = await factories.company(), f.member(name="Ines Okafor")
    await told(company, f.membership(ines))
    assert await is_due(company)

    whop = Whop(lambda _: ines)
    await answered(company, whop)

    assert whop.asked == [ines.id]
    assert (await open_questions(company), await is_due(company)) == ({}, False)
    async with company_session(Scope.system(company)) as db:
        member = (await db.scalars(select(Member))).one()
    assert (member.name, member.memberships) == ("Ines Okafor", 1)


async def test_a_burst_leaves_nobody_unknown_however_many_there_are() -> None:
    company = await factories.company()
    people = {one.id: one for one in (f.member() for _ in range(following.BATCH + 5))}
    await told(company, *(f.membership(one) for one in people.values()))

    await answered(company, Whop(people.__getitem__))

    async with company_session(Scope.system(company)) as db:
        found = {member.whop_id: member.memberships for member in await db.scalars(select(Member))}
    assert found == dict.fromkeys(people, 1)


async def test_a_refund_is_asked_about_by_the_next_process_too() -> None:
    company, ines = await factories.company(), f.member()
    paid = f.payment(f.membership(ines))
    now_refunded = f.payment(f.membership(ines), id=paid.id, version=now(), refunded=4900, substatus="refunded")
    await told(company, ines, paid, f.refund(paid))
    with pytest.raises(Killed):
        await answered(company, Whop(lambda _: Killed()))
    assert await refunded(company) == 0
    assert await open_questions(company)

    whop = Whop(lambda _: now_refunded)
    await answered(company, whop)
    assert whop.asked == [], "the dead have a minute to answer"
    await later(company, minutes=1)
    await answered(company, whop)

    assert (whop.asked, await refunded(company), await open_questions(company)) == ([paid.id], 4900, {})


async def test_a_process_that_died_before_it_could_tell_leaves_it_to_the_sweep() -> None:
    company, ines = await factories.company(), f.member()
    async with company_session(Scope.system(company)) as db:
        await following.ask(db, await sync.apply_facts(db, [f.membership(ines)], Origin.CATCH_UP), Origin.CATCH_UP)
    assert not await is_due(company)

    async with company_session(Scope.system(company)) as db:
        await sync.sweep(db)
    assert await is_due(company)
    await answered(company, Whop(lambda _: ines))

    async with company_session(Scope.system(company)) as db:
        assert set(await db.scalars(select(col(Activity.origin)))) == {Origin.CATCH_UP}, "told as what raised it"


async def test_while_whop_is_away_questions_wait_longer_and_longer() -> None:
    company, ines, otto = await factories.company(), f.member(), f.member()
    away = Whop(lambda _: WhopUnavailable("Whop cannot be reached."))
    await told(company, f.membership(ines), f.membership(otto))
    waits: list[float] = []
    for passed in (0, 4, 60, 3600):
        await later(company, seconds=passed)
        await answered(company, away)
        waits.append((min((await open_questions(company)).values()) - now()).total_seconds())
    assert waits == pytest.approx([2, 4, 64, 600], abs=2)
    assert not await is_due(company)

    people = {ines.id: ines, otto.id: otto}
    await later(company, minutes=10)
    await answered(company, Whop(people.__getitem__))
    assert await open_questions(company) == {}


@pytest.mark.parametrize("never", [NotFound("Whop does not know that."), WhopForbidden("Not granted.")], ids=type)
async def test_what_whop_will_never_say_is_asked_once(never: Exception) -> None:
    company = await factories.company()
    await told(company, f.membership(f.member()))
    whop = Whop(lambda _: never)
    await answered(company, whop)
    await answered(company, whop)
    assert len(whop.asked) == 1
    assert await open_questions(company) == {}


async def test_what_is_asked_once_more_meanwhile_is_asked_again() -> None:
    company, ines = await factories.company(), f.member()
    paid = f.payment(f.membership(ines))
    await told(company, ines, paid, f.refund(paid))
    again = f.refund(paid)

    class Slow(Whop):
        async def retrieve_payment(self, whop_id: str) -> Any:
            if not self.asked:
                await told(company, again)
            return await self.retrieve_member(whop_id)

    whop = Slow(lambda _: paid)
    await answered(company, whop)
    assert whop.asked == [paid.id, paid.id]
    assert await open_questions(company) == {}


async def test_after_two_nights_the_reconciliation_has_answered() -> None:
    company = await factories.company()
    await told(company, f.membership(f.member()))
    await later(company, days=2, minutes=1)
    whop = Whop(lambda _: NotFound("never asked"))
    await answered(company, whop)
    assert (whop.asked, await open_questions(company)) == ([], {})


async def test_questions_of_another_company_stay_there() -> None:
    ours, theirs = await factories.company(), await factories.company()
    await told(theirs, f.membership(f.member()))
    whop = Whop(lambda _: NotFound("not ours"))
    await answered(ours, whop)
    assert whop.asked == []
    async with company_session(Scope.system(theirs)) as db:
        kinds = (await db.execute(text("SELECT resource FROM open_questions"))).scalars().all()
    assert kinds == [SyncResource.MEMBERS]
    async with platform_session() as db:
        assert await db.scalar(select(col(Inbox.questions_due_at)).where(col(Inbox.company_id) == ours.id)) is None
