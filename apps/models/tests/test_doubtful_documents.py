"""Whoever brings a document that is perhaps not meant so is told on its page and in every answer about it."""

import copy
import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from apps.models import services
from apps.models.tests.conftest import SURVEY, Api

pytestmark = pytest.mark.requirement("CMS-001")
AT = "/root/children/1/indicator/normalisation/high"
SAID = "network: 5 is read on the model's scale from 0 to 100, because answers are put on that first. "


@pytest.fixture
def doubtful() -> dict[str, Any]:
    document = copy.deepcopy(SURVEY)
    document["response_scales"]["stars"] = {"kind": "numeric", "low": 0, "high": 5}
    indicator = document["root"]["children"][1]["indicator"]
    indicator["questions"][0]["scale"] = "stars"
    indicator["normalisation"] = {"method": "goalposts", "low": 0, "high": 5}
    return document


def _places(warnings: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(one["code"], one["pointer"]) for one in warnings]


def test_a_version_says_it_in_its_warnings(api: Api, doubtful: dict[str, Any]) -> None:
    made = api.post("models/", doubtful).json()

    version = api.get(f"models/{made['id']}/versions/1/").json()

    assert _places(version["warnings"]) == [("own_unit", f"/document{AT}")]
    assert version["warnings"][0]["detail"].startswith(SAID)


def test_a_calculation_says_it_beside_its_results(api: Api, doubtful: dict[str, Any]) -> None:
    found = api.post("calculations/", {"model": doubtful, "units": [{"id": "u"}]}).json()

    assert _places(found["warnings"]) == [("own_unit", f"/model{AT}")]


def test_an_import_of_files_names_the_place_in_the_file(api: Api, doubtful: dict[str, Any], publish: Any) -> None:
    workbook = services.export_xlsx(publish(doubtful))
    files = [{"name": "m.json", "text": json.dumps(doubtful)}]
    sheets = [{"name": "m.xlsx", "content": b64encode(workbook).decode()}]

    as_json = api.post("models/import/", {"files": files, "dry_run": True}).json()
    as_workbook = api.post("models/import/", {"files": sheets, "dry_run": True}).json()

    assert _places(as_json["warnings"]) == [("own_unit", f"/files/0{AT}")]
    [(code, pointer)] = _places(as_workbook["warnings"])
    assert (code, pointer.startswith("/files/0/")) == ("own_unit", True)
    assert "indicator.normalisation" in pointer


def test_the_page_of_the_version_says_it_and_that_of_another_does_not(
    ada: Any, publish: Any, doubtful: dict[str, Any]
) -> None:
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(ada)
    pages = [
        browser.get(f"/models/{publish(document).model_id}/").content.decode()
        for document in (doubtful, {**SURVEY, "code": "certain"})
    ]

    assert [SAID.replace("'", "&#x27;") in page for page in pages] == [True, False]
