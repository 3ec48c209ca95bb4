"""The language of formulas."""

import math

import pytest

from resimate_engine.document import DocumentInvalid, parse
from resimate_engine.formula import DEEPEST, LONGEST, FormulaInvalid
from resimate_engine.formula import parse as parse_formula
from resimate_engine.tests.documents import branch, document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")


def formula(expression):
    return document(leaf("a"), leaf("b"), root={"aggregation": {"method": "formula", "expression": expression}})


def value(expression, a=3, b=4):
    [result] = results(formula(expression), unit(a=a, b=b))
    return result["score"] if result["reason"] is None else result["reason"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", 3),
        ("a + b * 2", 11),
        ("(a + b) * 2", 14),
        ("a - b - 1", -2),
        ("b / 2 / 2 + 0*a", 1),
        ("-a ** 2", -9),
        ("(-a) ** 2", 9),
        ("2 ** a ** 2", 512),
        ("2 ** -a", 0.125),
        ("+a - -b", 7),
        ("min(a, b, 1)", 1),
        ("max(a, b)", 4),
        ("sqrt(b)", 2),
        ("abs(a - b)", 1),
        ("exp(0 * a)", 1),
        ("ln(exp(a))", 3),
        ("50 * (a - b + 1)", 0),
        (" 1.5e1\t* a \n", 45),
        (".5 * b", 2),
        ("1. * b", 4),
    ],
)
def test_what_a_formula_comes_to(expression, expected):
    assert value(expression) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    "expression",
    ["a / (b - 4)", "1 / (a / (b - 4))", "ln(a - 3)", "ln(-a)", "sqrt(-a)", "exp(1000 * a)", "10 ** 308 * a * 10",
     "9 ** 9 ** 9 ** a", "(-a) ** 0.5", "0 ** -a", "1e308 * a - 1e308 * a"],
)  # fmt: skip
def test_what_is_not_defined_or_not_finite_is_null_with_a_reason(expression):
    assert value(expression) == "not_defined"


def test_with_a_null_child_that_it_names_it_is_null():
    assert value("a + b", b=None) == "missing_child"
    assert value("b ** 0 + a", b=None) == "missing_child"
    assert value("a * 2", b=None) == 6.0
    assert value("a * 2", b="not_applicable") == 6.0
    assert value("a + b", b="not_applicable") == "missing_child"


def test_a_null_formula_is_a_gap_for_the_node_above():
    inner = branch("d", leaf("a"), leaf("b"), aggregation={"method": "formula", "expression": "a + b"})

    [result] = results(document(inner, leaf("c")), unit(a=1, c=50))

    assert (result["score"], result["coverage"]) == (50.0, 0.5)


def test_codes_may_be_called_like_functions():
    data = document(leaf("min"), leaf("ln"), root={"aggregation": {"method": "formula", "expression": "min(min, ln)"}})

    assert results(data, unit(min=3, ln=2))[0]["score"] == 2.0


@pytest.mark.parametrize(
    "expression",
    ["", " ", "a +", "* a", "a b", "(a", "a)", "a ** ", "min()", "min(a", "sqrt(a, b)", "system(a)", "a.b", "a[0]",
     "__import__('os')", "a if b else a", "a == b", "a // b", "a % b", "lambda: a", "1e999 * a", "a; b", "a,b", "é",
     "a_ & b", "'a'", "0x10 * a", "1_0 * a", "(" * (DEEPEST + 2) + "a" + ")" * (DEEPEST + 2), "-" * 100 + "a",
     "2**" * 100 + "a", "a + " * LONGEST + "a"],
)  # fmt: skip
def test_what_is_no_formula_is_refused(expression):
    with pytest.raises(FormulaInvalid) as refused:
        parse_formula(expression)
    assert len(str(refused.value).split()) > 2


def test_a_refusal_names_the_place():
    with pytest.raises(FormulaInvalid, match="character 4: ' § b'"):
        parse_formula("a + § b")
    with pytest.raises(FormulaInvalid, match=r"token 3: \) expected, not the end"):
        parse_formula("(a")


@pytest.mark.parametrize("nested", ["({})", "-{}", "2 ** {}", "abs({})", "min(1, {})"])
def test_nesting_is_allowed_up_to_a_depth_and_no_further(nested):
    text = "a"
    for _ in range(DEEPEST):
        text = nested.format(text)

    assert parse_formula(text)
    with pytest.raises(FormulaInvalid, match="nested"):
        parse_formula(nested.format(text))


def test_a_long_chain_needs_no_recursion():
    assert value(" + ".join(["a"] * 500)) == 1500


@pytest.mark.parametrize(
    ("expression", "code"), [("a + c", "unknown_name"), ("a +", "bad_formula"), ("1 + 2", "no_name")]
)
def test_a_document_with_a_bad_formula_is_refused(expression, code):
    with pytest.raises(DocumentInvalid) as refused:
        parse(formula(expression))
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [
        ("/root/aggregation/expression", code)
    ]


def test_published_formulas():
    inform = document(
        leaf("hazard"),
        leaf("vulnerability"),
        leaf("coping"),
        root={"aggregation": {"method": "formula", "expression": "(hazard * vulnerability * coping) ** (1 / 3)"}},
    )

    [result] = results(inform, unit(hazard=8, vulnerability=4, coping=2))

    assert result["score"] == pytest.approx(4, rel=1e-14)
    assert math.isfinite(result["score"])
