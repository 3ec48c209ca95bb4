"""How much must be known before a node has a value: a share of the weights, or of the indicators below it."""

from typing import Any

import pytest

from resimate_engine import explain, score
from resimate_engine.document import DocumentInvalid, parse
from resimate_engine.exchange import document_of, read_workbook, sheets_of, write_workbook
from resimate_engine.tests.documents import branch, document, leaf, unit

HALF = {"share": 0.5, "of": "indicators"}


def grouped(min_coverage: Any) -> dict[str, Any]:
    """Two dimensions of one weight: one with a single indicator, one with four."""
    children = branch("few", leaf("a")), branch("many", *(leaf(code) for code in "bcde"))
    return document(*children, root={"min_coverage": min_coverage})


def reason(data: dict[str, Any], **values: Any) -> str | None:
    return score(parse(data), [unit(**values)]).results[0]["reason"]


@pytest.mark.parametrize(
    ("given", "withheld"), [({"a": 1}, True), ({"a": 1, "b": 1}, True), ({"b": 1, "c": 1, "d": 1}, False)]
)
def test_less_than_half_of_the_indicators_is_too_little(given: dict[str, float], withheld: bool) -> None:
    assert (reason(grouped(HALF), **given) == "below_min_coverage") is withheld


def test_the_same_share_of_weights_is_another_rule() -> None:
    assert reason(grouped({"share": 0.5, "of": "weights"}), a=1) is None
    assert reason(grouped(0.5), a=1) is None
    assert reason(grouped(HALF), a=1) == "below_min_coverage"


def test_what_does_not_apply_or_has_no_weight_is_not_counted() -> None:
    data = grouped({"share": 1, "of": "indicators"})
    data["root"]["children"][1]["children"][0]["weight"] = 0

    assert reason(data, a=1, c=1, d=1, e="not_applicable") is None


def test_an_indicator_has_none_below_it() -> None:
    with pytest.raises(DocumentInvalid, match="an indicator cannot have indicators below it"):
        parse(document(leaf("a", node={"min_coverage": HALF})))


def test_the_rule_survives_a_workbook_and_is_told_in_the_explanation() -> None:
    data = grouped(HALF)

    back, _ = document_of(read_workbook(write_workbook(sheets_of(data))))
    told = explain(parse(data), [unit(a=1)], "u")["nodes"]["root"]["min_coverage"]

    assert (back["root"]["min_coverage"], told) == (HALF, HALF)


def test_a_fraction_of_the_maximum_beyond_the_scale_warns() -> None:
    shares: dict[str, Any] = {"normalisation": {"method": "fraction_of_max"}, "direction": "negative"}
    model = parse(document(leaf("a", **shares), mode="relative"))

    found = score(model, [unit("x", a=2), unit("y", a=8)])

    assert [one["code"] for one in found.warnings] == ["off_scale"]
