"""The migrations are one line of steps, and they make what the models say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import database
from whop_crm.runtime.migrate import migrations

ROOT = Path(__file__).resolve().parents[2]


def test_the_migrations_form_one_chain() -> None:
    files = list((ROOT / "alembic" / "versions").glob("*.py"))
    assert len(migrations()) == len(files) == len(set(migrations()))


@pytest.mark.slow
def test_models_and_migrations_do_not_drift(database_name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "check"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_OWNER_URL": database.url(database_name, database.OWNER)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
