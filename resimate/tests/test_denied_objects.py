"""What somebody is given or denied of single objects is the same in lists, details, exports, verbs and pages."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import authz
from apps.accounts import services as accounts
from apps.accounts.models import Grant, Role, User
from apps.campaigns.models import Campaign
from resimate.tests.world import world

__all__ = ["world"]  # a fixture

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
JSON = "application/json"
ACME = {"host": "acme.localhost"}
LINES = ["campaigns:tenant:*", "stakeholders:tenant:read", "assessments:tenant:read"]


@pytest.fixture
def sees(world: dict[str, Any], now: datetime) -> Callable[..., Any]:
    """Say what somebody sees of the two campaigns, everywhere, by what they are given and what is denied to them."""

    def ask(given: list[str], given_of: UUID | None, denied: list[str], denied_of: UUID | None) -> Any:
        user = User.objects.create(email="part@acme.example", created_at=now)
        for lines, of_one, denies in ((given, given_of, False), (denied, denied_of, True)):
            if lines:
                role = Role.objects.create(code=f"r{denies}", name="R", permissions=lines)
                accounts.grant_role(user, role, object_id=of_one, denies=denies, acting_user=None, now=now)
        client = Client(headers=ACME)
        client.force_login(user)
        return _everywhere(client, User.objects.get(pk=user.pk))

    return ask


def _everywhere(client: Client, user: User) -> dict[str, set[str]]:
    every = list(Campaign.objects.order_by("pk"))

    def of_each(path: str) -> set[str]:
        return {one.name for one in every if client.get(path.format(one.pk)).status_code == 200}

    def verb(path: str) -> set[str]:
        answers = {one.name: client.post(path.format(one.pk), "", JSON).status_code for one in every}
        return {name for name, status in answers.items() if status not in (403, 404)}

    exported = client.get("/api/v1/campaigns/export/?format=csv").getvalue().decode()
    page = client.get("/campaigns/").content.decode()
    return {
        "list": {one["name"] for one in client.get("/api/v1/campaigns/").json().get("results", [])},
        "export": {one.name for one in every if str(one.pk) in exported},
        "page": {one.name for one in every if f"/campaigns/{one.pk}/" in page},
        "detail": of_each("/api/v1/campaigns/{}/"),
        "pages": of_each("/campaigns/{}/"),
        "participations": of_each("/api/v1/campaigns/{}/participations/"),
        "results": of_each("/api/v1/campaigns/{}/results/"),
        "asked": {one.name for one in every if authz.allows(user, "campaigns:read", one)},
        "explained": {
            one.name
            for one in every
            if accounts.explain(user, "campaigns:read", one.pk, acting_user=user, now=timezone.now()).allow
        },
        "verb": verb("/api/v1/campaigns/{}/close/"),
    }


def test_one_that_is_denied_is_nowhere(sees: Any, world: dict[str, Any]) -> None:
    found = sees(LINES, None, ["campaigns:campaign:*"], world["theirs"])

    assert found == {key: {"Ours"} for key in found}


def test_one_that_is_given_is_everywhere(sees: Any, world: dict[str, Any]) -> None:
    found = sees(["campaigns:campaign:*"], world["campaigns"], [], None)

    assert found == {key: {"Ours"} for key in found}


def test_what_is_given_and_denied_is_denied(sees: Any, world: dict[str, Any]) -> None:
    found = sees(["campaigns:campaign:*"], world["campaigns"], ["campaigns:campaign:manage"], world["campaigns"])

    assert found == {key: set() for key in found}


def test_many_objects_are_one_condition(world: dict[str, Any], now: datetime) -> None:
    user = User.objects.create(email="many@acme.example", created_at=now)
    role = Role.objects.create(code="one", name="One", permissions=["campaigns:campaign:read"])
    ids = [world["campaigns"], *(Role().pk for _ in range(40))]
    Grant.objects.bulk_create(Grant(user=user, role=role, object_id=one, granted_at=now) for one in ids)

    with CaptureQueriesContext(connection) as queries:
        seen = list(authz.visible(Campaign.objects.all(), user, "campaigns:read"))

    assert [one.pk for one in seen] == [world["campaigns"]]
    assert len(queries) == 2
    assert queries[1]["sql"].count("SELECT") == 1
