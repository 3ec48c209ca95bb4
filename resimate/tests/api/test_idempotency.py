"""A request that comes again with its ``Idempotency-Key`` is done once, and answered alike."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from apps.core.models import RememberedAnswer
from apps.models.models import Subject
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001")

QUAY = {"code": "quay", "name": "Quay"}
LASTING = ("Content-Type", "ETag", "Location")
#: As a process of the version before keeps what was asked.
OF_BEFORE = hashlib.sha256(b"/api/v1/subjects/\0" + json.dumps(QUAY).encode()).digest()


def _same(first: Any, again: Any) -> None:
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert {name: again.get(name) for name in LASTING} == {name: first.get(name) for name in LASTING}
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")


def test_a_replay_gets_status_body_and_headers_of_the_first_answer(api: Api) -> None:
    first, again = (api.post("subjects/", QUAY, Idempotency_Key="k") for _ in range(2))

    _same(first, again)
    assert (first.status_code, Subject.objects.count()) == (201, 1)


def test_a_refusal_is_remembered_too(api: Api) -> None:
    first = api.post("subjects/", {"code": "quay"}, Idempotency_Key="k")
    again = api.post("subjects/", {"code": "quay"}, Idempotency_Key="k")

    _same(first, again)
    assert (again.status_code, again["Content-Type"]) == (422, "application/problem+json")


def test_a_refusal_by_the_state_of_things_is_remembered_though_its_transaction_was_undone(api: Api) -> None:
    api.post("subjects/", QUAY)
    first = api.post("subjects/", QUAY, Idempotency_Key="k")
    Subject.objects.all().delete()

    _same(first, api.post("subjects/", QUAY, Idempotency_Key="k"))
    assert first.status_code in (409, 422)


def test_what_was_sent_is_not_to_be_guessed_from_what_is_kept(api: Api) -> None:
    api.post("subjects/", QUAY, Idempotency_Key="k")

    assert bytes(RememberedAnswer.objects.get().request_digest) != OF_BEFORE


def test_an_answer_that_a_process_of_before_has_remembered_is_given_again(api: Api) -> None:
    first = api.post("subjects/", QUAY, Idempotency_Key="k")
    RememberedAnswer.objects.update(request_digest=OF_BEFORE)

    _same(first, api.post("subjects/", QUAY, Idempotency_Key="k"))


@pytest.mark.parametrize(
    ("path", "body"), [("subjects/", {**QUAY, "name": "Other"}), ("roles/", QUAY), ("subjects/?a=1", QUAY)]
)
def test_another_request_with_the_same_key_is_refused(api: Api, path: str, body: Any) -> None:
    api.post("subjects/", QUAY, Idempotency_Key="k")

    answer = api.post(path, body, Idempotency_Key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_second_request_is_told_to_wait_while_the_first_is_running(api: Api) -> None:
    api.post("subjects/", QUAY, Idempotency_Key="k")
    RememberedAnswer.objects.update(status=None)

    answer = api.post("subjects/", QUAY, Idempotency_Key="k")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")


def test_a_first_request_that_was_abandoned_keeps_nobody_waiting(api: Api) -> None:
    api.post("subjects/", QUAY, Idempotency_Key="k")
    answer = RememberedAnswer.objects.get()
    RememberedAnswer.objects.update(status=None, created_at=answer.created_at - timedelta(minutes=2))
    Subject.objects.all().delete()

    assert api.post("subjects/", QUAY, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize("failure", [OperationalError("gone"), RuntimeError("a fault")])
def test_a_fault_is_not_remembered(api: Api, monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise failure

    api.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("apps.models.services.create_subject", fail)
        assert api.post("subjects/", QUAY, Idempotency_Key="k").status_code >= 500

    assert api.post("subjects/", QUAY, Idempotency_Key="k").status_code == 201


def test_an_answer_that_cannot_be_remembered_is_given_all_the_same(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(
        RememberedAnswer,
        "save",
        lambda self, **given: fail() if "update_fields" in given else super(RememberedAnswer, self).save(**given),
    )

    assert api.post("subjects/", QUAY, Idempotency_Key="k").status_code == 201


def test_keys_of_another_user_do_not_collide(api: Api, make_user: Any, api_of: Any) -> None:
    other = api_of(make_user("cy@acme.example", "tenant_admin"))
    first = api.post("subjects/", QUAY, Idempotency_Key="k")

    answer = other.post("subjects/", {**QUAY, "code": "pier"}, Idempotency_Key="k")

    assert (first.status_code, answer.status_code, answer.get("Idempotent-Replayed")) == (201, 201, None)


def test_keys_of_another_tenant_do_not_collide(api: Api, beta_api: Api) -> None:
    first = api.post("subjects/", QUAY, Idempotency_Key="k")

    answer = beta_api.post("subjects/", QUAY, Idempotency_Key="k")

    assert (answer.status_code, answer.get("Idempotent-Replayed")) == (201, None)
    assert answer.json()["id"] != first.json()["id"]


def test_what_was_not_let_in_is_not_remembered(api: Api, acme: Any) -> None:
    assert Api("x").post("subjects/", QUAY, Idempotency_Key="k").status_code == 401
    assert RememberedAnswer.objects.count() == 0


def test_a_calculation_is_remembered_like_anything_else(api: Api, survey: dict[str, Any]) -> None:
    body = {"model": survey, "units": [{"id": "a"}]}

    _same(*(api.post("calculations/", body, Idempotency_Key="k") for _ in range(2)))
