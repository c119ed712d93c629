"""What a person is told when something breaks: a database that is away is named, everything else is not explained."""

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import OperationalError

from whop_crm.db import is_away
from whop_crm.state import trouble


@pytest.mark.parametrize("said", [psycopg.OperationalError("connection refused"), errors.AdminShutdown("going down")])
def test_a_database_that_is_away_is_named(said: psycopg.Error) -> None:
    for error in (said, OperationalError("SELECT 1", {}, said)):
        assert is_away(error)
        assert "database cannot be reached" in str(trouble.in_a_handler(error))


@pytest.mark.parametrize("said", [errors.QueryCanceled("too slow"), errors.UniqueViolation("twice"), KeyError("x")])
def test_other_faults_are_not_explained(said: Exception) -> None:
    assert not is_away(said)
    assert "Something went wrong" in str(trouble.in_a_handler(said))
