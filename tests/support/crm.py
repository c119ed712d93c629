"""The running app with its Whop, its database and its log: what tests do and know beside the browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import httpx
import psycopg

from tests.support import database
from tests.support.server import Server
from tests.support.truth import differences
from whop_crm.sandbox.change import Change

PATIENCE = 15.0
_COMPLAINT = re.compile(r"\[(?:error|critical)\s*\]|^Traceback |Task exception was never retrieved", re.MULTILINE)


def eventually(found: Callable[[], Any], seconds: float = PATIENCE, every: float = 0.02) -> Any:
    """What `found` returns once that is true. Raises AssertionError when it never is."""
    deadline = monotonic() + seconds
    while True:
        value = found()
        if value:
            return value
        assert monotonic() < deadline, f"waited {seconds:g} s for {found}, which is still {value!r}"
        sleep(every)


@dataclass
class Crm:
    """A running app. `company` is the main company's Whop id, `other` the second one's."""

    server: Server
    company: str = ""
    other: str = ""
    _heard: int = field(default=0)

    def __post_init__(self) -> None:
        self.company, self.other = self.server.sandbox.store.installed_accounts

    @property
    def url(self) -> str:
        return self.server.url

    def act(self, command: str, **wish: Any) -> list[str]:
        """Makes something happen at Whop, as `whop-crm sandbox …` does. Raises AssertionError with Whop's reason."""
        return self.control("POST", f"/commands/{command}", wish)["lines"]

    def happen(self, move: Callable[[Change], object]) -> None:
        """Makes something happen at Whop for which there is no command."""
        with self.server.sandbox.store.change(emit=True) as change:
            move(change)
        self.control("POST", "/deliveries/release")

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = httpx.request(
            method,
            f"{self.server.sandbox.url}/sandbox{path}",
            json=body,
            headers={"authorization": f"Bearer {self.server.sandbox.credentials.api_key}"},
            timeout=30,
            trust_env=False,
        )
        assert answer.is_success, answer.text
        return answer.json()

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Reads the database as its administrator, past every policy."""
        with psycopg.connect(database.admin_of(self.server.database), autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def write(self, statement: str, *values: Any) -> None:
        """Changes what is stored behind everybody's back. Raises AssertionError where that touches nothing."""
        with psycopg.connect(database.admin_of(self.server.database), autocommit=True) as connection:
            assert connection.execute(statement.encode(), values).rowcount, statement

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        found = self.rows(statement, *values)
        return found[0][0] if found else None

    def differences(self) -> list[str]:
        """Where the main company's rows are not as Whop's."""
        return differences(self.server.sandbox.store, self.company, self.rows)

    def settle(self) -> None:
        """Returns once every webhook has been delivered and worked off."""
        eventually(lambda: self.control("GET", "/status")["deliveries"]["waiting"] == 0)
        eventually(lambda: not self.rows("SELECT 1 FROM webhook_events WHERE status = 'pending' LIMIT 1"))

    def synced(self) -> bool:
        """Whether every company that asked for a sync has had one."""
        runs = self.rows("SELECT status FROM sync_runs")
        return bool(runs) and all(status == "done" for (status,) in runs)

    def complaints(self) -> list[str]:
        """What the app has logged since the last call that no healthy app would."""
        said = self.server.log.read_text(encoding="utf-8", errors="replace")
        fresh, self._heard = said[self._heard :], len(said)
        return [fresh[max(found.start() - 200, 0) : found.end() + 3000] for found in _COMPLAINT.finditer(fresh)][:3]

    def member(self, condition: str = "true", *values: Any, company: str | None = None) -> str:
        """The Whop id of a member of the main company, not of the team, for whom a condition on `m` holds."""
        found = self.value(
            "SELECT m.whop_id FROM members m JOIN companies c ON c.id = m.company_id"
            f" WHERE c.whop_id = %s AND m.counted AND ({condition}) ORDER BY m.whop_id LIMIT 1",
            company or self.company,
            *values,
        )
        assert found, f"nobody in this world: {condition}"
        return str(found)

    def name_of(self, member: str) -> str:
        """As the screen calls a member."""
        return str(
            self.value("SELECT coalesce(nullif(name, ''), username, email) FROM members WHERE whop_id = %s", member)
        )

    def dashboard(self, company: str | None = None) -> str:
        return f"{self.url}/dashboard/{company or self.company}"

    def members(self, query: str = "", company: str | None = None) -> str:
        return f"{self.dashboard(company)}/members{query and '?' + query}"

    def profile(self, member: str, company: str | None = None) -> str:
        return f"{self.members(company=company)}/{member}"
