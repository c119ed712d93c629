"""Files and pasted cells as they come: encodings, delimiters, heads, and what cannot be read."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whop_crm.errors import InvalidInput
from whop_crm.services.imports.reading import read

TABLE = "Email,Name\nzoë@x.de,Zoë\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8-sig"),
        (TABLE.encode("cp1252"), "cp1252"),
        (TABLE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16"),
    ],
)
def test_encodings(data: bytes, encoding: str) -> None:
    sheet = read(data)
    assert (sheet.encoding, sheet.headers, sheet.lines) == (encoding, ["Email", "Name"], [(2, ["zoë@x.de", "Zoë"])])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters(delimiter: str, end: str) -> None:
    rows = [["Email", "Tags", "Note"], ["a@x.de", "VIP", "1,5 a"], ["b@x.de", "", 'say "hi", you']]
    text = end.join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    sheet = read(text.encode())
    assert sheet.delimiter == delimiter
    assert [sheet.headers, *(cells for _, cells in sheet.lines)] == rows


@pytest.mark.parametrize(
    ("text", "headers", "lines"),
    [
        ("a@x.de,VIP\nb@x.de,VIP", ["Column 1", "Column 2"], [["a@x.de", "VIP"], ["b@x.de", "VIP"]]),
        ("Email\na@x.de\n\n  \nb@x.de", ["Email"], [["a@x.de"], ["b@x.de"]]),
        ("sep=;\nEmail;Age\na@x.de;3", ["Email", "Age"], [["a@x.de", "3"]]),
        ("Email,,Tags\na@x.de,1,2,3", ["Email", "Column 2", "Tags", "Column 4"], [["a@x.de", "1", "2", "3"]]),
        ("Email,Phone\na@x.de,'+49 1", ["Email", "Phone"], [["a@x.de", "+49 1"]]),
        ("Email,Say\na@x.de,'tis", ["Email", "Say"], [["a@x.de", "'tis"]]),
        ('Email,Note\na@x.de,"two\nlines"', ["Email", "Note"], [["a@x.de", "two\nlines"]]),
        ("Email,Note\na@x.de,x\x07y", ["Email", "Note"], [["a@x.de", "xy"]]),
    ],
)
def test_shapes(text: str, headers: list[str], lines: list[list[str]]) -> None:
    sheet = read(text.encode())
    assert sheet.headers == headers
    assert [cells for _, cells in sheet.lines] == lines


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "nothing in it"),
        (b"\n \n,,,\n", "nothing in it"),
        (b"Email,Name\n", "no line below"),
        (b"PK\x03\x04rest", "a workbook"),
        (b"\xd0\xcf\x11\xe0rest", "a workbook"),
        (b"a\0b,c", "no text"),
        (b"\xff\xfe\x00", "no text"),
        (b"x" * (20 * 1024 * 1024 + 1), "at most 20 MB"),
        (("Email\n" + "a@x.de\n" * 50_001).encode(), "at most 50,000 lines"),
        ((",".join("x" * 101) + "\n1").encode(), "at most 100 columns"),
        (b'Email,Note\na@x.de,"' + b"x" * 200_000, "quotation mark"),
    ],
)
def test_what_cannot_be_read(data: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read(data)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_it_is(data: bytes) -> None:
    with suppress(InvalidInput):
        sheet = read(data)
        assert sheet.lines
        assert all(len(cells) <= len(sheet.headers) for _, cells in sheet.lines)
