"""The first of many mistakes are told, and how many more there are."""

from apps.core.errors import Invalid, Problem
from apps.core.pages import first_of, problems_told


def refused(count: int, more: int = 0) -> Invalid:
    return Invalid("Some of it is wrong.", errors=(Problem(f"/{row}", "is wrong") for row in range(count)), more=more)


def test_fifty_are_told_and_the_others_counted() -> None:
    refusal = refused(73)

    assert [refusal.errors[0].pointer, refusal.errors[-1].pointer] == ["/0", "/49"]
    assert refusal.more == 23


def test_what_a_reader_has_counted_already_counts_as_well() -> None:
    assert refused(50, more=4).more == 4


def test_a_page_ends_with_how_many_more_there_are() -> None:
    said = problems_told(refused(73), lambda problem: problem.pointer)

    assert said[:2] == ["/0", "/1"]
    assert said[50:] == ["23 more were found."]


def test_a_page_says_the_refusal_itself_where_nothing_is_named() -> None:
    assert problems_told(refused(0), lambda problem: problem.pointer) == ["Some of it is wrong."]


def test_few_are_told_as_they_are() -> None:
    assert first_of(["a", "b"]) == ["a", "b"]
