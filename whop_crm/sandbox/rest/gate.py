"""What every request passes first: who calls, in which version, how often, with which permissions."""

import time
from collections import deque
from collections.abc import Callable

from starlette.requests import Request

from whop_crm.sandbox.rest.problems import ApiError, forbidden, missing, not_found, unauthorized
from whop_crm.sandbox.store import Caller, Store

API_VERSION = "2026-10-15-1"
MINUTE = 60.0

ResolveToken = Callable[[str], Caller | None]


class Gate:
    """Checks a request before it is answered. `limit` is per minute, operation and credential; None lifts it."""

    def __init__(self, store: Store, resolve_token: ResolveToken, limit: int | None) -> None:
        self.store = store
        self.resolve_token = resolve_token
        self.limit = limit
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def enter(self, request: Request, operation: str) -> Caller:
        """The caller of a request that may go on. Raises ApiError 401, 400 or 429."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        caller = self.resolve_token(token.strip()) if scheme.lower() == "bearer" and token else None
        if caller is None:
            raise unauthorized()
        self._version(request.headers.get("api-version-date"))
        self._count(caller, operation)
        return caller

    def _version(self, asked: str | None) -> None:
        if asked != API_VERSION:
            said = f"{asked} is not a version" if asked else "Api-Version-Date is missing"
            message = f"{said}: this sandbox speaks {API_VERSION} only"
            raise ApiError(400, "invalid_request_error", message, code="parameter_invalid", param="Api-Version-Date")

    def _count(self, caller: Caller, operation: str) -> None:
        if self.limit is None:
            return
        now = time.monotonic()
        calls = self._calls.setdefault((caller.credential, operation), deque())
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= self.limit:
            wait = max(1, int(MINUTE - (now - calls[0])) + 1)
            message = f"Rate limit of {self.limit} requests a minute exceeded. Try again in {wait} seconds."
            raise ApiError(429, "rate_limit_exceeded", message, headers={"Retry-After": str(wait)})
        calls.append(now)

    def scopes(self, caller: Caller) -> frozenset[str]:
        """The permission actions the caller holds now."""
        return self.store.app_permissions if caller.scopes is None else caller.scopes

    def require(self, caller: Caller, scopes: tuple[str, ...]) -> None:
        """Raises ApiError 403 naming the first scope that is not there."""
        held = self.scopes(caller)
        for scope in scopes:
            if scope not in held:
                who = {"app": "App API key", "account": "Account API key"}.get(caller.kind, "Access token")
                raise forbidden(f"{who} is not authorized for the {scope} scope")

    def account(self, caller: Caller, account_id: str | None) -> str:
        """The account a list is about. Raises ApiError 400 without one, 404 or 403 for one out of reach."""
        if not account_id:
            if len(caller.account_ids) == 1 and caller.kind != "app":
                return next(iter(caller.account_ids))
            raise missing("account_id")
        if account_id not in caller.account_ids:
            if self.store.find("account", account_id) is None:
                raise not_found(f"Account {account_id}")
            raise forbidden(f"You do not have access to the account {account_id}")
        return account_id
