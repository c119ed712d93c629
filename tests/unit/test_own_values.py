"""What somebody types into a field of their own, and what it means."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whop_crm.errors import InvalidInput
from whop_crm.models.enums import CustomFieldType
from whop_crm.services.custom_fields import FieldRow, Value, read_value, shown, typed

TEXT, NUMBER, DATE, CHOICE, YES_NO = (
    FieldRow(n, kind.value, kind.value.capitalize(), kind, ("Gold", "Très cher") if kind.value == "choice" else ())
    for n, kind in enumerate(CustomFieldType, 1)
)


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (TEXT, "  two   words ", "two words"),
        (TEXT, "-5", "-5"),
        (TEXT, 12, "12"),
        (NUMBER, "12", 12.0),
        (NUMBER, "1,234.5", 1234.5),
        (NUMBER, "1.234,5", 1234.5),
        (NUMBER, "1 234,5", 1234.5),
        (NUMBER, "1'234.50", 1234.5),
        (NUMBER, "1,234", 1234.0),
        (NUMBER, "1.234.567", 1234567.0),
        (NUMBER, "12,5", 12.5),
        (NUMBER, "−3", -3.0),
        (NUMBER, "+3", 3.0),
        (NUMBER, "-0", 0.0),
        (NUMBER, "1e3", 1000.0),
        (NUMBER, 2.5, 2.5),
        (DATE, "2026-11-05", date(2026, 11, 5)),
        (DATE, "2026-11-05T10:00:00Z", date(2026, 11, 5)),
        (DATE, "2026-11-05 10:00", date(2026, 11, 5)),
        (DATE, "2026/11/5", date(2026, 11, 5)),
        (DATE, "5.11.2026", date(2026, 11, 5)),
        (DATE, "11/22/2026", date(2026, 11, 22)),
        (DATE, "22/11/2026", date(2026, 11, 22)),
        (DATE, "5/5/2026", date(2026, 5, 5)),
        (DATE, "5 Nov 2026", date(2026, 11, 5)),
        (DATE, "November 5, 2026", date(2026, 11, 5)),
        (CHOICE, "gold", "Gold"),
        (CHOICE, "TRES CHER", "Très cher"),
        (YES_NO, "Yes", True),
        (YES_NO, "0", False),
        (YES_NO, False, False),
    ],
)
def test_what_is_understood(field: FieldRow, raw: object, value: Value) -> None:
    assert read_value(field, raw) == value
    assert type(read_value(field, raw)) is type(value)


@pytest.mark.parametrize("field", [TEXT, NUMBER, DATE, CHOICE, YES_NO])
@pytest.mark.parametrize("raw", ["", "   ", "\0", None])
def test_nothing_is_nothing(field: FieldRow, raw: object) -> None:
    assert read_value(field, raw) is None


@pytest.mark.parametrize(
    ("field", "raw", "says"),
    [
        (TEXT, "x" * 501, "at most 500 characters"),
        (TEXT, ["x"], "as text"),
        (NUMBER, "twelve", "“twelve” is no number"),
        (NUMBER, "1,2,3", "no number"),
        (NUMBER, "1,23.4", "no number"),
        (NUMBER, "nan", "no number"),
        (NUMBER, "inf", "no number"),
        (NUMBER, "-", "no number"),
        (NUMBER, "٣", "no number"),
        (NUMBER, True, "no number"),
        (NUMBER, float("inf"), "no number"),
        (NUMBER, "1e13", "at most 1,000,000,000,000"),
        (DATE, "03/04/2026", "two days. Write 2026-03-04 or 2026-04-03"),
        (DATE, "2026-02-30", "is no day"),
        (DATE, "30 Foo 2026", "is no day"),
        (DATE, "13/13/2026", "is no day"),
        (DATE, "1/2/26", "is no day"),
        (DATE, "1850-01-01", "between 1900-01-01"),
        (DATE, 20261122, "as text"),
        (CHOICE, "Golt", "Did you mean “Gold”"),
        (CHOICE, "qqq", "It can be “Gold”, “Très cher”"),
        (YES_NO, "perhaps", "neither yes nor no"),
        (YES_NO, 7, "neither yes nor no"),
    ],
)
def test_what_is_not_is_said_in_words(field: FieldRow, raw: object, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_value(field, raw)
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{field.name}: ")
    assert caught.value.field == field.key


def test_days_and_months_by_the_rest_of_the_column() -> None:
    assert read_value(DATE, "03/04/2026", day_first=True) == date(2026, 4, 3)
    assert read_value(DATE, "03/04/2026", day_first=False) == date(2026, 3, 4)


_NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)
_DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(number=_NUMBERS, day=_DAYS, flag=st.booleans())
def test_what_is_written_is_read_back(number: float, day: date, flag: bool) -> None:
    for field, value in ((NUMBER, number), (DATE, day), (YES_NO, flag)):
        assert read_value(field, typed(value)) == value
    assert read_value(NUMBER, shown(number)) == number
    assert read_value(DATE, shown(day)) == day


@given(st.sampled_from([TEXT, NUMBER, DATE, CHOICE, YES_NO]), st.text(max_size=40))
def test_any_text_is_a_value_or_an_error_in_words(field: FieldRow, raw: str) -> None:
    with suppress(InvalidInput):
        value = read_value(field, raw)
        assert value is None or typed(value)


def test_how_it_is_shown() -> None:
    assert [shown(one) for one in (None, "a", 1234.5, 3.0, date(2026, 11, 5), True, False)] == [
        "", "a", "1,234.5", "3", "5 Nov 2026", "Yes", "No"]  # fmt: skip
