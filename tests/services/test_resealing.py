"""A new first key of SECRET_KEY, and what was sealed with the one before."""

import base64
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select
from sqlmodel import col

from tests.support import factories
from whop_crm.config import settings
from whop_crm.db import platform_session
from whop_crm.models import Session
from whop_crm.sealing import Unsealable, seal, unseal
from whop_crm.services import companies
from whop_crm.services.companies import TOKENS_PURPOSE, Resealed

OLD, NEW, GONE = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def use(*values: str) -> None:
        monkeypatch.setenv("SECRET_KEY", ",".join(values))
        settings.cache_clear()

    yield use
    monkeypatch.undo()
    settings.cache_clear()


async def test_the_old_key_can_go_once_everything_is_sealed_anew(db: None, keys: Callable[..., None]) -> None:
    for key, plain in ((GONE, b"lost"), (OLD, b"one"), (OLD, b"two")):
        keys(key)
        await factories.session(tokens=seal(plain, TOKENS_PURPOSE))
    await factories.session(tokens=None)
    keys(NEW, OLD)
    async with platform_session() as session:
        assert await companies.reseal_tokens(session) == Resealed(done=2, lost=1)
        assert await companies.reseal_tokens(session) == Resealed(done=0, lost=1)
    keys(NEW)
    async with platform_session() as session:
        kept = [
            found for found in await session.scalars(select(col(Session.tokens)).order_by(col(Session.id))) if found
        ]
    assert [unseal(sealed, TOKENS_PURPOSE) for sealed in kept[1:]] == [b"one", b"two"]
    with pytest.raises(Unsealable):
        unseal(kept[0], TOKENS_PURPOSE)
