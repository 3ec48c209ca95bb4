"""A decimal mark is shown by the table, chosen by a person, or asked for; a number is never another one silently."""

import pytest

from resimate_text.numbers import Ambiguous, NotANumber
from resimate_text.tables import Figure, figures_of

pytestmark = pytest.mark.requirement("CMS-002")


def read(texts: list[str], separator: str, **options: object) -> tuple[list[float], int]:
    figures = figures_of({"x": texts}, separator=separator, **options)  # type: ignore[arg-type]
    return [figures.read("x", text) for text in texts], len(figures.notes())


@pytest.mark.parametrize(
    ("texts", "separator", "values", "notes"),
    [
        (["1.5", "45.678", "-0.25", "1e3", "12"], ",", [1.5, 45.678, -0.25, 1000.0, 12], 0),
        (["1,5", "2,25", "12"], ";", [1.5, 2.25, 12], 0),
        (["1,5", "2,25"], "\t", [1.5, 2.25], 0),
        (["1.5", "2.25"], ";", [1.5, 2.25], 0),
        (["1.234,5", "1.234"], ";", [1234.5, 1234], 1),
        (["1,234.5", "1,234"], ",", [1234.5, 1234], 1),
        (["1.5", "45.678"], ";", [1.5, 45.678], 1),
        (["1,234,567", "12"], ",", [1234567, 12], 0),
        (["0,125", "12"], ";", [0.125, 12], 0),
        (["1 234,5", "12"], ";", [1234.5, 12], 0),
        (["1'234.5"], ";", [1234.5], 0),
        (["\u22125"], ",", [-5], 0),
    ],
)
def test_the_cells_of_a_column_show_how_its_numbers_are_written(
    texts: list[str], separator: str, values: list[float], notes: int
) -> None:
    assert read(texts, separator) == (values, notes)


@pytest.mark.parametrize(
    ("texts", "separator"),
    [
        (["1.234", "45.678"], ";"),
        (["1,000"], ","),
        (["1,000", "12"], "\t"),
        (["1.000"], "\t"),
        (["1.000"], "|"),
        (["1,000"], ""),
    ],
)
def test_what_may_be_two_numbers_is_not_taken_for_either(texts: list[str], separator: str) -> None:
    with pytest.raises(Ambiguous):
        read(texts, separator)


@pytest.mark.parametrize(("decimal", "value"), [(",", 45678), (".", 45.678)])
def test_a_person_can_say_which(decimal: str, value: float) -> None:
    assert read(["45.678"], ";", decimal=decimal) == ([value], 0)


def test_another_column_shows_it_and_what_was_understood_is_told() -> None:
    figures = figures_of({"gdp": ["45.678"], "life": ["2,5"]}, separator=";")

    assert figures.read("gdp", "45.678") == 45678
    [note] = figures.notes()
    assert (note["code"], "“45.678” is read as 45678, as “2,5” shows" in note["detail"]) == ("number_understood", True)


@pytest.mark.parametrize("text", ["1_000", "nan", "NaN", "inf", "-Infinity", "1e999", "٣", "1,5,2", "12 €", "0x10", ""])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_words_and_signs_are_no_numbers(text: str, separator: str) -> None:
    with pytest.raises(NotANumber):
        read([text], separator)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_column_that_contradicts_itself_is_refused(separator: str) -> None:
    with pytest.raises(NotANumber):
        read(["1,5", "2.25"], separator)


def test_a_number_of_a_workbook_is_certain() -> None:
    assert read([Figure("45.678"), "1,5"], "") == ([45.678, 1.5], 0)
