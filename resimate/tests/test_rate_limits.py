"""Limits are the tenant's own, for each user and group of addresses."""

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts import services as accounts
from apps.accounts.models import Role
from apps.configuration import services as configuration
from apps.core import jobs

HOST: dict[str, Any] = {"HTTP_HOST": "acme.localhost"}


@pytest.fixture
def analyst(acme: Any, now: datetime) -> Any:
    user = accounts.create_user("ada@acme.example", password="correct horse battery", now=now)
    accounts.grant_role(user, Role.objects.get(code="model_analyst"), acting_user=None, now=now)
    return user


@pytest.mark.requirement("CMS-001")
def test_the_request_after_the_last_one_allowed_is_refused(
    analyst: Any, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        configuration.change("api.rate.models", 3, now=now)
    client = APIClient()
    client.force_authenticate(analyst)

    answers = [client.get("/api/v1/models/", **HOST) for _ in range(4)]
    elsewhere = client.get("/api/v1/subjects/", **HOST)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Policy"] for answer in answers[:3]] == ['"models";q=3;w=3600'] * 3
    assert [answer["RateLimit"].split(";")[1] for answer in answers[:3]] == ["r=2", "r=1", "r=0"]
    assert (answers[3].json()["code"], int(answers[3]["Retry-After"]) > 0) == ("rate_limited", True)
    assert elsewhere.status_code == 200


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_is_only_refused_comes_to_an_end_too(
    acme: Any, now: datetime, django_capture_on_commit_callbacks: Any
) -> None:
    stranger = accounts.create_user("eve@acme.example", password="correct horse battery", now=now)
    with django_capture_on_commit_callbacks(execute=True):
        configuration.change("api.rate.models", 2, now=now)
    client = APIClient()
    client.force_authenticate(stranger)

    assert [client.get("/api/v1/models/", **HOST).status_code for _ in range(3)] == [403, 403, 429]


@pytest.mark.requirement("SEC-AUTH-002")
def test_a_narrow_key_does_not_read_what_its_owners_jobs_found(analyst: Any, now: datetime) -> None:
    job = jobs.enqueue("assessment.score", {"assessment_id": str(analyst.pk)}, requested_by=analyst.pk, now=now)
    _, narrow = accounts.create_api_key(analyst, name="n", permissions=["models:tenant:read"], now=now)
    _, whole = accounts.create_api_key(analyst, name="w", now=now)

    def read(key: str) -> int:
        return int(APIClient().get(f"/api/v1/jobs/{job.pk}/", HTTP_AUTHORIZATION=f"Bearer {key}", **HOST).status_code)

    assert (read(narrow), read(whole)) == (404, 200)
