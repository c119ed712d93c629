"""What a file is called: `vips-2026-11-23.csv`, whatever the segment is called."""

import re
import unicodedata
from datetime import date

_LONGEST = 80
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)\Z")
_UNSAFE = re.compile(r'[\\/:*?"<>|%\s]+')


def file_name(subject: str, day: date) -> str:
    """A name that every system takes: no path, no control or direction marks, no device of Windows."""
    letters = "".join(one for one in subject if unicodedata.category(one)[0] != "C" or one.isspace())
    plain = _UNSAFE.sub(" ", letters).strip(" .-")[:_LONGEST].strip(" .-")
    name = "members" if not plain or _RESERVED.match(plain) else plain
    return f"{name}-{day.isoformat()}.csv"
