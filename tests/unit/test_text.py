"""Text as it is compared and stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whop_crm.text import fold, one_line, storable


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("Zoë Ångström", "zoe angstrom"),
        ("ŁUKASZ", "lukasz"),
        ("Straße", "strasse"),
        ("  two\t words\n", "two words"),
        ("İstanbul", "istanbul"),
        ("Ǿre", "ore"),
        ("山田", "山田"),
        ("a\x00b", "ab"),
        ("", ""),
    ],
)
def test_case_and_accents_do_not_matter(typed: str, compared: str) -> None:
    assert fold(typed) == compared


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_what_is_stored_can_be_encoded_and_holds_no_nul(text: str) -> None:
    assert "\x00" not in storable(text)
    storable(text).encode()
    assert one_line(text) == one_line(one_line(text))
    assert "\n" not in one_line(text)
