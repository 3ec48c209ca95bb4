"""A service makes nothing of what its caller may not see, whichever face has found it; nor does the administration."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.errors import Invalid
from apps.core.models import Job
from apps.models import services
from apps.models.models import Assessment, ModelVersion, Subject
from apps.models.tests.references.models import LOW_AND_HIGH, MEASURED

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
MAKES = [
    *("assessments:tenant:create", "models:tenant:create"),
    *("subjects:tenant:create", "subjects:tenant:read"),
]


@pytest.fixture
def maker(acme: Any, make_user: Any, now: datetime) -> User:
    """Somebody who may make everything that an import makes, and sees no model but their own."""
    accounts.create_role("makes", name="M", permissions=MAKES, acting_user=None, now=now)
    return make_user("max@acme.example", "makes")


@pytest.fixture
def measured(publish: Any) -> ModelVersion:
    return publish(MEASURED)


def _codes(refused: Any) -> list[str]:
    return [one.code for one in refused.value.errors]


def test_units_are_imported_for_a_version_and_a_set_that_are_seen(
    measured: ModelVersion, harbour: Subject, maker: User, now: datetime
) -> None:
    frozen, _ = services.freeze_reference_set(measured, "Base", LOW_AND_HIGH, acting_user=None, now=now)
    units = [{"id": harbour.code, "values": {"x": 1}}]

    with pytest.raises(Invalid) as refused:
        services.import_assessments(
            measured, units, period="2026", reference_set=frozen, acting_user=maker, now=now, dry_run=False
        )

    assert _codes(refused) == ["unknown_version", "unknown_reference_set"]
    assert not Assessment.objects.exists()


def test_an_import_in_the_background_is_refused_at_once(measured: ModelVersion, maker: User, now: datetime) -> None:
    asked = {"files": [{"name": "values.csv", "text": "id,x\nquay,1\n"}], "publish": False}

    with pytest.raises(Invalid) as refused:
        services.enqueue_import(asked, version=measured, acting_user=maker, now=now)

    assert _codes(refused) == ["unknown_version"]
    assert not Job.objects.exists()


def test_what_stands_within_a_page_of_the_administration_is_for_reading(measured: ModelVersion, ada: User) -> None:
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(ada)

    page = browser.get(reverse("admin:resilience_resiliencemodel_change", args=[measured.model_id]))

    (versions,) = page.context["inline_admin_formsets"]
    assert (versions.has_add_permission, versions.has_change_permission) == (False, False)
