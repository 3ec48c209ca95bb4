"""Assessments, imports and calculations that name a reference set."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core import events
from apps.core.fields import fingerprint
from apps.models import services
from apps.models.models import Assessment, ModelVersion, ReferenceSet, Subject
from apps.models.tests.conftest import Api
from apps.models.tests.references.models import MEASURED

pytestmark = pytest.mark.requirement("CMS-002")
Assess = Callable[..., Assessment]
ACME = {"host": "acme.localhost"}


def test_assessments_name_a_set_and_show_it(api: Api, frozen: ReferenceSet, subjects: list[Subject], now: Any) -> None:
    base = {"version": str(frozen.version_id), "period": "2026", "values": {"x": 5}}
    rows = [{**base, "subject": str(one.pk), "reference_set": str(frozen.pk)} for one in subjects[:2]]

    many = api.post("assessments/", [*rows, {**base, "subject": str(subjects[2].pk)}]).json()
    one = api.post("assessments/", rows[0]).json()

    assert [row["reference_set"] for row in (*many, one)] == [str(frozen.pk), str(frozen.pk), None, str(frozen.pk)]
    listed = api.get(f"assessments/?reference_set={frozen.pk}").json()["results"]
    assert {row["id"] for row in listed} == {many[0]["id"], many[1]["id"], one["id"]}
    assert services.score_assessment(Assessment.objects.get(pk=one["id"]), now=now).score == 0.5


def test_a_set_is_taken_off_put_on_and_otherwise_left(api: Api, frozen: ReferenceSet, wave: list[Assessment]) -> None:
    path = f"assessments/{wave[0].pk}/"
    on = {"values": {"x": 1}, "reference_set": str(frozen.pk)}

    shown = [
        api.put(path, on).json(),
        api.patch(path, {"values": {"x": 2}}).json(),
        api.patch(path, {"reference_set": None}).json(),
    ]

    assert [one["reference_set"] for one in shown] == [str(frozen.pk), str(frozen.pk), None]
    assert shown[2]["values"] == {"x": 2}


def test_a_set_of_another_version_or_tenant_is_pointed_at(
    api: Api, frozen: ReferenceSet, publish: Any, harbour: Subject
) -> None:
    other = publish({**MEASURED, "code": "other"})
    row = {"version": str(other.pk), "subject": str(harbour.pk)}
    made = api.post("assessments/", row).json()
    wrong, absent = {"reference_set": str(frozen.pk)}, {"reference_set": str(uuid4())}

    answers = {
        "one": api.post("assessments/", {**row, **wrong}),
        "many": api.post("assessments/", [row, {**row, **wrong}]),
        "absent": api.post("assessments/", [{**row, **absent}]),
        "change": api.patch(f"assessments/{made['id']}/", wrong),
        "no such": api.patch(f"assessments/{made['id']}/", absent),
    }

    found = {name: [error["pointer"] for error in answer.json()["errors"]] for name, answer in answers.items()}
    assert found == {
        "one": ["/reference_set"],
        "many": ["/1/reference_set"],
        "absent": ["/0/reference_set"],
        "change": ["/reference_set"],
        "no such": ["/reference_set"],
    }
    assert Assessment.objects.count() == 1


@pytest.mark.django_db(transaction=False)
def test_an_import_names_a_set(api: Api, frozen: ReferenceSet, subjects: list[Subject]) -> None:
    body = {"version": str(frozen.version_id), "period": "2026", "reference_set": str(frozen.pk)}
    asked = api.post("assessments/import/", {**body, "csv": "id,x\na,1\nb,9\n"})

    assert asked.status_code == 202
    while events.deliver_due(timezone.now()):
        pass

    made = Assessment.objects.order_by("subject__code")
    assert [(one.reference_set, one.latest_run and one.latest_run.score) for one in made] == [
        (frozen, 0.1),
        (frozen, 0.9),
    ]


def test_a_calculation_by_a_set_is_that_by_its_units_and_that_of_the_stored_score(
    api: Api, frozen: ReferenceSet, subjects: list[Subject], assess: Assess, ada: User, now: Any
) -> None:
    run = services.score_assessment(assess(subjects[0], 5, reference_set=frozen), now=now)
    units: list[Any] = [{"id": "a", "group": None, "values": {"x": 5}, "responses": []}]
    model = {"version": str(frozen.version_id)}

    by_set, by_units = (
        api.post("calculations/", {"model": model, "units": units, "options": {"reference": reference}}).json()
        for reference in ({"set": str(frozen.pk)}, services.units_of_set(frozen))
    )

    assert by_set["results"] == by_units["results"]
    assert by_set["results"][0]["score"] == run.score == 0.5
    assert by_set["input_digest"] == by_units["input_digest"]
    assert fingerprint(by_set["input_digest"]) == run.input_digest
    assert by_set["reference"] == {"set": str(frozen.pk), "name": "Base", "digest": frozen.digest, "units": 2}
    assert "reference" not in by_units
    small = {"model": MEASURED, "units": units, "options": {"reference": {"set": str(frozen.pk)}}}
    assert api.post("calculations/", small).json()["results"] == by_set["results"]
    explained = api.post("calculations/explain/", {**small, "unit": "a"}).json()
    assert explained["reference"]["digest"] == frozen.digest


@pytest.mark.parametrize("reference", [{"set": "x"}, {"set": 7}, {}, {"set": str(uuid4())}, {"set": [], "more": 1}])
def test_a_set_that_is_not_there_is_pointed_at(api: Api, version: ModelVersion, reference: Any) -> None:
    asked = {"model": {"version": str(version.pk)}, "units": [], "options": {"reference": reference}}

    for path in ("calculations/", "calculations/explain/"):
        answer = api.post(path, {**asked, **({"unit": "u"} if "explain" in path else {})})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/options/reference/set")
