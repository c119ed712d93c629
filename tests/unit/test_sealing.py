"""What is sealed opens with its key and for its purpose, and with nothing else."""

import base64

import pytest

from whop_crm.config import settings
from whop_crm.errors import NotConfigured
from whop_crm.sealing import Unsealable, seal, unseal

OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch):
    def use(*values: str) -> None:
        monkeypatch.setenv("SECRET_KEY", ",".join(values))
        settings.cache_clear()

    yield use
    monkeypatch.undo()
    settings.cache_clear()


def test_it_opens_again(keys) -> None:
    keys(NEW)
    sealed = seal(b"secret", "tokens")
    assert b"secret" not in sealed
    assert unseal(sealed, "tokens") == b"secret"
    assert seal(b"secret", "tokens") != sealed


def test_an_old_key_still_opens_after_rotation(keys) -> None:
    keys(OLD)
    sealed = seal(b"secret", "tokens")
    keys(NEW, OLD)
    assert unseal(sealed, "tokens") == b"secret"
    fresh = seal(b"secret", "tokens")
    keys(NEW)
    assert unseal(fresh, "tokens") == b"secret"
    with pytest.raises(Unsealable):
        unseal(sealed, "tokens")


def test_it_opens_for_its_purpose_only(keys) -> None:
    keys(NEW)
    with pytest.raises(Unsealable):
        unseal(seal(b"secret", "tokens"), "sign-in")


@pytest.mark.parametrize("where", [0, 2, 7, 20, -1])
def test_a_changed_byte_is_noticed(keys, where: int) -> None:
    keys(NEW)
    sealed = bytearray(seal(b"secret", "tokens"))
    sealed[where] ^= 1
    with pytest.raises(Unsealable):
        unseal(bytes(sealed), "tokens")


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"x" * 17, b"x" * 200])
def test_rubbish_does_not_open(keys, rubbish: bytes) -> None:
    keys(NEW)
    with pytest.raises(Unsealable):
        unseal(rubbish, "tokens")


@pytest.mark.parametrize("value", ["", "not base64", base64.b64encode(b"short").decode()])
def test_a_bad_key_is_named(keys, value: str) -> None:
    keys(value)
    with pytest.raises(NotConfigured, match="SECRET_KEY"):
        seal(b"secret", "tokens")
