"""Files as German spreadsheets, the World Bank and users of COINr write them: read right, or refused in a sentence."""

import base64
import io
from typing import Any

import openpyxl
import pytest

from apps.models.models import Assessment, ModelVersion, Subject
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001")
IMETA = (
    "iCode,iName,Weight,Parent,Type\nIDX,Index,1,,Aggregate\nGDP,Output,1,IDX,Indicator\nLIFE,Life,1,IDX,Indicator\n"
)


def _file(name: str, content: str | bytes, encoding: str = "utf-8") -> dict[str, str]:
    data = content if isinstance(content, bytes) else content.encode(encoding)
    return {"name": name, "content": base64.b64encode(data).decode()}


def _import(api: Api, meta: Any, data: Any, **options: Any) -> Any:
    return api.post("models/import/", {"files": [_file("iMeta.csv", meta), data], "publish": True, **options})


def _values() -> dict[str, dict[str, float]]:
    return {one.subject.code: one.values for one in Assessment.objects.select_related("subject")}


def _book(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(("encoding", "codes"), [("utf-8-sig", []), ("cp1252", ["encoding_assumed"]), ("utf-16", [])])
def test_a_german_spreadsheet_is_read_with_its_commas(api: Api, encoding: str, codes: list[str]) -> None:
    text = ";;;\r\nuCode;uName;GDP;LIFE\r\nÖST;Österreich;1,5;2,5\r\n;;;\r\nDE;Deutschland;1.234,5;3\r\n"

    answer = _import(api, IMETA, _file("iData.csv", text, encoding))

    assert answer.status_code == 201, answer.content
    assert [one["code"] for one in answer.json()["warnings"]] == codes
    assert _values() == {"ÖST": {"GDP": 1.5, "LIFE": 2.5}, "DE": {"GDP": 1234.5, "LIFE": 3}}
    assert Subject.objects.get(code="ÖST").name == "Österreich"


THOUSANDS = "uCode;uName;GDP;LIFE\nAT;Austria;1.234;2\nDE;Germany;45.678;3\n"


def test_points_that_may_be_thousands_are_asked_about(api: Api) -> None:
    answer = _import(api, IMETA, _file("iData.csv", THOUSANDS), dry_run=True)

    assert answer.status_code == 422
    [first, _second] = answer.json()["errors"]
    assert (first["pointer"], first["code"]) == ("/files/1/lines/2/GDP", "ambiguous_number")
    assert "“1.234” can mean 1234 or 1.234: choose the decimal mark of the file" in first["detail"]
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(("decimal", "value"), [(",", 45678), (".", 45.678)])
def test_and_are_what_the_person_says(api: Api, decimal: str, value: float) -> None:
    assert _import(api, IMETA, _file("iData.csv", THOUSANDS), decimal=decimal).status_code == 201
    assert _values()["DE"] == {"GDP": value, "LIFE": 3}


def test_codes_with_dots_become_codes_and_data_find_them(api: Api) -> None:
    meta = IMETA.replace("GDP,Output", "SI.POV.01,Poverty").replace("IDX", "X.1")
    data = "uCode,SI.POV.01,life\nA,1.5,2\n"

    answer = _import(api, meta, _file("iData.csv", data))

    assert answer.status_code == 201, answer.content
    said = [one["detail"] for one in answer.json()["warnings"] if one["code"] == "codes_spelt"]
    assert "SI.POV.01 → SI_POV_01" in said[0] + said[1]
    root = ModelVersion.objects.get().document["root"]
    assert (root["code"], root["children"][0]["code"], root["children"][0]["name"]) == (
        "X_1",
        "SI_POV_01",
        {"en": "Poverty"},
    )
    assert _values() == {"A": {"SI_POV_01": 1.5, "LIFE": 2}}


@pytest.mark.parametrize(
    ("meta", "data", "pointer"),
    [
        (IMETA.replace("GDP", "A.B").replace("LIFE", "A_B"), "uCode,A_B\nA,1\n", "/files/0/lines/4/iCode"),
        (IMETA.replace("GDP", "A.B"), "uCode,A_B,A.B\nA,1,2\n", "/files/1/lines/1/A.B"),
        (IMETA, "uCode,GDP,gdp\nA,1,2\n", "/files/1/lines/1/gdp"),
    ],
)
def test_two_codes_that_would_be_one_are_refused(api: Api, meta: str, data: str, pointer: str) -> None:
    answer = _import(api, meta, _file("iData.csv", data), dry_run=True)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_data_come_as_a_workbook_too_and_texts_in_it_follow_the_rule(api: Api) -> None:
    book = _book(
        ("uCode", "uName", "GDP", "LIFE"),
        ("A", "one_x000D_\ntwo", 45.678, "1,5"),
        (None, " ", None),
        ("B", "b", 1, "2"),
    )

    answer = _import(api, IMETA, _file("iData.xlsx", book))

    assert answer.status_code == 201, answer.content
    assert _values() == {"A": {"GDP": 45.678, "LIFE": 1.5}, "B": {"GDP": 1, "LIFE": 2}}


@pytest.mark.parametrize(
    "bad", [b"uCode,GDP\nJ\xc3\xb6,1\n\xff,2\n", "uCode,GDP\nJörg,1\n".encode("mac_roman"), b"uCode,GDP\na\0,1\n"]
)
def test_what_is_no_text_is_refused_with_its_line(api: Api, bad: bytes) -> None:
    answer = _import(api, IMETA, _file("iData.csv", bad), dry_run=True)

    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"].startswith("/files/1/lines/")


def test_a_subject_is_known_however_its_code_is_spelt_and_that_is_told(api: Api) -> None:
    _import(api, IMETA, _file("iData.csv", "uCode,GDP\nNorth,1\nsouth,2\n"))
    version = str(ModelVersion.objects.get().pk)
    files = [_file("values.csv", "ID,gdp\nnorth,3\nSOUTH\u00ad,4\nwest,5\n")]

    answer = api.post("models/import/", {"files": files, "version": version, "period": "2"})

    assert answer.status_code == 201, answer.content
    assert sorted(Subject.objects.values_list("code", flat=True)) == ["North", "south", "west"]
    said = [one["detail"] for one in answer.json()["warnings"] if one["code"] == "codes_spelt"]
    assert any("north → North" in one for one in said)
    assert any("gdp → GDP" in one for one in said)


def test_one_unit_in_two_spellings_stands_twice_in_the_file(api: Api) -> None:
    answer = _import(api, IMETA, _file("iData.csv", "uCode,GDP\nNorth,1\nNORTH,2\n"), dry_run=True)

    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/files/1/lines/3/uCode", "duplicate_id")
    ]
