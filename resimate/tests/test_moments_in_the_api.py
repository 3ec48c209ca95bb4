"""Every moment that the API takes has a time and an offset; every one that people may set has a bound."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework import serializers

from apps.accounts.models import Role, User
from apps.campaigns.tests.story import HOST, make_user
from apps.core.api.moments import WANTED, MomentField
from apps.models.tests import conftest as _models  # noqa: F401  makes every serializer known
from resimate.urls import tenant as _urls  # noqa: F401  as above

pytestmark = pytest.mark.requirement("CMS-001")


def _serializers(parent: Any = serializers.Serializer) -> Iterator[Any]:
    for one in parent.__subclasses__():
        if one.__module__.startswith("apps."):
            yield one
        yield from _serializers(one)


def test_no_serializer_fills_in_a_time_or_an_offset() -> None:
    lax = {
        f"{one.__name__}.{name}"
        for one in set(_serializers())
        if not issubclass(one, serializers.ModelSerializer) or hasattr(getattr(one, "Meta", None), "model")
        for name, field in one().fields.items()
        if isinstance(field, serializers.DateTimeField) and not isinstance(field, MomentField) and not field.read_only
    }

    assert {one for one in lax if not one.startswith(("Score", "Trace", "Golden"))} == set()


@pytest.fixture
def administrator(acme: Any, now: Any) -> User:
    return make_user("admin@acme.example", now, role="tenant_admin")


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2027-01-01"])
def test_grants_and_keys_end_within_reach(administrator: User, until: str) -> None:
    browser = Client(headers=HOST)
    browser.force_login(administrator)
    grant = {"user": str(administrator.pk), "role": str(Role.objects.get(code="stakeholder").pk), "valid_until": until}
    bodies = {"grants": grant, "api-keys": {"name": "key", "expires_at": until}}
    for resource, body in bodies.items():
        refused = browser.post(f"/api/v1/{resource}/", json.dumps(body), content_type="application/json")
        assert refused.status_code == 422, refused.content
        assert len(refused.json()["errors"]) == 1


@pytest.mark.parametrize("until", ["2027-03-28", "2027-02-30T10:00", "10:00"])
def test_a_day_alone_is_no_end_in_the_administration(administrator: User, until: str) -> None:
    browser = Client(headers=HOST)
    browser.force_login(administrator)
    role = str(Role.objects.get(code="stakeholder").pk)
    grant = {"user": str(administrator.pk), "role": role, "valid_until": until}

    page = browser.post("/admin/accounts/grant/add/", grant)

    assert page.context["adminform"].form.errors.keys() == {"valid_until"}
    assert "Time zone: UTC" in page.content.decode()
    assert not administrator.grants.filter(role__code="stakeholder").exists()


@pytest.mark.parametrize("since", ["2026-10-25T02:30:00", "2026-10-25", "9999-12-31T23:59:59-12:00", "yesterday"])
def test_a_list_since_a_moment_takes_it_whole(administrator: User, since: str) -> None:
    browser = Client(headers=HOST)
    browser.force_login(administrator)

    refused = browser.get("/api/v1/audit-entries/", {"since": since})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["detail"] in (WANTED, "Datetime value out of range.")
