"""The administration looks at elicitations and acts through the services."""

from typing import Any

import pytest
from django.test import Client

from apps.elicitation.models import WeightElicitation
from apps.elicitation.tests.story import BO, expert

pytestmark = pytest.mark.requirement("CMS-001")


@pytest.fixture
def admin(acme: Any, make_user: Any) -> Client:
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(make_user("admin@acme.example", "tenant_admin"))
    return browser


@pytest.mark.parametrize("page", ["weightelicitation", "expert"])
def test_every_list_opens_and_adds_nothing(admin: Client, budget: WeightElicitation, page: str) -> None:
    one = {"weightelicitation": budget.pk, "expert": expert(budget, BO).pk}[page]

    assert admin.get(f"/admin/elicitation/{page}/").status_code == 200
    assert admin.get(f"/admin/elicitation/{page}/{one}/change/").status_code == 200
    assert admin.get(f"/admin/elicitation/{page}/add/").status_code == 403
    assert admin.post(f"/admin/elicitation/{page}/{one}/change/", {"name": "Other"}).status_code == 403


def test_actions_call_the_services(admin: Client, budget: WeightElicitation) -> None:
    def close() -> str:
        chosen = {"action": "close_selected", "_selected_action": str(budget.pk)}
        return admin.post("/admin/elicitation/weightelicitation/", chosen, follow=True).content.decode()

    assert "1 closed." in close()
    assert "Only an open elicitation can be closed." in close()
    assert WeightElicitation.objects.get().status == WeightElicitation.Status.CLOSED
