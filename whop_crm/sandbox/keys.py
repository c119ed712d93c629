"""The sandbox's own secrets: made on first start, kept in its folder, readable by its owner alone.

`credentials.json` holds what a developer would copy from Whop's dashboard; `signing-keys.json` the ES256 keys
behind the JWKS, newest first. Older keys stay in it after a rotation, so that tokens in flight still verify.
"""

import json
import os
import secrets
import string
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

USER_TOKEN_ISSUER = "urn:whopcom:exp-proxy"  # noqa: S105 - the name of an issuer, not a secret
_LETTERS = string.ascii_letters + string.digits
_KEYS_KEPT = 3


@dataclass(frozen=True)
class SandboxCredentials:
    """What an app needs to talk to this sandbox. All strings; `webhook_secret` is used as literal bytes."""

    app_id: str
    api_key: str
    webhook_secret: str
    oauth_client_secret: str

    def environment(self, base_url: str) -> dict[str, str]:
        """The product's environment variables that point it at the sandbox at `base_url` (an origin)."""
        return {
            "WHOP_BASE_URL": base_url,
            "WHOP_APP_ID": self.app_id,
            "WHOP_API_KEY": self.api_key,
            "WHOP_WEBHOOK_SECRET": self.webhook_secret,
        }


def credentials(directory: Path) -> SandboxCredentials:
    """The credentials kept in the sandbox's folder, made there if there are none yet."""
    path = directory / "credentials.json"
    if path.exists():
        return SandboxCredentials(**json.loads(path.read_text(encoding="utf-8")))
    made = SandboxCredentials(
        app_id="app_" + random_text(14),
        api_key="apik_" + random_text(48),
        webhook_secret="ws_" + secrets.token_hex(32),
        oauth_client_secret=secrets.token_urlsafe(32),
    )
    write_private(path, json.dumps(asdict(made), indent=2))
    return made


def random_text(length: int) -> str:
    """Letters and digits, unguessable."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


@dataclass(frozen=True)
class SigningKey:
    """One ES256 key. `kid` names it in the JWKS and in token headers."""

    kid: str
    private: ec.EllipticCurvePrivateKey

    def public_jwk(self) -> dict[str, Any]:
        public: dict[str, Any] = ECAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "use": "sig", "alg": "ES256"}

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private, algorithm="ES256", headers={"kid": self.kid})

    def dump(self) -> dict[str, str]:
        pem = self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {"kid": self.kid, "pem": pem.decode()}

    @classmethod
    def load(cls, kept: dict[str, str]) -> "SigningKey":
        private = serialization.load_pem_private_key(kept["pem"].encode(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError("The sandbox's signing key is not an elliptic-curve key.")
        return cls(kept["kid"], private)

    @classmethod
    def make(cls) -> "SigningKey":
        return cls(random_text(12), ec.generate_private_key(ec.SECP256R1()))


class KeyRing:
    """The signing keys of one sandbox: the newest signs, all of them verify."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "signing-keys.json"
        self._keys = self._read()
        if not self._keys:
            self.rotate()

    def _read(self) -> list[SigningKey]:
        if not self._path.exists():
            return []
        return [SigningKey.load(kept) for kept in json.loads(self._path.read_text(encoding="utf-8"))]

    @property
    def kid(self) -> str:
        return self._keys[0].kid

    def rotate(self) -> str:
        """Signs with a new key from now on and returns its `kid`; the last few stay in the JWKS."""
        self._keys = [SigningKey.make(), *self._keys][:_KEYS_KEPT]
        write_private(self._path, json.dumps([key.dump() for key in self._keys]))
        return self.kid

    def jwks(self) -> dict[str, Any]:
        """The public half, as served at `/.well-known/jwks.json`."""
        return {"keys": [key.public_jwk() for key in self._keys]}

    def sign(self, claims: dict[str, Any]) -> str:
        """A compact ES256 JWT with these claims, `kid` in its header."""
        return self._keys[0].sign(claims)

    def user_token(self, user_id: str, app_id: str, *, now: float | None = None, lifetime: int = 3600) -> str:
        """What Whop's proxy puts into `x-whop-user-token`. `now` is unix seconds, `lifetime` seconds."""
        issued = int(time.time() if now is None else now)
        return self.sign(
            {"iss": USER_TOKEN_ISSUER, "sub": user_id, "aud": app_id, "iat": issued, "exp": issued + lifetime}
        )

    def id_token(self, *, issuer: str, user: dict[str, Any], app_id: str, nonce: str | None, now: float) -> str:
        """An OpenID Connect id token. `user` holds the claims of the granted scopes, `sub` among them."""
        issued = int(now)
        claims = {
            "iss": issuer,
            "aud": app_id,
            "iat": issued,
            "auth_time": issued,
            "exp": issued + 3600,
            **user,
        }
        return self.sign(claims if nonce is None else {**claims, "nonce": nonce})
