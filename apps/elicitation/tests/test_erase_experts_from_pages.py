"""Experts are erased from the screen, after a page that says what it means."""

from typing import Any

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.elicitation.models import Expert, WeightElicitation
from apps.elicitation.tests.story import BO, expert

pytestmark = pytest.mark.requirement("COMP-001")
SAID = ("Bo Berg", "cannot be undone", "What is destroyed", "What stays")


@pytest.mark.parametrize("where", ["workspace", "administration"])
def test_an_expert_is_erased_from_their_page(budget: WeightElicitation, make_user: Any, where: str) -> None:
    bo = expert(budget, BO)
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(make_user("admin@acme.example", "tenant_admin"))
    of_expert, page = {
        "workspace": (f"/elicitations/{budget.pk}/experts/{bo.pk}/", ""),
        "administration": (f"/admin/elicitation/expert/{bo.pk}/", "change/"),
    }[where]
    page, deed = f"{of_expert}{page}", f"{of_expert}erase/"
    assert deed in browser.get(page).content.decode()

    asked = browser.get(deed).content.decode()
    assert [one for one in SAID if one not in asked] == []
    assert not Expert.objects.get(pk=bo.pk).is_erased
    done = browser.post(deed, follow=True)

    assert done.redirect_chain == [(page, 302)]
    assert deed not in done.content.decode()
    assert Expert.objects.get(pk=bo.pk).is_erased
    browser.force_login(make_user("custodian@acme.example", "key_custodian"))
    assert browser.get(deed).status_code in (403, 404)
    assert AuditEntry.objects.filter(action="expert.erased").count() == 1
