"""Where things lie: the checkout, and the folder of everything that is made on this machine."""

import os
from pathlib import Path

from whop_crm.runtime.words import CannotStart, in_words

ROOT = Path(__file__).resolve().parents[2]


def checkout() -> Path:
    """The folder of the checkout. Raises CannotStart where the package lies without the files around it."""
    if not (ROOT / "rxconfig.py").is_file() or not (ROOT / "alembic.ini").is_file():
        raise CannotStart(
            f"Whop CRM runs from a checkout of its repository, and {ROOT} is none. "
            "Clone the repository and use `make demo` or `.venv/bin/whop-crm` there."
        )
    return ROOT


def data_folder(path: Path) -> Path:
    """The data folder, made private to its owner when it is new. Relative paths start at the checkout."""
    folder = path if path.is_absolute() else ROOT / path
    with in_words("using the data folder", folder):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
    return folder
