"""Tables as offices keep them: with a title above the headings."""

import pytest

from resimate_engine.datafile import read_file
from resimate_engine.exchange import coinr
from resimate_engine.exchange.incoming import File

pytestmark = pytest.mark.requirement("CMS-001")


@pytest.mark.parametrize(("heading", "kind"), [("uCode", "idata"), ("iCode", "imeta"), ("Einheit", "values")])
def test_a_file_is_known_by_its_headings_below_a_title(heading: str, kind: str) -> None:
    assert File("x.csv", f"Kennzahlen 2027;;\n;;\n{heading};BIP\nAT;1\n".encode()).kind() == kind


def test_values_below_a_title_keep_their_lines_and_the_title_is_told() -> None:
    read = read_file("Kennzahlen 2027;;\n;;\nEinheit;BIP\nAT;1,5\n")

    assert (read.units, read.lines) == ([{"id": "AT", "values": {"BIP": 1.5}}], {"AT": 4})
    assert [note["code"] for note in read.notes] == ["title_not_read"]


def test_idata_below_a_title_is_read() -> None:
    read = coinr.lines("Kennzahlen 2027;;\nuCode;uName;BIP\nAT;Austria;1\n", coinr.DATA, needed=("uCode",))

    assert [row.cells for row in read.rows] == [{"uCode": "AT", "uName": "Austria", "BIP": "1"}]
