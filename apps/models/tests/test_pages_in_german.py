"""What is wrong with a file or a form is said in the language of the page, with its values in it."""

import html
import io
import json
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.models.tests.conftest import Api
from apps.models.tests.exchange.test_import_files import IDATA, IMETA
from resimate_engine.exchange import sheets_of, write_workbook

pytestmark = pytest.mark.requirement("CMS-001")
EXCHANGE = "/models/exchange/"


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client(headers={"host": "acme.localhost", "accept-language": "de"})
    client.force_login(ada)
    return client


def _text(page: Any) -> str:
    return " ".join(html.unescape(page.content.decode()).split())


def _file(name: str, content: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def _broken(survey: dict[str, Any]) -> dict[str, Any]:
    """A document that breaks its schema."""
    survey["root"]["children"][0]["weight"] = -1
    survey["root"]["children"][1]["colour"] = "red"
    del survey["scale"]
    return survey


BROKEN = [
    ("/root/children/0/weight", "-1 ist kleiner als das Minimum 0"),
    ("/root/children/1/colour", "'colour' ist hier nicht bekannt"),
    ("/scale", "scale fehlt"),
]


def test_what_is_wrong_with_a_document(browser: Client, survey: dict[str, Any]) -> None:
    page = browser.post("/models/import/", {"text": json.dumps(_broken(survey))})

    assert page.status_code == 422
    for pointer, said in BROKEN:
        assert f"{pointer}: {said}" in _text(page)


def test_the_administration_says_it_too(browser: Client, survey: dict[str, Any]) -> None:
    file = _file("model.json", json.dumps(_broken(survey)))

    page = browser.post("/admin/resilience/resiliencemodel/add/", {"file": file})

    for pointer, said in BROKEN:
        assert f"{pointer}: {said}" in _text(page)


def test_what_is_wrong_with_a_document_among_files(browser: Client, survey: dict[str, Any]) -> None:
    page = browser.post(EXCHANGE, {"model_file": _file("m.json", json.dumps(_broken(survey)))})

    assert page.status_code == 422
    for pointer, said in BROKEN:
        assert f"m.json, {pointer}: {said}" in _text(page)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"children": [' * 10_000 + "{}" + "]}" * 10_000, "kein lesbares JSON: es ist zu tief verschachtelt"),
        ('{"weight": NaN}', "kein JSON: NaN ist keine Zahl in JSON"),
    ],
)
def test_what_no_document_can_be_read_from(browser: Client, text: str, said: str) -> None:
    pasted = browser.post("/models/import/", {"text": text})
    file = browser.post(EXCHANGE, {"model_file": _file("m.json", text)})

    assert (pasted.status_code, file.status_code) == (422, 422)
    assert said in _text(pasted)
    assert f"m.json: {said}" in _text(file)


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "said"),
    [
        ("Nodes", 3, "parent", "nobody", "Nodes, Zeile 3, Spalte parent: es gibt keinen Knoten 'nobody'"),
        ("Nodes", 3, "weight", "=A1", "Nodes, Zeile 3, Spalte weight: dort steht eine Formel"),
        ("Nodes", 3, "weight", -1, "Nodes, Zeile 3, Spalte weight: -1 ist kleiner als das Minimum 0"),
        ("Model", 3, "key", "schema", "Model, Zeile 3, Spalte key: 'schema' steht schon in einer früheren Zeile"),
    ],
)
def test_what_is_wrong_with_a_workbook(
    browser: Client, survey: dict[str, Any], sheet: str, row: int, column: str, value: Any, said: str
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(sheets_of(survey))))
    head = [cell.value for cell in book[sheet][1]]
    book[sheet].cell(row, head.index(column) + 1).value = value
    content = io.BytesIO()
    book.save(content)

    page = browser.post(EXCHANGE, {"model_file": _file("survey.xlsx", content.getvalue())})

    assert page.status_code == 422
    assert f"survey.xlsx, {said}" in _text(page)


def test_what_is_wrong_with_data_and_what_is_passed_over(browser: Client) -> None:
    wrong = {"model_file": _file("iMeta.csv", IMETA), "data_file": _file("d.csv", IDATA.replace("NA", "many"))}
    right = {"model_file": _file("iMeta.csv", IMETA), "data_file": _file("d.csv", IDATA)}

    refused = browser.post(EXCHANGE, {**wrong, "publish": "on"})
    checked = browser.post(EXCHANGE, {**right, "publish": "on"})

    assert "d.csv, Zeile 3, Spalte Rail: 'many' ist keine Zahl" in _text(refused)
    assert "1 Zielwerte werden nicht genutzt" in _text(checked)


def test_a_file_of_a_reference_set(browser: Client, publish: Any, survey: dict[str, Any]) -> None:
    survey["mode"] = "relative"
    version = publish(survey)
    file = _file("u.csv", "id,x\na,1\na,2\n")

    page = browser.post(f"/models/{version.model_id}/versions/1/reference-sets/new/", {"name": "W", "file": file})

    assert page.status_code == 422
    assert "Zeile 3: die Einheit a steht schon in einer früheren Zeile" in _text(page)


def test_a_program_is_answered_in_english_whatever_its_language(api: Api, survey: dict[str, Any]) -> None:
    answer = api.post("models/", _broken(survey), accept_language="de")

    assert answer.status_code == 422
    assert {one["pointer"]: one["detail"] for one in answer.json()["errors"]} == {
        "/root/children/0/weight": "-1 is less than the minimum of 0",
        "/root/children/1/colour": "'colour' is not allowed here",
        "/scale": "scale is missing",
    }
