"""A PostgreSQL that a test may stop, kill and start again."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from whop_crm.runtime.postgres import Cluster, embedded_postgres
from whop_crm.runtime.processes import kill_group


@dataclass
class OwnPostgres:
    """A cluster of this test's own. It comes back at the same address, with the same passwords."""

    folder: Path
    stack: ExitStack
    cluster: Cluster

    @classmethod
    def begun(cls, folder: Path) -> "OwnPostgres":
        stack = ExitStack()
        return cls(folder, stack, stack.enter_context(embedded_postgres(folder)))

    def die(self) -> None:
        """As a power cut would have it."""
        assert self.cluster.child is not None
        kill_group(self.cluster.child.process.pid)
        self.cluster.child.process.wait()
        self.stack.close()

    def stop(self) -> None:
        self.stack.close()

    def come_back(self) -> None:
        address = self.cluster.admin_url
        self.stack = ExitStack()
        self.cluster = self.stack.enter_context(embedded_postgres(self.folder))
        assert self.cluster.admin_url == address
