"""`/sandbox/…`: commands and facts for the command line and tests, run inside the server, guarded by the API key."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, Field

from whop_crm.sandbox.acts import ACTS
from whop_crm.sandbox.casting import Stage, find_account, find_member
from whop_crm.sandbox.delivery import Courier
from whop_crm.sandbox.faults import Faults, FaultWish
from whop_crm.sandbox.frame import Frame
from whop_crm.sandbox.grants import Grants
from whop_crm.sandbox.keys import KeyRing, SandboxCredentials
from whop_crm.sandbox.life import Life
from whop_crm.sandbox.people import sign_in_groups
from whop_crm.sandbox.store import Store
from whop_crm.sandbox.transitions import Impossible

COUNT_MAX = 500
_FULL_SCOPE = "openid profile email"


@dataclass
class Levers:
    """What the control routes move."""

    store: Store
    credentials: SandboxCredentials
    keys: KeyRing
    grants: Grants
    courier: Courier
    life: Life
    faults: Faults
    frame: Frame


class Command(BaseModel):
    """`company` and `member` are ids or parts of a name; `plan` part of a plan's title; `text` what is said."""

    company: str | None = None
    member: str | None = None
    plan: str | None = None
    text: str | None = None
    count: int = Field(default=1, ge=1, le=COUNT_MAX)


class TokenWish(BaseModel):
    """`person` is a user id, member, email or name; `kind` the iframe's user token or an OAuth access token."""

    person: str
    company: str | None = None
    kind: str = Field(default="user", pattern="^(user|access)$")
    scope: str = _FULL_SCOPE


class PaceWish(BaseModel):
    """Events a minute; 0 stands still."""

    pace: float = Field(ge=0, le=6000)


class FrameWish(BaseModel):
    """What Whop's frame shall do from now on; what is not named stays. `lifetime` of a token is in seconds."""

    lifetime: int | None = Field(default=None, ge=-86_400, le=86_400)
    websockets: bool | None = None


def control_router(levers: Levers) -> APIRouter:
    """The routes under `/sandbox`. Answers are JSON; what is impossible is 409 with a `detail` sentence."""
    router = APIRouter(prefix="/sandbox", dependencies=[Depends(_guard(levers.credentials))])
    _add_commands(router, levers)
    _add_switches(router, levers)
    _add_faults(router, levers)
    return router


def _guard(credentials: SandboxCredentials) -> Any:
    def check(request: Request) -> None:
        _, _, key = request.headers.get("authorization", "").partition(" ")
        if not secrets.compare_digest(key.encode(), credentials.api_key.encode()):
            raise HTTPException(401, "The API key is missing or wrong.")

    return check


def _add_commands(router: APIRouter, levers: Levers) -> None:
    @router.post("/commands/{name}")
    async def command(name: str, wish: Command) -> dict[str, Any]:
        if name not in ACTS:
            raise HTTPException(404, f"There is no command {name}. There are: {', '.join(sorted(ACTS))}.")
        return {"lines": run(levers, name, wish)}

    @router.get("/status")
    async def status() -> dict[str, Any]:
        return facts(levers)

    @router.get("/people")
    async def people() -> list[dict[str, Any]]:
        groups = sign_in_groups(levers.store)
        return [{"title": group.title, "people": [vars(person) for person in group.people]} for group in groups]

    @router.post("/token")
    async def token(wish: TokenWish) -> dict[str, str]:
        user_id = _user_id(levers.store, wish)
        if wish.kind == "user":
            made = levers.keys.user_token(user_id, levers.credentials.app_id)
        else:
            made = levers.grants.issue_access(user_id, wish.scope, datetime.now(UTC).timestamp())
        return {"user_id": user_id, "token": made}


def _add_switches(router: APIRouter, levers: Levers) -> None:
    @router.post("/pace")
    async def pace(wish: PaceWish) -> dict[str, float]:
        levers.life.set_pace(wish.pace)
        return {"pace": levers.life.pace}

    @router.post("/deliveries/hold")
    async def hold() -> dict[str, bool]:
        levers.courier.pause()
        return {"held": True}

    @router.post("/deliveries/release")
    async def release() -> dict[str, bool]:
        levers.courier.resume()
        return {"held": False}

    @router.post("/frame")
    async def frame(wish: FrameWish) -> dict[str, Any]:
        now = levers.frame
        now.lifetime = now.lifetime if wish.lifetime is None else wish.lifetime
        now.websockets = now.websockets if wish.websockets is None else wish.websockets
        return {"url": now.url if now.port else None, "lifetime": now.lifetime, "websockets": now.websockets}

    @router.post("/keys/rotate")
    async def rotate() -> dict[str, str]:
        return {"kid": levers.keys.rotate()}


def _add_faults(router: APIRouter, levers: Levers) -> None:
    @router.get("/faults")
    async def list_faults() -> list[dict[str, Any]]:
        return levers.faults.wire()

    @router.post("/faults")
    async def set_fault(wish: FaultWish) -> dict[str, int]:
        fault = levers.faults.set(wish)
        levers.courier.wake()
        return {"number": fault.number}

    @router.delete("/faults")
    async def clear_faults() -> dict[str, int]:
        return _cleared(levers, None)

    @router.delete("/faults/{number}")
    async def clear_fault(number: int) -> dict[str, int]:
        return _cleared(levers, number)


def _cleared(levers: Levers, number: int | None) -> dict[str, int]:
    gone = levers.faults.clear(number)
    if number is not None and not gone:
        raise HTTPException(409, f"There is no fault {number}.")
    levers.courier.wake()
    return {"cleared": gone}


def run(levers: Levers, name: str, wish: Command) -> list[str]:
    """Does a command `count` times and returns a line for each. 409 where nothing of it is possible."""
    lines: list[str] = []
    try:
        account_id = find_account(levers.store, wish.company)
        member_id = find_member(levers.store, account_id, wish.member) if wish.member else None
        for _ in range(wish.count):
            stage = Stage(
                levers.store, Random(), account_id, datetime.now(UTC), member_id, wish.plan, wish.text, asked=True
            )
            lines.append(ACTS[name](stage))
    except Impossible as error:
        if not lines:
            raise HTTPException(409, str(error)) from None
        lines.append(f"That was all: {error}")
    levers.courier.wake()
    return lines


def facts(levers: Levers) -> dict[str, Any]:
    """What this sandbox is and how it is doing."""
    store = levers.store
    companies = [
        {
            "id": account["id"],
            "title": account["title"],
            "members": store.count("member", account_id=account["id"]),
            "active": store.count("membership", account_id=account["id"], status="active"),
        }
        for account in (store.get("account", each) for each in store.installed_accounts)
    ]
    waiting = levers.courier.outbox.count_waiting()
    hooks = [
        {"id": hook.id, "url": hook.url, "enabled": hook.enabled, "failing_since": hook.failing_since}
        for hook in levers.courier.outbox.hooks.list()
    ]
    return {
        "app_id": levers.credentials.app_id,
        "created_at": store.anchor.isoformat(),
        "companies": companies,
        "pace": levers.life.pace,
        "deliveries": {"held": levers.courier.paused, "waiting": waiting},
        "webhooks": hooks,
        "faults": levers.faults.wire(),
    }


def _user_id(store: Store, wish: TokenWish) -> str:
    if store.find("user", wish.person):
        return wish.person
    try:
        account_id = find_account(store, wish.company)
        user = store.get("member", find_member(store, account_id, wish.person))["user"]
    except Impossible as error:
        raise HTTPException(409, str(error)) from None
    if user is None:
        raise HTTPException(409, f"“{wish.person}” is a business, which cannot sign in.")
    return str(user["id"])
