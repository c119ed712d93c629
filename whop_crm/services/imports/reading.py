"""A file, or what was pasted from a spreadsheet, as lines of cells. Raises InvalidInput in words."""

import codecs
import csv
import io
import re
from collections import Counter
from itertools import islice

from whop_crm.errors import InvalidInput
from whop_crm.services.exports import DANGEROUS
from whop_crm.services.imports.schemas import MOST_BYTES, MOST_COLUMNS, MOST_LINES, Sheet
from whop_crm.text import one_line, storable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 64 * 1024
_A_KEY = re.compile(r"\s*(?:[^@\s]+@[^@\s]+\.[^@\s]+|(?:mber|user)_\w+)\s*")


def read(data: bytes) -> Sheet:
    """Encoding and delimiter are found out; the first line is the head where it names no member."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"A file can have at most {MOST_BYTES // 1024 // 1024} MB. Split it.", "file")
    text, encoding = _decoded(data)
    text, delimiter = _delimited(text)
    numbered = _lines(text, delimiter)
    if not numbered:
        raise InvalidInput("There is nothing in it.", "file")
    width = max(len(cells) for _, cells in numbered)
    if width > MOST_COLUMNS:
        raise InvalidInput(f"A file can have at most {MOST_COLUMNS} columns; this one has {width:,}.", "file")
    headed = not any(_A_KEY.fullmatch(cell) for cell in numbered[0][1])
    head = numbered.pop(0)[1] if headed else []
    if not numbered:
        raise InvalidInput("There is a head in it, and no line below.", "file")
    padded = [*head, *[""] * (width - len(head))]
    headers = [one_line(name)[:60] or f"Column {n}" for n, name in enumerate(padded, 1)]
    return Sheet(encoding, delimiter, headers, numbered)


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith(_WORKBOOKS):
        raise InvalidInput("This is a workbook, not text. Save it as CSV, or copy its cells and paste them.", "file")
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.removeprefix("\ufeff"), encoding
    raise InvalidInput("This is no text. Save the file as CSV in UTF-8.", "file")


def _delimited(text: str) -> tuple[str, str]:
    """The text without Excel's `sep=;`, and what stands between its cells."""
    if named := re.match(r"(?i)\"?sep=([,;\t|])\"?\r?\n", text):
        return text[named.end() :], named[1]
    sample = text[:_SAMPLE].rpartition("\n")[0] if len(text) > _SAMPLE else text
    return text, max(_DELIMITERS, key=lambda one: _regularity(sample, one))


def _regularity(sample: str, delimiter: str) -> tuple[float, int]:
    """How much a delimiter makes a table of the text: the share of lines of the commonest width over one."""
    try:
        rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), 200))
    except csv.Error:
        return (0.0, 0)
    widths = Counter(len(row) for row in rows if row)
    wide = {width: n for width, n in widths.items() if width > 1}
    if not wide:
        return (0.0, 0)
    width, n = max(wide.items(), key=lambda one: (one[1], one[0]))
    return (n / widths.total(), width)


def _lines(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, [_plain(cell) for cell in cells]))
            if len(found) > MOST_LINES + 1:
                raise InvalidInput(f"A file can have at most {MOST_LINES:,} lines. Split it.", "file")
    except csv.Error:
        near = f"Line {reader.line_num} cannot be read: a quotation mark may be missing there."
        raise InvalidInput(near, "file") from None
    return found


def _plain(cell: str) -> str:
    """Storable, and without the apostrophe that an export puts before what could be run."""
    text = storable(cell).strip()
    return text[1:] if text.startswith("'") and text[1:].lstrip(" ").startswith(tuple(DANGEROUS)) else text
