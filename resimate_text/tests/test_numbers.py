"""Numbers that people write are read by a rule, and a number that is shown reads back as the same double."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resimate_text.numbers import Ambiguous, NotANumber, Separator, exact, read

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def bits(number: float) -> bytes:
    return struct.pack(">d", float(number))


@given(FINITE, st.sampled_from([".", ","]))
@example(-0.0, ".")
@example(5e-324, ",")
@example(1.7976931348623157e308, ".")
@example(1234567.0, ",")
@example(1.234, ",")
@example(1e15, ".")
@example(123456.78, ".")
def test_what_is_shown_reads_back_as_the_same_double(number: float, decimal: Separator) -> None:
    assert bits(read(exact(number, decimal=decimal), decimal=decimal)) == bits(number)


@given(st.floats(min_value=-1e15, max_value=1e15))
def test_up_to_a_quadrillion_no_exponent_is_shown(number: float) -> None:
    assert "e" not in exact(number) or 0 < abs(number) < 1e-15


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_whole_numbers_stay_whole(number: int) -> None:
    found = read(exact(number), decimal=".")

    assert (type(found), found) == (int, number)


@pytest.mark.parametrize(
    ("number", "text"),
    [(1234567, "1234567"), (123456.78, "123456.78"), (0.1, "0.1"), (50.0, "50"), (1e-6, "0.000001"), (1e22, "1e+22")],
)
def test_the_shortest_text_is_shown(number: float, text: str) -> None:
    assert exact(number) == text


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_cannot_be_shown(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        exact(number)


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("12.5", ".", 12.5),
        ("12,5", ",", 12.5),
        (" 12.5\u00a0", ".", 12.5),
        ("+5", ".", 5),
        ("\u22125", ".", -5),
        (".5", ".", 0.5),
        ("1.000", ".", 1.0),
        ("1,000", ",", 1.0),
        ("1,000.5", ".", 1000.5),
        ("1.000,5", ",", 1000.5),
        ("1,000,000", ".", 1_000_000),
        ("1.000.000", ",", 1_000_000),
        ("1 000", ".", 1000),
        ("12\u00a0345\u00a0678,25", ",", 12_345_678.25),
        ("1\u202f000", ",", 1000),
        ("1'000", ".", 1000),
        ("1\u2019000.5", ".", 1000.5),
        ("1234.567", None, 1234.567),
        ("1234,567", None, 1234.567),
        ("1,234.5", None, 1234.5),
        ("1.234,5", None, 1234.5),
        ("1,234,567", None, 1_234_567),
        ("0,123", None, 0.123),
        ("1000", None, 1000),
        ("1e+16", ".", 1e16),
        ("1,5e+16", ",", 1.5e16),
    ],
)
def test_one_reading_is_read(text: str, decimal: Separator | None, number: float) -> None:
    found = read(text, decimal=decimal)

    assert (type(found), found) == (type(number), number)


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "fraction"),
    [
        ("1,000", ".", 1000, 1.0),
        ("1.000", ",", 1000, 1.0),
        ("-123,456", ".", -123_456, -123.456),
        ("1,000", None, 1000, 1.0),
        ("45.678", None, 45_678, 45.678),
    ],
)
def test_two_readings_are_told_and_not_chosen(
    text: str, decimal: Separator | None, thousands: int, fraction: float
) -> None:
    with pytest.raises(Ambiguous) as refused:
        read(text, decimal=decimal)

    assert (refused.value.thousands, refused.value.fraction) == (thousands, fraction)


@pytest.mark.parametrize("decimal", [".", ",", None])
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", "+-5", "--5", "- 5", "5-", "5.", "5,", ".", "1_000", "nan", "inf", "-Infinity", "0x10", "1e3"),
        *("1E3", "1e", "1e400", "1e-400", "1.5e3", "1j", "5 %", "5 EUR", "(5)", "1..5", "1,,5", "1,00,000", "01,000.5"),
        *(
            "1 000 00",
            "1 000'000",
            "1'000 000",
            "12 34",
            "1  000",
            "1\n000",
            "1\t000",
            "\uff11\uff12",
            "\u0661",
            "\u00b2",
        ),
        *("1\u200b000", "\u202e5", "1\u00ad5", "\u00bd", "9" * 65, "1/2", "1:5", "1;5", "\u221e", "1.5.5", "1,5,5"),
    ],
)
def test_everything_else_is_refused(text: str, decimal: Separator | None) -> None:
    with pytest.raises(NotANumber):
        read(text, decimal=decimal)


@pytest.mark.parametrize(
    ("text", "decimal"), [("1,5", "."), ("1.5", ","), ("0,123", "."), ("1.000.000", "."), ("1,000,000", ",")]
)
def test_the_separator_of_another_language_is_no_fraction_of_this_one(text: str, decimal: Separator) -> None:
    with pytest.raises(NotANumber):
        read(text, decimal=decimal)


@pytest.mark.parametrize(
    ("text", "decimal", "number"), [("1e3", ".", 1000.0), ("1,5E+03", ",", 1500.0), ("1.234E+02", None, 123.4)]
)
def test_a_program_may_have_written_exponents(text: str, decimal: Separator | None, number: float) -> None:
    assert read(text, decimal=decimal, exponent=True) == number


@given(st.text(max_size=12), st.sampled_from([".", ",", None]))
def test_any_text_is_a_finite_number_or_refused(text: str, decimal: Separator | None) -> None:
    try:
        number = read(text, decimal=decimal)
    except NotANumber:
        return
    assert exact(number)
