"""The pages on which reference sets are seen and frozen."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.models import services
from apps.models.models import Assessment, ModelVersion, ReferenceSet, Subject
from apps.models.tests.references.models import RANKING

pytestmark = pytest.mark.requirement("CMS-002")
Assess = Callable[..., Assessment]
ACME = {"host": "acme.localhost"}


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client(headers=ACME)
    client.force_login(ada)
    return client


def _text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_the_page_of_a_relative_model_lists_its_sets(
    browser: Client,
    frozen: ReferenceSet,
    subjects: list[Subject],
    assess: Assess,
    ada: User,
    now: Any,
    survey: Any,
    publish: Any,
) -> None:
    assess(subjects[0], 5, reference_set=frozen)
    path = f"/models/{frozen.version.model_id}/versions/1/"

    text = _text(browser.get(path))

    assert "Reference sets" in text
    assert frozen.digest[:12] in text
    assert f'href="/api/v1/reference-sets/{frozen.pk}/units/?format=csv&amp;bom=1"' in text
    assert f'href="{path}reference-sets/new/"' in text
    assert "Reference sets" not in _text(browser.get(f"/models/{publish(survey).model_id}/"))
    assert "“all” ranks the subjects against each other" in _text(browser.get(f"/models/{publish(RANKING).model_id}/"))


def test_a_period_or_a_file_is_frozen_on_a_page(browser: Client, version: ModelVersion, wave: list[Assessment]) -> None:
    path = f"/models/{version.model_id}/versions/1/reference-sets/new/"
    assert "No reference set yet" in _text(browser.get(f"/models/{version.model_id}/"))
    assert "2026 (2 subjects)" in _text(browser.get(path))

    done = browser.post(path, {"name": "Wave", "period": "period:2026"}, follow=True)
    file = SimpleUploadedFile("u.csv", b"id,x\na,0\nb,10\n")
    again = browser.post(path, {"name": "File", "file": file}, follow=True)

    assert "The reference set is frozen." in _text(done)
    assert "already frozen as “Wave”" in _text(again)
    assert [one.name for one in ReferenceSet.objects.all()] == ["Wave"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "B"}, "Choose one: a period, or a file."),
        ({"name": "", "period": "period:2026"}, "This field is required."),
        ({"name": "B", "period": "period:1"}, "Select a valid choice."),
        ({"name": "B", "file": b"id,x\na,much\n"}, "line 2: x: &#x27;much&#x27; is not a number"),
        ({"name": "B", "file": b"id,y\na,1\n"}, "the model has no input or question"),
        ({"name": "B", "file": b"\xff\xfe"}, "the first line must name the columns"),
        ({"name": "B", "file": b"id,x\n\x81,1\n"}, "is neither UTF-8 nor Windows-1252"),
        ({"name": "B", "file": "id,x\nZoë,1\n".encode("cp1252")}, "was read as Windows-1252: “Zoë,1”"),
        ({"name": "B", "file": b"id;x\na;1.234\n"}, "“1.234” can mean 1234 or 1.234"),
        ({"name": "B", "file": b"id,x\na\0,1"}, "it contains the character U+0000"),
    ],
)
def test_what_is_wrong_with_a_freeze_is_said_at_its_field(
    browser: Client, version: ModelVersion, wave: list[Assessment], given: dict[str, Any], said: str
) -> None:
    if isinstance(given.get("file"), bytes):
        given = {**given, "file": SimpleUploadedFile("u.csv", given["file"])}

    page = browser.post(f"/models/{version.model_id}/versions/1/reference-sets/new/", given)

    assert page.status_code == 422
    assert "There is a problem" in _text(page)
    assert said in _text(page)
    assert not ReferenceSet.objects.exists()


def test_a_period_without_anything_is_refused_in_the_readers_language(
    browser: Client, version: ModelVersion, subjects: list[Subject], ada: User, now: Any
) -> None:
    services.create_assessment(version=version, subject=subjects[0], period="2026", acting_user=ada, now=now)
    path = f"/models/{version.model_id}/versions/1/reference-sets/new/"

    page = browser.post(path, {"name": "B", "period": "period:2026"}, headers={"accept-language": "de"})

    assert page.status_code == 422
    assert "Keine Bewertung in diesem Zeitraum hat Werte" in _text(page)


def test_administrators_see_sets_and_change_none(browser: Client, frozen: ReferenceSet) -> None:
    listed = browser.get("/admin/resilience/referenceset/")
    one = browser.get(f"/admin/resilience/referenceset/{frozen.pk}/change/")

    assert frozen.digest[:12] in _text(listed)
    assert frozen.digest in _text(one)
    assert 'name="_save"' not in _text(one)
