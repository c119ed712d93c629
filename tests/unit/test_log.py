"""No cookie, token or secret reaches a log, however it is written."""

import json
import logging

import pytest
import structlog

from whop_crm import log
from whop_crm.config import settings

SECRETS = ["c00kie-value", "t0ken-value", "pa55word", "k3y-value"]

TEXTS = [
    "headers {'cookie': 'sid=c00kie-value; b=2', 'host': 'example.test'}",
    'headers {"Cookie": "sid=c00kie-value"}',
    "Cookie: sid=c00kie-value; other=c00kie-value\nHost: example.test",
    "Authorization: Bearer t0ken-value",
    "'authorization': 'Bearer t0ken-value'",
    "Event(token='t0ken-value', name='x', router_data={'headers': {'x': 't0ken-value'}, 'q': {'a': '}'}})",
    "GET /_event?EIO=4&token=t0ken-value&transport=websocket",
    "refresh_token=t0ken-value access_token: t0ken-value",
    "x-whop-user-token: t0ken-value",
    "client_secret='k3y-value'",
    "postgresql://whop_crm_app:pa55word@/whop_crm",
    "password=pa55word host=x",
    "WHOP_API_KEY=k3y-value",
    "SECRET_KEY: k3y-value",
]


@pytest.mark.parametrize("text", TEXTS)
def test_hides_secrets_within_text(text: str) -> None:
    cleaned = log.scrub(text)
    assert not [secret for secret in SECRETS if secret in cleaned]
    assert log.REMOVED in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl",
        "apik_AbCdEfGh1234567890",
        "ws_0123456789abcdef0123",
        "/auth/callback?code=abc123&state=x",
    ],
)
def test_hides_known_shapes(text: str) -> None:
    assert "AbCdEfGh" not in log.scrub(text)
    assert log.REMOVED in log.scrub(text)


@pytest.mark.parametrize("text", ["Synced 50 members of biz_abc", "2 rows in 3.5 ms", "/dashboard/biz_1/members/7"])
def test_leaves_ordinary_text_alone(text: str) -> None:
    assert log.scrub(text) == text


@pytest.fixture
def _restored_logging():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    settings.cache_clear()


@pytest.mark.usefixtures("_restored_logging")
@pytest.mark.parametrize("as_json", ["true", "false"])
def test_both_kinds_of_logger_are_cleaned(
    as_json: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_JSON", as_json)
    settings.cache_clear()
    log.configure()
    structlog.get_logger("ours").warning("signed in", cookie="c00kie-value", nested={"token": "t0ken-value", "n": 1})
    logging.getLogger("theirs").warning("saw %s", {"cookie": "sid=c00kie-value"})
    logging.getLogger("theirs").warning("with extras", extra={"router_data": {"cookie": "c00kie-value"}})
    try:
        raise ValueError("postgresql://app:pa55word@/x")
    except ValueError:
        logging.getLogger("theirs").exception("failed")
        structlog.get_logger("ours").exception("failed too")
    written = capsys.readouterr().err
    assert not [secret for secret in SECRETS if secret in written]
    assert written.count("ValueError") >= 2
    if as_json == "true":
        lines = [json.loads(line) for line in written.splitlines()]
        assert lines[0] | {"timestamp": ""} == {
            "event": "signed in",
            "nested": {"n": 1},
            "logger": "ours",
            "level": "warning",
            "timestamp": "",
        }
