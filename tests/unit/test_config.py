"""The settings, and the file that shows them."""

from pathlib import Path

import pytest

from whop_crm.config import Settings, settings
from whop_crm.errors import NotConfigured
from whop_crm.runtime.settings_file import render

EXAMPLE = Path(__file__).parents[2] / ".env.example"
SECRET = ("key", "secret", "password", "database_url")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_example_is_what_the_settings_say() -> None:
    assert EXAMPLE.read_text() == render(), "python -m whop_crm.runtime.settings_file > .env.example"


def test_the_example_changes_nothing_when_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert Settings() == Settings(_env_file=None)


def test_every_setting_is_described_and_no_secret_has_a_default() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        if any(part in name for part in SECRET):
            assert field.default is None, name


def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "seventy")
    monkeypatch.setenv("WHOP_BASE_URL", "whop")
    with pytest.raises(NotConfigured) as caught:
        settings()
    assert "PORT:" in str(caught.value)
    assert "WHOP_BASE_URL:" in str(caught.value)
    assert "seventy" not in str(caught.value)
