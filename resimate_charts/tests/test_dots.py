"""A dot for each person, one mark for all together, and a table with every number."""

from resimate_charts import Dots, Scale, dots
from resimate_charts.tests.drawn import SVG, parse, words

ROWS = [Dots("People", (20.0, 50.0), 35.0), Dots("Plans", (80.0, 50.0), 65.0)]
PEOPLE = ["Bo", "Cy"]


def test_everybody_has_a_dot_in_every_row_and_the_key_has_one() -> None:
    chart = dots(ROWS, PEOPLE, Scale(), title="Weights", person_name="one expert", combined_name="combined")

    for svg in (chart.svg, chart.narrow):
        circles = list(parse(svg).iter(f"{SVG}circle"))
        assert len(circles) == len(ROWS) * len(PEOPLE) + 1
        places = [float(circle.get("cx", "")) for circle in circles[:4]]
        assert places[0] < places[1] == places[3] < places[2]
        assert {"People", "35.0", "one expert", "combined"} <= set(words(svg))


def test_the_table_names_everybody() -> None:
    table = dots(ROWS, PEOPLE, Scale(), title="Weights", person_name="one", combined_name="combined").table

    assert table.head[1:] == ("combined", *PEOPLE)
    assert table.rows[0] == ("People", "35.0", "20.0", "50.0")
