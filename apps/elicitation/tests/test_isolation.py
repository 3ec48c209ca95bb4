"""Two tenants with the same story: neither sees anything of the other's."""

from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from apps.elicitation import links, services
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.tests.story import BO, DOCUMENT, expert
from apps.models.models import ModelVersion
from apps.models.services import import_document
from apps.models.tests.conftest import Api

pytestmark = pytest.mark.requirement("CMS-001", "DB-002")


@pytest.fixture
def theirs(beta: Any, now: Any) -> WeightElicitation:
    """An open elicitation of beta, whose experts acme's know by the same address."""
    with tenant_context(beta):
        version = import_document(DOCUMENT, acting_user=None, now=now)
        elicitation = services.create_elicitation(
            name="Beta's secret", version=version, method="ahp", nodes=["all"], acting_user=None, now=now
        )
        services.add_experts(elicitation, [BO], acting_user=None, now=now)
        return services.open_elicitation(elicitation, acting_user=None, now=now)


def test_lists_show_ones_own(
    budget: WeightElicitation, theirs: WeightElicitation, draft: ModelVersion, staff: Client, api: Api
) -> None:
    listed = api.get("weight-elicitations/").json()["results"]

    assert [one["id"] for one in listed] == [str(budget.pk)]
    assert "Beta" not in staff.get(f"/models/{draft.model_id}/versions/1/").content.decode()


@pytest.mark.parametrize("path", ["", "experts/", "judgements/", "weights/"])
def test_a_foreign_elicitation_is_not_there(theirs: WeightElicitation, staff: Client, api: Api, path: str) -> None:
    assert api.get(f"weight-elicitations/{theirs.pk}/{path}").status_code == 404
    assert api.post(f"weight-elicitations/{theirs.pk}/close/").status_code == 404
    assert staff.get(f"/elicitations/{theirs.pk}/").status_code == 404


def test_a_foreign_draft_cannot_be_asked_about(theirs: WeightElicitation, api: Api) -> None:
    body = {"name": "x", "version": str(theirs.version_id), "method": "ahp", "nodes": ["all"]}

    assert api.post("weight-elicitations/", body).status_code == 422


def test_a_link_of_one_tenant_opens_nothing_in_the_other(theirs: WeightElicitation, beta: Any, visitor: Client) -> None:
    with tenant_context(beta):
        token = links.token_for(expert(theirs, BO))

    assert visitor.get(f"/e/{token}/").status_code == 404
    assert Client(headers={"host": "beta.localhost"}).get(f"/e/{token}/").status_code == 200


def test_the_same_person_is_another_expert_there(
    budget: WeightElicitation, theirs: WeightElicitation, beta: Any
) -> None:
    here = expert(budget, BO)
    with tenant_context(beta):
        there = expert(theirs, BO)
        assert Expert.objects.count() == 1

    assert bytes(here.email_index) != bytes(there.email_index)
