"""Reference sets by the API: frozen, listed, read back, and never changed."""

from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from apps.accounts.models import User
from apps.models import services
from apps.models.models import Assessment, ModelVersion, ReferenceSet
from apps.models.tests.conftest import Api
from apps.models.tests.references.models import LOW_AND_HIGH, MEASURED

pytestmark = pytest.mark.requirement("CMS-002")
ACME = {"host": "acme.localhost"}


def test_the_api_freezes_lists_and_reads_back(api: Api, version: ModelVersion) -> None:
    body = {"version": str(version.pk), "name": "Base", "units": LOW_AND_HIGH}

    made, again = (api.post("reference-sets/", body) for _ in range(2))

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    path = made["Location"].removeprefix("/api/v1/")
    shown = api.get(path)
    assert (shown.json(), shown["ETag"]) == (made.json(), made["ETag"])
    assert api.get(path, if_none_match=shown["ETag"]).status_code == 304
    assert api.get(f"reference-sets/?version={version.pk}").json()["results"] == [made.json()]
    assert api.get(f"reference-sets/?version={uuid4()}").json()["results"] == []
    assert [api.send(method, path, {}).status_code for method in ("PUT", "PATCH", "DELETE")] == [405, 405, 405]


def test_the_units_come_back_as_a_file_that_freezes_to_the_same_set(api: Api, frozen: ReferenceSet) -> None:
    as_csv = b"".join(api.get(f"reference-sets/{frozen.pk}/units/?format=csv").streaming_content).decode()

    assert as_csv.splitlines() == ["id,group,x", "high,,10", "low,,0"]
    again = api.post("reference-sets/", {"version": str(frozen.version_id), "name": "File", "csv": as_csv})
    assert (again.status_code, again.json()["id"]) == (200, str(frozen.pk))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"units": LOW_AND_HIGH, "period": "2026"}, "/units"),
        ({}, "/units"),
        ({"period": "1999"}, "/period"),
        ({"csv": "id,x\nu,many"}, "/lines/2"),
        ({"units": LOW_AND_HIGH, "name": ""}, "/name"),
        ({"units": LOW_AND_HIGH, "version": str(uuid4())}, "/version"),
        ({"units": ["u"]}, "/units/0"),
    ],
)
def test_what_cannot_be_frozen_is_pointed_at(
    api: Api, version: ModelVersion, body: dict[str, Any], pointer: str
) -> None:
    answer = api.post("reference-sets/", {"version": str(version.pk), "name": "B", **body})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_set_beyond_the_limit_is_refused(api: Api, version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.models.services.references.LARGEST_REFERENCE_SET", 40)

    answer = api.post("reference-sets/", {"version": str(version.pk), "name": "B", "units": LOW_AND_HIGH})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not ReferenceSet.objects.exists()


@pytest.mark.requirement("PERF-002")
def test_a_list_costs_the_same_for_many_sets(
    api: Api, frozen: ReferenceSet, ada: User, now: Any, django_assert_max_num_queries: Any
) -> None:
    for x in range(20):
        units = [{"id": "u", "values": {"x": x}}]
        services.freeze_reference_set(frozen.version, f"{x}", units, acting_user=ada, now=now)
    api.get("reference-sets/")

    with django_assert_max_num_queries(6):
        page = api.get("reference-sets/?page_size=15").json()

    assert (len(page["results"]), page["next"] is not None) == (15, True)
    assert [api.get(f"reference-sets/{one['id']}/").json() for one in page["results"][:2]] == page["results"][:2]


@pytest.mark.requirement("DB-002")
def test_another_tenants_sets_are_not_there(beta: Any, api: Api, beta_api: Api, frozen: ReferenceSet, now: Any) -> None:
    with tenant_context(beta):
        draft = services.import_document(MEASURED, acting_user=None, now=now)
        theirs = services.publish_version(draft, acting_user=None, now=now)
    for path in ("", "units/"):
        assert beta_api.get(f"reference-sets/{frozen.pk}/{path}").status_code == 404
    asked = {"units": [{"id": "u", "values": {"x": 1}}], "options": {"reference": {"set": str(frozen.pk)}}}

    refused = beta_api.post("calculations/", {"model": {"version": str(theirs.pk)}, **asked})

    assert [error["code"] for error in refused.json()["errors"]] == ["unknown_reference_set"]
    assert beta_api.get("reference-sets/").json()["results"] == []
    freezing = {"version": str(frozen.version_id), "name": "B", "units": LOW_AND_HIGH}
    assert beta_api.post("reference-sets/", freezing).status_code == 422
    assert api.get(f"reference-sets/{frozen.pk}/").status_code == 200


def test_who_sees_their_own_assessments_freezes_no_others(
    wave: list[Assessment], version: ModelVersion, frozen: ReferenceSet, make_user: Any, api_of: Any, now: Any
) -> None:
    from apps.accounts import services as accounts

    permissions = ["models:tenant:read", "assessments:own:manage"]
    role = accounts.create_role("own", name="Own", permissions=permissions, acting_user=None, now=now)
    eve = make_user("eve@acme.example")
    accounts.grant_role(eve, role, acting_user=None, now=now)
    own = api_of(eve)

    refused = own.post("reference-sets/", {"version": str(version.pk), "name": "B", "period": "2026"})

    assert [error["code"] for error in refused.json()["errors"]] == ["nothing_to_freeze"]
    body = {"version": str(version.pk), "name": "Mine", "units": LOW_AND_HIGH[:1]}
    mine = own.post("reference-sets/", body).json()
    assert own.get("reference-sets/").json()["results"] == [mine]
    assert own.get(f"reference-sets/{frozen.pk}/").status_code == 404
