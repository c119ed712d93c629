"""Two app processes over one database, once with the state of tabs in memory and once in Redis."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import redis

from tests.support.crm import Crm, eventually
from tests.support.far_tab import signed_in
from tests.support.fleet import Fleet, fleet
from whop_crm.sandbox.server import Options

WORLD = Options(members=60, pace=0, due=False, rate_limit=None, retry_schedule=(0.1, 0.2, 0.5, *[1.0] * 20))
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


@dataclass
class Office:
    """A running fleet whose Whop is known and read. `cookie` is the owner's, `leave()` makes it end."""

    fleet: Fleet
    crm: Crm
    cookie: str

    def sign_in(self) -> str:
        return signed_in(self.fleet.first, _owner(self.crm))

    def sign_out(self, cookie: str, at: int) -> None:
        """Presses "Sign out" in a browser that the balancer sends to this process."""
        address = f"http://127.0.0.1:{self.fleet.processes[at].port}/auth/logout"
        headers = {"origin": self.fleet.url, "cookie": f"whop_crm={cookie}"}
        assert httpx.post(address, headers=headers, trust_env=False).status_code == 303


@pytest.fixture(scope="package", params=["memory", "redis"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    settings = {"WHOP_REQUESTS_PER_MINUTE": "100000", "REDIS_URL": ""}
    if request.param == "redis":
        with redis.Redis.from_url(REDIS) as client:
            client.flushdb()
        settings["REDIS_URL"] = REDIS
    with fleet(tmp_path_factory.mktemp(request.param), WORLD, **settings) as running:
        crm = Crm(running.first)
        cookie = signed_in(running.first, _owner(crm))
        eventually(crm.synced, 60)
        yield Office(running, crm, cookie)


def _owner(crm: Crm) -> str:
    people = crm.server.sandbox.store.get_meta("people")
    return next(str(one["user_id"]) for one in people if one["role"] == "owner" and one["account_id"] == crm.company)
