"""A draft is started from a document: a ready model is copied, and another draft goes only when somebody says so."""

import json
from copy import deepcopy
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.models.models import Import, ModelVersion, ResilienceModel

pytestmark = pytest.mark.requirement("CMS-001")
ACME = {"host": "acme.localhost"}


@pytest.fixture
def browser(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def edited(document: dict[str, Any]) -> dict[str, Any]:
    changed = deepcopy(document)
    changed["name"]["en"] = "Edited for hours"
    return changed


def test_a_ready_model_is_copied_beside_the_draft_that_is_there(browser: Client) -> None:
    browser.post("/models/import/", {"starter": "hdi"}, headers=ACME)
    mine = ModelVersion.objects.get()
    mine.document = edited(mine.document)
    mine.save()

    browser.post("/models/import/", {"starter": "hdi"}, headers=ACME)

    mine.refresh_from_db()
    assert mine.document["name"]["en"] == "Edited for hours"
    copy = ModelVersion.objects.exclude(pk=mine.pk).get()
    assert copy.document["code"] == "hdi_2"
    assert copy.document["name"]["en"].endswith(" (2)")


def test_a_ready_model_makes_no_new_version_of_a_published_one(browser: Client, publish: Any) -> None:
    browser.post("/models/import/", {"starter": "hdi"}, headers=ACME)
    ModelVersion.objects.update(state="published", published_at="2026-11-02T09:00Z")

    for _ in range(2):
        browser.post("/models/import/", {"starter": "hdi"}, headers=ACME)

    assert sorted(ResilienceModel.objects.values_list("code", flat=True)) == ["hdi", "hdi_2", "hdi_3"]
    assert set(ModelVersion.objects.values_list("number", flat=True)) == {1}


def test_a_document_does_not_replace_a_draft_unasked(browser: Client, survey: dict[str, Any]) -> None:
    browser.post("/models/import/", {"text": json.dumps(edited(survey))}, headers=ACME)

    page = browser.post("/models/import/", {"text": json.dumps(survey)}, headers=ACME)

    assert page.status_code == 422
    assert "already has a draft: version 1" in text_of(page)
    assert 'type="checkbox" name="replace"' in text_of(page)
    assert ModelVersion.objects.get().document["name"]["en"] == "Edited for hours"


def test_the_same_document_again_is_no_replacement(browser: Client, survey: dict[str, Any]) -> None:
    for _ in range(2):
        answer = browser.post("/models/import/", {"text": json.dumps(survey)}, headers=ACME)

        assert answer.status_code == 302


def test_a_draft_that_was_replaced_when_asked_comes_back(browser: Client, survey: dict[str, Any]) -> None:
    browser.post("/models/import/", {"text": json.dumps(edited(survey))}, headers=ACME)

    page = browser.post("/models/import/", {"text": json.dumps(survey), "replace": "on"}, headers=ACME, follow=True)

    assert ModelVersion.objects.get().document == survey
    assert "replaced another draft" in text_of(page)
    undo = f"/models/exchange/{Import.objects.get(replaced__isnull=False).pk}/undo/"
    assert f'action="{undo}"' in text_of(page)
    back = browser.post(undo, {"from": "model"}, headers=ACME, follow=True)
    version = ModelVersion.objects.get()
    assert version.document["name"]["en"] == "Edited for hours"
    assert back.redirect_chain[-1][0] == f"/models/{version.model_id}/versions/1/"


def test_the_page_of_a_model_shows_its_questions_and_their_scales(
    browser: Client, publish: Any, survey: dict[str, Any]
) -> None:
    asked = survey["root"]["children"][0]["indicator"]["questions"]
    asked[0]["text"] = {"en": "Is there a plan?"}
    version = publish(survey)

    text = text_of(browser.get(f"/models/{version.model_id}/", headers=ACME))

    assert "What respondents are asked" in text
    for scale in survey["response_scales"].values():
        assert scale["options"][0]["name"]["en"] in text
    assert "Is there a plan?" in text
    assert all(f"<code>{question['code']}</code>" in text for question in asked)
