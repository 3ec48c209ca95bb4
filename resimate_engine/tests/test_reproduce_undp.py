"""The gender and inequality indices of UNDP (technical notes 2 to 4) as documents, against its published figures.

Figures are from UNDP's composite indices, complete time series, of the Human Development Report 2023/24, for 2022 where
no year is said: inputs as they stand in the file, indices rounded to three decimals.
A value that a formula needs in two places is two indicators with one input.
"""

import math
from typing import Any

import pytest

from resimate_engine.tests.documents import branch, document, leaf, results, unit

pytestmark = pytest.mark.requirement("CMS-001", "CMS-002")
PERCENT = {"normalisation": {"method": "goalposts", "low": 0, "high": 100}}
PUBLISHED = 0.00051  # three decimals
# Maternal mortality, adolescent births, women's share of seats, secondary education, at work, index.
INEQUALITY = {
    "Denmark": (4.65771671, 1.814, 43.57541899, 95.06726074, 95.23809814, 59.42, 67.42, 0.009),
    "Norway": (1.663741403, 2.195, 44.9704142, 99.09403104, 99.27497953, 62.53, 69.59, 0.012),
    "Switzerland": (7.378754713, 2.2, 39.02439024, 96.93972611, 97.5174373, 61.49, 71.94, 0.018),
    "Singapore": (7.452762692, 2.462, 29.12621359, 80.46401978, 85.93203735, 63.37, 77.0, 0.036),
    "Japan": (4.314909415, 2.813, 15.4494382, 98.21291351, 99.0597229, 54.2, 71.4, 0.078),
    "United States": (21.08490543, 15.119, 28.06026365, 95.42427826, 95.0670929, 56.79, 67.97, 0.18),
    "Brazil": (72.14753684, 43.582, 17.50841751, 67.40000153, 64.97000122, 53.75, 73.64, 0.391),
    "India": (102.653912, 16.299, 14.63414634, 40.95923996, 58.66342926, 28.26, 76.14, 0.437),
    "Nigeria": (1047.235352, 99.56, 4.47761194, 42.39007187, 57.8144989, 77.04, 85.66, 0.677),
    "Yemen": (183.3997163, 52.497, 0.294117647, 23.7, 38.2, 5.84, 64.69, 0.82),
    "Qatar 2016": (6.52231906, 9.549, 0.01, 73.47531891, 66.11907196, 60.39, 99.81, 0.65),
}
# Life expectancy, expected and mean years of schooling, income of women, then of men, and the index.
DEVELOPMENT = {
    "Switzerland": (85.932, 16.67786026, 13.5494734, 56927.80503, 82.484, 16.49819946, 14.2685357, 82109.4843, 0.971),
    "Norway": (85.055, 19.5213604, 13.21011267, 61067.47743, 81.718, 17.80384064, 12.91269245, 77164.33022, 0.986),
    "Singapore": (86.295, 17.03401947, 11.62705994, 76610.8678, 81.981, 16.81064034, 12.2547102, 99844.2365, 0.991),
    "Japan": (87.832, 15.42416954, 12.3520298, 33478.22333, 81.782, 15.48670959, 13.01966953, 54395.40942, 0.968),
    "Brazil": (76.596, 16.22303963, 8.486056479, 11291.52637, 70.296, 14.95001984, 8.039534208, 18061.22633, 1.0),
    "Qatar": (83.101, 15.28956032, 11.79638314, 47963.67663, 80.626, 12.64908981, 9.737610384, 114134.8423, 1.027),
    "India": (69.384, 12.60725021, 5.529439926, 2957.853786, 66.257, 12.56225967, 7.625889778, 10696.44788, 0.852),
    "Yemen": (67.222, 6.881697407, 1.754562204, 149.9716669, 60.493, 8.919806255, 3.587975855, 2041.915582, 0.456),
}
# Life expectancy, expected and mean years of schooling, income; what inequality costs each dimension, in %; the index.
ADJUSTED = {
    "Switzerland": (84.255, 16.5837307, 13.90406622, 69432.78669, 3.029099, 2.00997, 17.66895, 0.891),
    "Denmark": (81.882, 18.77403069, 12.96049023, 62018.95694, 3.0678389, 2.60018, 11.01864, 0.898),
    "Singapore": (84.133, 16.90273094, 11.92488003, 88761.14559, 2.3018563, 9.4059, 25.93509, 0.825),
    "Brazil": (73.425, 15.5788002, 8.278307638, 14615.89235, 9.5668726, 13.88125, 43.72531, 0.577),
    "South Africa": (61.48, 14.26364994, 11.60696983, 13185.56419, 19.482693, 17.29413, 59.93249, 0.462),
    "India": (67.744, 12.58370972, 6.570700169, 6950.526798, 17.34017, 36.87573, 37.36087, 0.444),
    "Nigeria": (53.633, 10.51407, 7.585969925, 4754.836408, 39.745159, 37.83104, 18.62546, 0.369),
    "Yemen": (63.72, 7.935313345, 2.776825958, 1105.763435, 26.683256, 46.44566, 23.18842, 0.285),
}
NAMES = ("deaths", "births", "seats", "taught_f", "taught_m", "works_f", "works_m")


def formula(code: str, expression: str, *children: dict[str, Any]) -> dict[str, Any]:
    return branch(code, *children, aggregation={"method": "formula", "expression": expression})


def share(code: str, name: str, **indicator: Any) -> dict[str, Any]:
    return {"code": code, "indicator": {"input": name, **PERCENT, **indicator}}


def health(code: str) -> dict[str, Any]:
    """Mortality is cut off at 10 and at 1,000 deaths in 100,000 births."""
    deaths = {"code": f"{code}_deaths", "indicator": {"input": "deaths"}}
    births = {"code": f"{code}_births", "indicator": {"input": "births"}}
    return formula(code, f"sqrt(10 / min(max({code}_deaths, 10), 1000) / {code}_births)", deaths, births)


def power(code: str, sex: str) -> dict[str, Any]:
    """A parliament without women counts as one of a hundredth of a percent.

    So says the time series; the technical note speaks of a tenth, by which the published indices do not come out.
    """
    seats = share(f"{code}_seats", "seats", direction="positive" if sex == "f" else "negative")
    floored = {"method": "geometric_mean", "zero": "floor", "floor": 0.0001}
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


@pytest.mark.parametrize("country", INEQUALITY)
def test_the_gender_inequality_index_is_the_published_one(country: str) -> None:
    *measured, published = INEQUALITY[country]

    [result] = results(gender_inequality(), unit(**dict(zip(NAMES, measured, strict=True))))

    assert result["score"] == pytest.approx(published, abs=PUBLISHED)
    assert result["nodes"]["women"]["value"] < result["nodes"]["men"]["value"]


def test_a_parliament_without_women_is_not_refused() -> None:
    values = dict(zip(NAMES, (12, 10.0, 0, 50, 60, 40, 80), strict=True))

    [none], [few] = (results(gender_inequality(), unit(**{**values, "seats": seats})) for seats in (0, 0.01))

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


def one_sex(sex: str, youngest: float, oldest: float) -> dict[str, Any]:
    """Return the index of one sex from its own income."""
    schooling = branch("school" + sex, goalposts("eys" + sex, 0, 18), goalposts("mys" + sex, 0, 15))
    income = goalposts("gni" + sex, 100, 75000, transform="ln")
    return branch(
        "hdi" + sex, goalposts("life" + sex, youngest, oldest), schooling, income, aggregation="geometric_mean"
    )


@pytest.mark.parametrize("country", DEVELOPMENT)
def test_the_gender_development_index_is_the_published_one(country: str) -> None:
    root = {"aggregation": {"method": "formula", "expression": "hdif / hdim"}}
    data = document(one_sex("f", 22.5, 87.5), one_sex("m", 17.5, 82.5), root=root, scale={"low": 0, "high": 1})
    *measured, published = DEVELOPMENT[country]
    names = [name + sex for sex in "fm" for name in ("life", "eys", "mys", "gni")]

    [result] = results(data, unit(**dict(zip(names, measured, strict=True))))

    assert result["score"] == pytest.approx(published, abs=PUBLISHED)


@pytest.mark.parametrize("country", ADJUSTED)
def test_the_inequality_adjusted_index_is_the_published_one(country: str) -> None:
    indices = {
        "health": goalposts("life", 20, 85),
        "education": branch("school", goalposts("eys", 0, 18), goalposts("mys", 0, 15)),
        "income": goalposts("gni", 100, 75000, transform="ln"),
    }
    parts = [
        branch(code, index, share(f"{code}_left", f"{code}_loss", direction="negative"), aggregation="product")
        for code, index in indices.items()
    ]
    data = document(*parts, root={"aggregation": "geometric_mean"}, scale={"low": 0, "high": 1})
    *measured, published = ADJUSTED[country]
    names = ("life", "eys", "mys", "gni", "health_loss", "education_loss", "income_loss")

    [result] = results(data, unit(**dict(zip(names, measured, strict=True))))

    assert result["score"] == pytest.approx(published, abs=PUBLISHED)


def test_incomes_of_women_and_men_follow_from_wages_and_work() -> None:
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
