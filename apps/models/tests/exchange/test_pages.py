"""The page that checks files, shows what they would make, makes it, and takes it back."""

import html
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.core.models import Job
from apps.core.tests.pages import as_read
from apps.models.models import Assessment, Import, ModelVersion, Subject
from apps.models.tests.exchange.test_import_files import ANSWERS, IDATA, IMETA
from resimate_engine.exchange import sheets_of, write_workbook
from resimate_engine.exchange.coinr import NORMALISATIONS

pytestmark = pytest.mark.requirement("CMS-001")
ACME = {"host": "acme.localhost"}
PAGE = "/models/exchange/"


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(ada)
    return client


def _file(name: str, content: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())


def _text(page: Any) -> str:
    return as_read(page.content.decode())


def _hidden(page: Any) -> dict[str, str]:
    """The hidden fields of the form that the check offers."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode())
    return {name: html.unescape(value) for name, value in found}


def test_a_check_shows_what_would_be_made_and_the_next_step_makes_it(browser: Client) -> None:
    files = {"model_file": _file("iMeta.csv", IMETA), "data_file": _file("iData.csv", IDATA)}
    checked = browser.post(PAGE, {**files, "publish": "on"})

    assert checked.status_code == 200
    assert "<dt>Subjects</dt><dd>2</dd>" in _text(checked)
    assert "1 targets are not used" in _text(checked)
    assert not ModelVersion.objects.exists()

    made = browser.post(PAGE, _hidden(checked), follow=True)

    assert "The files have been imported." in _text(made)
    assert ModelVersion.objects.get().state == "published"
    assert Assessment.objects.count() == 2


def test_a_workbook_is_made_a_draft_and_offered_again(browser: Client, survey: dict[str, Any]) -> None:
    book = write_workbook(sheets_of(survey))
    checked = browser.post(PAGE, {"model_file": _file("survey.xlsx", book)})

    detail = browser.post(PAGE, _hidden(checked), follow=True)

    version = ModelVersion.objects.get()
    address = f"/models/{version.model_id}/versions/1/document.xlsx"
    assert address in _text(detail)
    assert browser.get(address).content == book
    refused = browser.get(f"/models/{version.model_id}/versions/1/coinr.zip", follow=True)
    assert "This model asks questions" in html.unescape(_text(refused))


def test_what_is_wrong_is_shown_with_file_line_and_column(browser: Client) -> None:
    wrong = IDATA.replace("NA", "many")
    files = {"model_file": _file("iMeta.csv", IMETA), "data_file": _file("mine.csv", wrong)}

    page = browser.post(PAGE, {**files, "publish": "on"})

    assert page.status_code == 422
    assert "mine.csv, line 3, column Rail: &#x27;many&#x27; is not a number" in _text(page)


@pytest.mark.parametrize("kept", ["", "{", "[1]", '[{"name": "x"}]', "[]"])
def test_without_a_file_it_says_so(browser: Client, kept: str) -> None:
    page = browser.post(PAGE, {"kept": kept})

    assert page.status_code == 422
    assert "Choose at least one file." in _text(page)


def test_a_forged_file_is_refused(browser: Client) -> None:
    kept = json.dumps([{"name": "x", "content": "***"}])

    assert browser.post(PAGE, {"kept": kept, "step": "import"}).status_code == 403


def test_data_alone_name_their_version_and_are_taken_back(
    browser: Client, publish: Any, survey: dict[str, Any]
) -> None:
    version = publish(survey)
    checked = browser.post(PAGE, {"data_file": _file("a.csv", ANSWERS), "version": str(version.pk)})
    browser.post(PAGE, _hidden(checked))
    record = Import.objects.get()
    assert Subject.objects.count() == 2

    undone = browser.post(f"{PAGE}{record.pk}/undo/", follow=True)
    again = browser.post(f"{PAGE}{record.pk}/undo/", follow=True)

    assert "The import has been undone." in _text(undone)
    assert "This import has already been undone." in _text(again)
    assert not Subject.objects.exists()


@pytest.mark.thorough
def test_much_data_goes_on_in_the_background(browser: Client, publish: Any, survey: dict[str, Any]) -> None:
    lines = "".join(f"s{number},L1,3\n" for number in range(5001))
    data = _file("a.csv", f"id,question,value\n{lines}")
    checked = browser.post(PAGE, {"data_file": data, "version": str(publish(survey).pk)})

    begun = browser.post(PAGE, _hidden(checked), follow=True)

    assert "continues in the background" in _text(begun)
    assert Job.objects.get().kind == "models.import"
    assert "continues in the background. You can leave this page." in _text(begun)
    assert 'hx-select="#imports"' in _text(begun)


@pytest.mark.parametrize(("state", "said"), [("failed", "failed. Nothing was created."), ("succeeded", None)])
def test_an_import_that_ended_is_not_asked_for_again(
    browser: Client, ada: User, now: Any, state: str, said: Any
) -> None:
    problem = {"title": "An unexpected error; it has been logged"}
    Job.objects.create(
        kind="models.import", state=state, problem=problem, requested_by=ada.pk, created_at=now, ended_at=timezone.now()
    )

    page = _text(browser.get(PAGE))

    assert "hx-select" not in page
    assert (said in page) if said else (problem["title"] not in page)


@pytest.mark.parametrize("chosen", NORMALISATIONS)
def test_imeta_is_read_with_the_normalisation_that_is_chosen(browser: Client, chosen: str) -> None:
    imeta = IMETA.replace("km,,", "km,9,").replace("a year,0,", "a year,4,")
    checked = browser.post(PAGE, {"model_file": _file("iMeta.csv", imeta), "normalisation": chosen})
    assert ("targets are not used" in _text(checked)) == (chosen != "distance_to_target")

    browser.post(PAGE, _hidden(checked))

    assert f'"{chosen}"' in json.dumps(ModelVersion.objects.get().document)


def test_data_without_a_version_are_explained_at_the_field_in_the_reader_s_language(browser: Client) -> None:
    files = {"model_file": _file("iMeta.csv", IMETA), "data_file": _file("iData.csv", IDATA)}
    browser.cookies["django_language"] = "de"

    page = browser.post(PAGE, files)

    assert page.status_code == 422
    assert 'href="#id_publish"' in _text(page)
    assert "Daten brauchen eine veröffentlichte Version" in _text(page)


def test_who_may_not_make_models_does_not_see_it(acme: Any, make_user: Any) -> None:
    client = Client(headers=ACME)
    client.force_login(make_user("bo@acme.example", "stakeholder"))

    assert client.get(PAGE).status_code == 403
