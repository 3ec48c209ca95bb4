"""Read a drawing back: what it says, and which shapes it has."""

from xml.etree import ElementTree as ET

from resimate_charts import Band, Scale

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script>&\'"'
BANDS = tuple(
    Band(start, name) for start, name in ((0, "Critical"), (30, "Low"), (50, "Moderate"), (65, "Good"), (80, "Strong"))
)
SCORES = Scale(bands=BANDS)


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - drawn by the code under test


def words(svg: str) -> list[str]:
    return [element.text or "" for element in parse(svg).iter(f"{SVG}text")]


def with_class(svg: str, name: str) -> list[ET.Element]:
    return [element for element in parse(svg).iter() if name in element.get("class", "").split()]
