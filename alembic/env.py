"""Runs migrations as the owner of the tables.

The URL is handed over by `whop-crm migrate`; the plain `alembic` command takes it from the settings, and starts the
embedded database where none is set.
"""

from contextlib import ExitStack

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text
from sqlmodel import SQLModel

import whop_crm.models  # noqa: F401 - fills the metadata
from whop_crm.config import settings
from whop_crm.db import sqlalchemy_url
from whop_crm.runtime.postgres import embedded_postgres

LOCK_TIMEOUT = "5s"
MIGRATING = 7315000  # the advisory lock that lets one process migrate while others wait


def run_migrations(url: str) -> None:
    options = "-c timezone=UTC -c statement_timeout=0"
    engine = create_engine(
        sqlalchemy_url(url), poolclass=pool.NullPool, connect_args={"options": options, "application_name": "whop-crm"}
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATING})
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        partitions = partitions_of(connection)
        connection.commit()
        run_on(connection, partitions)
    engine.dispose()


def partitions_of(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))


def run_on(connection: Connection, partitions: set[str]) -> None:
    """In a transaction that has begun it stays within that one; else each migration has its own."""
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        include_name=lambda name, kind, _parents: kind != "table" or name not in partitions,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    within = context.config.attributes.get("connection")
    if within is not None:
        run_on(within, partitions_of(within))
        return
    with ExitStack() as stack:
        given = context.config.attributes.get("url")
        url = given or settings().database_owner_url or settings().database_url
        run_migrations(url or stack.enter_context(embedded_postgres(settings().data_dir)).owner_url)


main()
