"""Encryption of what must not be read at rest: AES-256-GCM, with the keys of SECRET_KEY.

SECRET_KEY holds one or more keys of 32 bytes in base64, separated by commas. The first one seals; all of them open. So
a key is rotated by putting a new one in front, and the old one goes after `whop-crm reseal`, or after 30 days: no
sign-in lasts longer. Sealed bytes name their key, and are bound to a purpose, so that what was sealed for one use is
refused for another.
"""

import base64
import binascii
import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from whop_crm.config import settings
from whop_crm.errors import NotConfigured

_VERSION = b"\x01"
_KEY_ID = 4
_NONCE = 12
_KEY = 32


class Unsealable(Exception):
    """The bytes were not sealed by us for this purpose, or with a key that is gone."""


def seal(plain: bytes, purpose: str) -> bytes:
    """Encrypts with the first key. Layout: version, key id (4 bytes), nonce (12), ciphertext with tag."""
    key_id, key = next(iter(_keys().items()))
    nonce = os.urandom(_NONCE)
    return _VERSION + key_id + nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())


def unseal(sealed: bytes, purpose: str) -> bytes:
    """What was sealed. Raises Unsealable."""
    key_id, rest = sealed[1 : 1 + _KEY_ID], sealed[1 + _KEY_ID :]
    key = _keys().get(key_id)
    if sealed[:1] != _VERSION or key is None or len(rest) <= _NONCE:
        raise Unsealable("It was not sealed with a key of SECRET_KEY.")
    try:
        return AESGCM(key).decrypt(rest[:_NONCE], rest[_NONCE:], purpose.encode())
    except InvalidTag:
        raise Unsealable("It was changed, or sealed for another purpose.") from None


def is_current(sealed: bytes) -> bool:
    """Whether it was sealed with the first key, so that the others are not needed for it."""
    return sealed[1 : 1 + _KEY_ID] == next(iter(_keys()))


def _keys() -> dict[bytes, bytes]:
    secret = settings().secret_key
    if secret is None:
        raise NotConfigured("SECRET_KEY is not set: 32 random bytes in base64 that encrypt Whop's tokens.")
    return _parsed(secret.get_secret_value())


@lru_cache(maxsize=4)
def _parsed(value: str) -> dict[bytes, bytes]:
    try:
        keys = [base64.b64decode(part.strip(), validate=True) for part in value.split(",")]
    except (binascii.Error, ValueError):
        raise NotConfigured("SECRET_KEY is not base64.") from None
    if any(len(key) != _KEY for key in keys):
        raise NotConfigured("Each key in SECRET_KEY must be 32 bytes.")
    return {hashlib.sha256(key).digest()[:_KEY_ID]: key for key in keys}
