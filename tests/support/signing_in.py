"""A browser that signs in at the sandbox, and the app's two clients pointed at it, all without a socket."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.support.sandbox import QUIET, new_folder
from tests.support.web import ORIGIN, Web
from tests.support.whop import Wire
from whop_crm.clients.oauth import OAuthClient
from whop_crm.clients.user_token import UserTokens
from whop_crm.clients.whop import WhopClient
from whop_crm.config import settings
from whop_crm.sandbox.server import Sandbox, create_app

WHOP = "http://whop.test"


@dataclass
class WhopSide:
    """The sandbox, and everything the app sends to it."""

    sandbox: Sandbox
    wire: Wire
    browser: httpx.AsyncClient
    tokens: UserTokens

    @property
    def companies(self) -> tuple[str, ...]:
        return tuple(self.sandbox.store.installed_accounts)

    def person(self, role: str) -> str:
        """The user id of somebody with this role; `owner` is that of the first company."""
        company = self.companies[0]
        for one in self.sandbox.store.get_meta("people"):
            if one["role"] == role and one["account_id"] in (company, None):
                return one["user_id"]
        raise LookupError(role)

    def customer(self) -> str:
        found = self.sandbox.store.select("member", limit=1, account_id=self.companies[0], access_level="customer")
        return found[0]["user"]["id"]


@asynccontextmanager
async def whop_side(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WhopSide]:
    app = create_app(new_folder(folder), QUIET)
    async with app.router.lifespan_context(app):
        sandbox: Sandbox = app.state.sandbox
        values = sandbox.credentials.environment(WHOP)
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        transport = httpx.ASGITransport(app)
        wire = Wire(transport)
        oauth, whop, tokens = OAuthClient(settings(), wire), WhopClient(settings(), wire), UserTokens(settings(), wire)
        for module in ("auth", "doorman", "inside"):
            monkeypatch.setattr(f"whop_crm.api.{module}.whop", lambda: whop)
        monkeypatch.setattr("whop_crm.api.auth.oauth", lambda: oauth)
        monkeypatch.setattr("whop_crm.api.inside.user_tokens", lambda: tokens)
        async with httpx.AsyncClient(transport=transport, base_url=WHOP) as browser:
            yield WhopSide(sandbox, wire, browser, tokens)
        await oauth.aclose()
        await whop.aclose()
        await tokens.aclose()
    settings.cache_clear()


@dataclass
class Browser:
    """One browser profile: it keeps cookies, and follows to Whop and back."""

    web: Web
    side: WhopSide
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = self.web.http(headers={"accept": "text/html", "origin": ORIGIN})

    @property
    def cookie(self) -> str | None:
        return self.http.cookies.get("whop_crm")

    async def leave(self, next_path: str | None = None) -> str:
        """Presses "Sign in"; returns the address at Whop."""
        answer = await self.http.get("/auth/login", params={"next": next_path} if next_path else {})
        assert answer.status_code == 303
        return answer.headers["location"]

    async def choose(self, at_whop: str, user_id: str) -> str:
        """Chooses a person on Whop's page; returns the address back at the app."""
        fields = dict(parse_qsl(urlsplit(at_whop).query))
        answer = await self.side.browser.post("/oauth/authorize", data={**fields, "user_id": user_id})
        assert answer.status_code == 303, re.sub("<[^>]+>", " ", answer.text)[-500:]
        return answer.headers["location"].removeprefix(ORIGIN)

    async def sign_in(self, user_id: str, next_path: str | None = None) -> str:
        """The whole way; returns where the app sends them in the end."""
        answer = await self.http.get(await self.choose(await self.leave(next_path), user_id))
        assert answer.status_code == 303
        return answer.headers["location"]
