from typing import Any

import pytest

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.models import services
from apps.models.models import ModelVersion, ResilienceModel
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001")


def test_a_document_becomes_the_draft_of_a_new_model(api: Api, survey: dict[str, Any]) -> None:
    answer = api.post("models/", {"document": survey})

    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"] == f"/api/v1/models/{made['id']}/"
    assert (made["code"], made["name"], made["current_version"]) == ("survey", survey["name"], None)
    draft = api.get(f"models/{made['id']}/versions/1/").json()
    assert (draft["id"], draft["state"], draft["document"]) == (made["draft_version"], "draft", survey)
    assert AuditEntry.objects.filter(action="version.imported", object_id=draft["id"]).exists()


def test_the_document_may_be_the_body_itself(api: Api, survey: dict[str, Any]) -> None:
    answer = api.post("models/", survey)

    assert (answer.status_code, answer.json()["code"]) == (201, "survey")


def test_the_same_code_again_changes_the_draft_and_makes_no_second_model(api: Api, survey: dict[str, Any]) -> None:
    first = api.post("models/", survey).json()
    second = api.post("models/", {"document": {**survey, "name": {"en": "Other"}}}).json()

    assert (second["id"], second["draft_version"]) == (first["id"], first["draft_version"])
    assert second["name"] == {"en": "Other"}
    assert ModelVersion.objects.count() == 1


def test_publishing_fixes_the_version_and_names_it_current(api: Api, survey: dict[str, Any]) -> None:
    model = api.post("models/", survey).json()
    path = f"models/{model['id']}/versions/1/"

    published = api.post(f"{path}publish/")

    assert (published.status_code, published.json()["state"]) == (200, "published")
    assert published["ETag"] == api.get(path)["ETag"]
    shown = api.get(f"models/{model['id']}/").json()
    assert (shown["current_version"], shown["draft_version"]) == (published.json()["id"], None)


def test_a_new_document_after_publishing_is_the_next_version(api: Api, survey: dict[str, Any]) -> None:
    model = api.post("models/", survey).json()
    api.post(f"models/{model['id']}/versions/1/publish/")

    made = api.post(f"models/{model['id']}/versions/", survey)

    assert (made.status_code, made.json()["number"], made.json()["state"]) == (201, 2, "draft")
    assert made["Location"] == f"/api/v1/models/{model['id']}/versions/{made.json()['id']}/"
    assert [one["number"] for one in api.get(f"models/{model['id']}/versions/").json()["results"]] == [2, 1]


def test_a_document_of_another_model_is_refused_at_its_code(api: Api, survey: dict[str, Any]) -> None:
    model = api.post("models/", survey).json()

    answer = api.put(f"models/{model['id']}/", {"document": {**survey, "code": "other"}})

    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/document/code", "other_model")]


def test_put_makes_a_new_draft_and_patch_changes_the_name_alone(api: Api, survey: dict[str, Any]) -> None:
    model = api.post("models/", survey).json()
    api.post(f"models/{model['id']}/versions/1/publish/")

    put = api.put(f"models/{model['id']}/", {**survey, "bands": []})
    patched = api.patch(f"models/{model['id']}/", {"name": {"en": "Renamed"}})

    assert (put.status_code, put.json()["draft_version"] is not None) == (200, True)
    assert (patched.status_code, patched.json()["name"]) == (200, {"en": "Renamed"})
    assert api.get(f"models/{model['id']}/versions/1/").json()["document"] == survey


def test_retiring_the_current_version_brings_back_the_one_before(
    api: Api, publish: Any, survey: dict[str, Any]
) -> None:
    first = publish(survey)
    second = publish({**survey, "bands": []})

    answer = api.post(f"models/{first.model_id}/versions/2/retire/")

    assert (answer.status_code, answer.json()["state"]) == (200, "retired")
    assert second.model_id == first.model_id
    assert api.get(f"models/{first.model_id}/").json()["current_version"] == str(first.pk)


@pytest.mark.parametrize(
    ("verb", "code"), [("publish", "version_not_draft"), ("retire", "version_not_published")], ids=str
)
def test_a_retired_version_stays_retired(
    api: Api, publish: Any, survey: dict[str, Any], ada: User, now: Any, verb: str, code: str
) -> None:
    version = services.retire_version(publish(survey), acting_user=ada, now=now)

    answer = api.post(f"models/{version.model_id}/versions/1/{verb}/")

    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_only_a_model_that_was_never_published_can_be_deleted(api: Api, publish: Any, survey: dict[str, Any]) -> None:
    kept = publish(survey)
    draft = api.post("models/", {**survey, "code": "draft"}).json()

    assert api.delete(f"models/{draft['id']}/").status_code == 204
    refused = api.delete(f"models/{kept.model_id}/")

    assert (refused.status_code, refused.json()["code"]) == (409, "model_was_published")
    assert list(ResilienceModel.objects.values_list("code", flat=True)) == ["survey"]


def test_a_stale_write_is_refused_and_changes_nothing(api: Api, survey: dict[str, Any]) -> None:
    model = api.post("models/", survey).json()
    path = f"models/{model['id']}/"
    stale = api.get(path)["ETag"]
    current = api.patch(path, {"name": {"en": "First"}}, if_match=stale)

    refused = api.patch(path, {"name": {"en": "Second"}}, if_match=stale)

    assert (current.status_code, refused.status_code) == (200, 412)
    assert api.get(path).json()["name"] == {"en": "First"}
    assert api.get(path, if_none_match=current["ETag"]).status_code == 304


def test_a_stale_publication_is_refused(api: Api, survey: dict[str, Any]) -> None:
    model = api.post("models/", survey).json()
    path = f"models/{model['id']}/versions/1/"
    stale = api.get(path)["ETag"]
    assert api.put(path, {**survey, "bands": []}, if_match=stale).status_code == 200

    assert api.post(f"{path}publish/", if_match=stale).status_code == 412
    assert api.get(path).json()["state"] == "draft"


def test_a_replay_gets_the_first_answer(api: Api, survey: dict[str, Any]) -> None:
    first = api.post("models/", survey, idempotency_key="k1")
    again = api.post("models/", survey, idempotency_key="k1")
    other = api.post("models/", {**survey, "code": "other"}, idempotency_key="k1")

    assert (again.status_code, again.content, again["Idempotent-Replayed"]) == (201, first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert ResilienceModel.objects.count() == 1


def test_the_schema_of_the_document_is_public(acme: Any, client: Any) -> None:
    answer = client.get("/api/v1/schemas/model.json", headers={"host": "acme.localhost"})

    assert answer.status_code == 200
    assert answer.json()["$id"] == "/api/v1/schemas/model.json"


@pytest.mark.requirement("DB-002")
def test_another_tenants_models_are_not_there(api: Api, beta_api: Api, survey: dict[str, Any]) -> None:
    model = api.post("models/", survey).json()

    assert beta_api.get("models/").json()["results"] == []
    for path in (f"models/{model['id']}/", f"models/{model['id']}/versions/", f"models/{model['id']}/versions/1/"):
        assert beta_api.get(path).status_code == 404
    assert beta_api.post("models/", survey).status_code == 201


def test_reading_is_not_changing(
    acme: Any, make_user: Any, api_of: Any, survey: dict[str, Any], ada: User, now: Any
) -> None:
    stakeholder = api_of(make_user("sam@acme.example", "stakeholder"))
    analyst = api_of(make_user("an@acme.example", "model_analyst"))
    made = analyst.post("models/", survey).json()
    _, key = accounts.create_api_key(ada, name="reader", permissions=["models:tenant:read"], now=now)

    assert stakeholder.post("models/", survey).status_code == 403
    assert stakeholder.get("models/").status_code == 403
    assert Api(key).get(f"models/{made['id']}/").status_code == 200
    assert Api(key).delete(f"models/{made['id']}/").status_code == 403


def test_a_bad_id_is_not_found(api: Api) -> None:
    for path in ("models/1/", "models/x/versions/", "models/0/versions/1/", "assessments/zz/scores/"):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_may_only_make_models_changes_none_by_its_code(
    api: Api, survey: dict[str, Any], ada: User, now: Any
) -> None:
    assert api.post("models/", survey).status_code == 201
    _, key = accounts.create_api_key(ada, name="maker", permissions=["models:tenant:create"], now=now)
    maker = Api(key)

    refused = maker.post("models/", {**survey, "bands": []})

    assert (refused.status_code, refused.json()["code"]) == (409, "model_code_taken")
    assert ModelVersion.objects.get().document == survey
    assert maker.post("models/", {**survey, "code": "mine"}).status_code == 201
