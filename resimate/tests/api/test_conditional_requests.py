"""``ETag``, ``If-None-Match`` and ``If-Match`` on what is stored."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.models.models import Assessment
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001")


@pytest.fixture
def stored(api: Api, assessment: Assessment) -> dict[str, tuple[str, str, Any]]:
    """Of each kind an address, a method that changes it, and what to send."""
    closes_at = (timezone.now() + timedelta(days=9)).isoformat()
    body = {
        "name": "Spring",
        "version": str(assessment.version_id),
        "subject": str(assessment.subject_id),
        "closes_at": closes_at,
    }
    campaign = api.post("campaigns/", body).json()["id"]
    return {
        "model": (f"models/{assessment.version.model_id}/", "PATCH", {"name": {"en": "Other"}}),
        "assessment": (f"assessments/{assessment.pk}/", "PATCH", {"period": "2027"}),
        "subject": (f"subjects/{assessment.subject_id}/", "PATCH", {"name": "Other"}),
        "campaign": (f"campaigns/{campaign}/", "PATCH", {"name": "Other"}),
        "verb": (f"campaigns/{campaign}/", "POST close/", None),
        "setting": ("settings/api.rate.models/", "PUT", {"value": 7}),
    }


KINDS = ("model", "assessment", "subject", "campaign", "setting")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_is_known_is_not_sent_again(api: Api, stored: Any, kind: str, form: str) -> None:
    path = stored[kind][0]
    etag = api.get(path)["ETag"]

    answer = api.get(path, if_none_match=form.format(etag))

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stale_write_is_refused_and_a_current_one_is_not(api: Api, stored: Any, kind: str) -> None:
    path, method, body = stored[kind]
    etag = api.get(path)["ETag"]

    stale = api.send(method, path, body, if_match='"stale"')
    unchanged = api.get(path)["ETag"]
    current = api.send(method, path, body, if_match=etag)
    again = api.send(method, path, body, if_match=etag)

    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert unchanged == etag
    assert current.status_code == 200
    assert again.status_code == 412


@pytest.mark.parametrize("kind", KINDS)
def test_any_state_will_do_for_a_star(api: Api, stored: Any, kind: str) -> None:
    path, method, body = stored[kind]

    assert api.send(method, path, body, if_match="*").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_to_a_write_names_the_state_that_is_read_afterwards(api: Api, stored: Any, kind: str) -> None:
    path, method, body = stored[kind]

    changed = api.send(method, path, body)

    assert api.get(path, if_none_match=changed["ETag"]).status_code == 304


def test_a_verb_is_refused_on_a_stale_state(api: Api, stored: Any) -> None:
    path = stored["campaign"][0]

    answer = api.post(f"{path}close/", if_match='"stale"')

    assert answer.status_code == 412


def test_what_a_verb_compares_is_locked_first(api: Api, stored: Any) -> None:
    path = stored["campaign"][0]
    etag = api.get(path)["ETag"]

    with CaptureQueriesContext(connection) as queries:
        assert api.post(f"{path}open/", if_match=etag).status_code in (200, 422, 409)

    of_campaign = [query["sql"] for query in queries if 'FROM "campaigns_campaign"' in query["sql"]]
    locking = next(place for place, sql in enumerate(of_campaign) if "FOR UPDATE" in sql)
    assert locking == 1, "after it is known to be there, and before it is read again to be compared"


def test_a_stale_delete_removes_nothing(api: Api, harbour: Any) -> None:
    path = f"subjects/{harbour.pk}/"

    assert api.delete(path, if_match='"stale"').status_code == 412
    assert api.delete(path, if_match=api.get(path)["ETag"]).status_code == 204
    assert api.get(path).status_code == 404


def test_a_list_is_not_sent_again_until_it_changes(api: Api, harbour: Any) -> None:
    etag = api.get("subjects/")["ETag"]

    assert api.get("subjects/", if_none_match=etag).status_code == 304
    api.patch(f"subjects/{harbour.pk}/", {"name": "Other"})
    assert api.get("subjects/", if_none_match=etag).status_code == 200
