"""People who work with resilience models, and small models to work with."""

import copy
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django_tenants.utils import tenant_context

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.models.models import Assessment, ModelVersion, Subject

REFERENCE = Path(__file__).parents[4] / "shared" / "reference"
STARTERS = Path(__file__).parents[1] / "starters"

LIKERT = {
    "kind": "ordinal",
    "options": [{"value": value, "name": {"en": str(value)}} for value in (1, 2, 3, 4, 5)],
    "allow_not_applicable": True,
    "allow_dont_know": True,
}
SURVEY: dict[str, Any] = {
    "schema": "resimate.model/1",
    "code": "survey",
    "name": {"en": "Survey", "de": "Umfrage"},
    "scale": {"low": 0, "high": 100},
    "bands": [{"from": 0, "code": "low"}, {"from": 50, "code": "high"}],
    "response_scales": {"likert5": LIKERT},
    "root": {
        "code": "overall",
        "aggregation": "arithmetic_mean",
        "children": [
            {
                "code": "leadership",
                "weight": 3,
                "indicator": {
                    "questions": [
                        {"code": "L1", "scale": "likert5", "required": True},
                        {"code": "L2", "scale": "likert5"},
                    ]
                },
            },
            {"code": "network", "weight": 1, "indicator": {"questions": [{"code": "N1", "scale": "likert5"}]}},
        ],
    },
}


class Api:
    """A program that calls one tenant's API by a key of one user."""

    def __init__(self, key: str, host: str = "acme.localhost") -> None:
        from django.test import Client

        self.client = Client()
        self.headers = {"host": host, "authorization": f"Bearer {key}"}

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self._with(headers))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.generic(
            method, f"/api/v1/{path}", content, content_type="application/json", headers=self._with(headers)
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        return {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}


@pytest.fixture
def make_user(now: datetime) -> "Callable[..., User]":
    """Make a user of the current tenant with the roles of these codes."""
    from apps.accounts import services
    from apps.accounts.models import Role, User

    def make(email: str, *roles: str) -> User:
        user = User.objects.create(email=email, created_at=now)
        for code in roles:
            services.grant_role(user, Role.objects.get(code=code), acting_user=None, now=now)
        return User.objects.get(pk=user.pk)

    return make


@pytest.fixture
def api_of() -> "Callable[..., Api]":
    """Give a user a key and return the program that calls with it."""
    from django.utils import timezone

    from apps.accounts import services

    def make(user: "User", host: str = "acme.localhost") -> Api:
        return Api(services.create_api_key(user, name="tests", now=timezone.now())[1], host)

    return make


@pytest.fixture
def ada(acme: Any, make_user: Any) -> "User":
    """An administrator of acme."""
    return make_user("ada@acme.example", "tenant_admin")


@pytest.fixture
def api(ada: "User", api_of: Any) -> Api:
    return api_of(ada)


@pytest.fixture
def narrow(ada: "User") -> "Callable[..., Api]":
    """A program with a key of the administrator that is narrowed to these permissions."""
    from django.utils import timezone

    from apps.accounts import services

    def make(*permissions: str) -> Api:
        _key, text = services.create_api_key(ada, name="narrow", permissions=permissions, now=timezone.now())
        return Api(text)

    return make


@pytest.fixture
def beta_api(beta: Any, make_user: Any, api_of: Any) -> Api:
    """An administrator's program at the other tenant."""
    with tenant_context(beta):
        return api_of(make_user("bo@beta.example", "tenant_admin"), "beta.localhost")


@pytest.fixture
def survey() -> dict[str, Any]:
    return copy.deepcopy(SURVEY)


@pytest.fixture
def hdi() -> dict[str, Any]:
    return json.loads((STARTERS / "hdi.json").read_text())


@pytest.fixture
def publish(ada: "User", now: datetime) -> "Callable[[Any], ModelVersion]":
    """Import a document and publish it."""
    from apps.models import services

    def make(document: Any) -> "ModelVersion":
        return services.publish_version(
            services.import_document(document, acting_user=ada, now=now), acting_user=ada, now=now
        )

    return make


@pytest.fixture
def harbour(ada: "User", now: datetime) -> "Subject":
    from apps.models import services

    return services.create_subject(code="harbour", name="Harbour", group="sites", acting_user=ada, now=now)


@pytest.fixture
def assessment(publish: Any, survey: dict[str, Any], harbour: "Subject", ada: "User", now: datetime) -> "Assessment":
    """The harbour, about to be assessed by the survey."""
    from apps.models import services

    return services.create_assessment(version=publish(survey), subject=harbour, period="2026", acting_user=ada, now=now)
