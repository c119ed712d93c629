"""The secrets that this machine makes for itself: passwords of the embedded database, and the demo's key."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ValidationError

from whop_crm.runtime.words import CannotStart, in_words

FILE = "secrets.json"


class GeneratedSecrets(BaseModel):
    """Passwords are safe in a URL; `secret_key` is 32 bytes in base64."""

    postgres_password: str
    owner_password: str
    app_password: str
    secret_key: str


def generated_secrets(folder: Path) -> GeneratedSecrets:
    """The secrets kept in the data folder (0600), made there if there are none yet."""
    path = folder / FILE
    with in_words("keeping the generated secrets", path):
        if not path.exists():
            write_private(path, _made().model_dump_json(indent=2))
        text = path.read_text(encoding="utf-8")
    try:
        return GeneratedSecrets.model_validate(cast("object", json.loads(text)))
    except (ValueError, ValidationError):
        raise CannotStart(
            f"{path} cannot be read as the secrets of this data folder. "
            f"Bring it back from a backup, or move {folder} away to begin anew."
        ) from None


def new_key() -> str:
    """32 random bytes in base64: a SECRET_KEY."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner can read, whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _made() -> GeneratedSecrets:
    passwords = [secrets.token_urlsafe(24) for _ in range(3)]
    return GeneratedSecrets(
        postgres_password=passwords[0],
        owner_password=passwords[1],
        app_password=passwords[2],
        secret_key=new_key(),
    )
