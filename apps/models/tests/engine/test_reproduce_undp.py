"""The gender and inequality indices of UNDP (Human Development Report 2021/22, technical notes 2 to 4) as documents.

A value that a formula needs in two places is two indicators with one input.
"""

import math
from typing import Any

import pytest

from apps.models.tests.engine.documents import branch, document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
PERCENT = {"normalisation": {"method": "goalposts", "low": 0, "high": 100}}
# Table 5: maternal mortality, adolescent births, women's share of seats, secondary education, at work, index.
TABLE_5 = {
    "Denmark": (4, 1.9, 39.7, 95.1, 95.2, 57.7, 66.7, 0.013),
    "Norway": (2, 2.3, 45.0, 99.1, 99.3, 60.3, 72.0, 0.016),
    "Switzerland": (5, 2.2, 39.8, 96.9, 97.5, 61.7, 72.7, 0.018),
    "Sweden": (4, 3.3, 47.0, 91.8, 92.2, 61.7, 68.0, 0.023),
    "Netherlands": (5, 2.8, 39.1, 89.8, 92.7, 62.4, 71.3, 0.025),
    "Iceland": (4, 5.4, 47.6, 99.8, 99.7, 61.7, 70.5, 0.043),
    "Australia": (6, 8.1, 37.9, 94.6, 94.4, 61.1, 70.5, 0.073),
}
NAMES = ("deaths", "births", "seats", "taught_f", "taught_m", "works_f", "works_m")


def formula(code: str, expression: str, *children: dict[str, Any]) -> dict[str, Any]:
    return branch(code, *children, aggregation={"method": "formula", "expression": expression})


def share(code: str, name: str, **indicator: Any) -> dict[str, Any]:
    return {"code": code, "indicator": {"input": name, **PERCENT, **indicator}}


def health(code: str) -> dict[str, Any]:
    """Mortality is cut off at 10 deaths in 100,000 births."""
    deaths = {"code": f"{code}_deaths", "indicator": {"input": "deaths"}}
    births = {"code": f"{code}_births", "indicator": {"input": "births"}}
    return formula(code, f"sqrt(10 / max({code}_deaths, 10) / {code}_births)", deaths, births)


def power(code: str, sex: str) -> dict[str, Any]:
    """A parliament without women counts as one of a tenth of a percent."""
    seats = share(f"{code}_seats", "seats", direction="positive" if sex == "f" else "negative")
    floored = {"method": "geometric_mean", "zero": "floor", "floor": 0.001}
    return branch(code, seats, share(f"{code}_taught", f"taught_{sex}"), aggregation=floored)


def gender_inequality() -> dict[str, Any]:
    women = branch("women", health("hf"), power("pf", "f"), share("wf", "works_f"), aggregation="geometric_mean")
    men = formula("men", "(pm * wm) ** (1 / 3)", power("pm", "m"), share("wm", "works_m"))
    standard = branch(
        "standard",
        formula("health", "(h + 1) / 2", health("h")),
        branch("empowerment", power("p1", "f"), power("p2", "m")),
        branch("labour", share("w1", "works_f"), share("w2", "works_m")),
        aggregation="geometric_mean",
    )
    root = {"aggregation": {"method": "formula", "expression": "1 - both / standard"}}
    both = branch("both", women, men, aggregation="harmonic_mean")
    return document(both, standard, root=root, scale={"low": 0, "high": 1})


@pytest.mark.parametrize("country", TABLE_5)
def test_the_gender_inequality_index_is_the_published_one(country: str) -> None:
    *measured, published = TABLE_5[country]

    [result] = results(gender_inequality(), unit(**dict(zip(NAMES, measured, strict=True))))

    assert result["score"] == pytest.approx(published, abs=0.00061)  # what is printed is rounded
    assert result["nodes"]["women"]["value"] < result["nodes"]["men"]["value"]


def test_a_parliament_without_women_is_not_refused() -> None:
    values = dict(zip(NAMES, (12, 10.0, 0, 50, 60, 40, 80), strict=True))

    [none], [few] = (results(gender_inequality(), unit(**{**values, "seats": seats})) for seats in (0, 0.1))

    assert none["nodes"]["pf"]["value"] == few["nodes"]["pf"]["value"]
    assert 0.5 < few["score"] <= none["score"] < 1


def goalposts(code: str, low: float, high: float, **indicator: Any) -> dict[str, Any]:
    return leaf(code, normalisation={"method": "goalposts", "low": low, "high": high}, **indicator)


def human_development(sex: str, youngest: float, oldest: float) -> dict[str, Any]:
    """Women live five years longer by nature; income is shared out by wages and work."""
    schooling = branch("school" + sex, goalposts("eys" + sex, 0, 18), goalposts("mys" + sex, 0, 15))
    income = formula(
        "income" + sex,
        f"(ln(min(gni{sex}, 75000)) - ln(100)) / (ln(75000) - ln(100))",
        formula(
            "gni" + sex,
            "gnif_all * wage * atf / (wage * atf + 1 - atf) / womenf"
            if sex == "f"
            else "gnim_all * (1 - wagem * atm / (wagem * atm + 1 - atm)) / (1 - womenm)",
            *(
                {"code": code, "indicator": {"input": name}}
                for code, name in (
                    (f"gni{sex}_all", "gni"),
                    ("wage" if sex == "f" else "wagem", "wage_ratio"),
                    (f"at{sex}", "women_at_work"),
                    (f"women{sex}", "women"),
                )
            ),
        ),
    )
    life = goalposts("life" + sex, youngest, oldest)
    return branch("hdi" + sex, life, schooling, income, aggregation="geometric_mean")


def test_the_gender_development_index_is_a_ratio_of_two_indices() -> None:
    root = {"aggregation": {"method": "formula", "expression": "hdif / hdim"}}
    data = document(
        human_development("f", 22.5, 87.5), human_development("m", 17.5, 82.5), root=root, scale={"low": 0, "high": 1}
    )
    measured = {"lifef": 70.0, "lifem": 66.0, "eysf": 11.0, "eysm": 12.0, "mysf": 6.0, "mysm": 8.0}
    shared = {"gni": 9000.0, "wage_ratio": 0.8, "women_at_work": 0.4, "women": 0.51}

    [result] = results(data, unit(**measured, **shared))

    women = 0.8 * 0.4 / (0.8 * 0.4 + 0.6)
    incomes = 9000 * women / 0.51, 9000 * (1 - women) / 0.49
    indices = [
        (life / 65 * (expected / 18 + mean / 15) / 2 * math.log(income / 100) / math.log(750)) ** (1 / 3)
        for life, expected, mean, income in ((47.5, 11, 6, incomes[0]), (48.5, 12, 8, incomes[1]))
    ]
    assert result["score"] == pytest.approx(indices[0] / indices[1], rel=1e-12)
    assert [result["nodes"][code]["value"] for code in ("gnif", "gnim")] == pytest.approx(incomes, rel=1e-12)


def test_the_inequality_adjusted_index_loses_what_inequality_costs() -> None:
    names = ("life", "school", "income")
    parts = [
        formula(name, f"{name}_index * (1 - {name}_loss / 100)", leaf(f"{name}_index"), leaf(f"{name}_loss"))
        for name in names
    ]
    data = document(*parts, root={"aggregation": "geometric_mean"}, scale={"low": 0, "high": 1})
    indices, losses = (0.9, 0.8, 0.7), (5.0, 10.0, 20.0)

    [result] = results(
        data,
        unit(
            **{f"{name}_index": index for name, index in zip(names, indices, strict=True)},
            **{f"{name}_loss": loss for name, loss in zip(names, losses, strict=True)},
        ),
    )

    whole = math.prod(indices) ** (1 / 3)
    assert result["score"] == pytest.approx(whole * (0.95 * 0.9 * 0.8) ** (1 / 3), rel=1e-14)
