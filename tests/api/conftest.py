from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.signing_in import Browser, WhopSide, whop_side
from tests.support.web import Web


@pytest.fixture
async def side(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WhopSide]:
    """Whop, as the app's clients see it."""
    async with whop_side(tmp_path, monkeypatch) as opened:
        yield opened


@pytest.fixture
async def browser(web: Web, side: WhopSide) -> AsyncIterator[Browser]:
    opened = Browser(web, side)
    async with opened.http:
        yield opened
