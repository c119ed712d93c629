"""What went wrong while starting, in one sentence and with what to do about it."""

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from whop_crm.errors import NotConfigured


class CannotStart(NotConfigured):
    """The app cannot start. Its message is one sentence that says why, and one that says what to do."""


DISK_FULL = "The disk is full, so {doing} was not possible. Free some space where {path} lies and start again."
READ_ONLY = "{path} is on a read-only disk, so {doing} was not possible. Set DATA_DIR to a folder that can be written."
NOT_ALLOWED = (
    "There is no permission to use {path}, so {doing} was not possible. "
    "Make it yours with chown, or set DATA_DIR to another folder."
)
NOT_A_FOLDER = "{path} is in the way: a folder is needed there for {doing}. Move it, or set DATA_DIR to another folder."
MISSING = "{path} is missing, so {doing} was not possible. Bring it back, or start from a fresh clone."


def sentence(error: OSError, doing: str, path: Path | str) -> str:
    """An operating-system error in words. `doing` completes "so … was not possible"."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            words = DISK_FULL
        case errno.EROFS:
            words = READ_ONLY
        case errno.EACCES | errno.EPERM:
            words = NOT_ALLOWED
        case errno.ENOTDIR | errno.EEXIST | errno.EISDIR:
            words = NOT_A_FOLDER
        case errno.ENOENT:
            words = MISSING
        case _:
            reason = (error.strerror or str(error)).lower()
            words = f"{{path}}: {reason}, so {{doing}} was not possible. Run `whop-crm doctor` to see more."
    return words.format(doing=doing, path=path)


@contextmanager
def in_words(doing: str, path: Path | str) -> Generator[None]:
    """Turns an OSError of the block into CannotStart."""
    try:
        yield
    except OSError as error:
        raise CannotStart(sentence(error, doing, error.filename or path)) from error
