"""The page of what somebody may do: for who administers, and with an answer to one question."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django_tenants.utils import tenant_context

from apps.accounts import services
from apps.accounts.models import Role, User
from apps.audit.models import AuditEntry

pytestmark = pytest.mark.requirement("SEC-AUTH-002")
ACME = {"host": "acme.localhost"}


@pytest.fixture
def page(admin: User, client: Client) -> Any:
    client.force_login(admin)

    def get(user: User, status: int = 200, **question: str) -> str:
        address = reverse("admin:accounts_user_permissions", args=[user.pk], urlconf="resimate.urls.tenant")
        answer = client.get(address, question, headers=ACME)
        assert answer.status_code == status
        return " ".join(strip_tags(answer.content.decode()).split()) if status == 200 else ""

    return get


def test_it_shows_the_roles_and_what_follows_from_them(page: Any, analyst: User) -> None:
    read = page(analyst)

    assert "Model analyst" in read
    assert "Campaigns. campaigns everything" in read
    assert "Keys of programs. api-keys" not in read  # of which analysts may do nothing
    assert "publish (models:publish)" in read  # as it is asked for
    entry = AuditEntry.objects.get(action="user.read")
    assert entry.object_id == str(analyst.pk)


def test_a_question_is_answered_with_its_reasons(page: Any, analyst: User) -> None:
    assert "Yes: Resilience models and their versions: publish A role of this person includes it." in page(
        analyst, permission="models:publish"
    )
    refused = page(analyst, permission="users:read")
    assert "No: Accounts: see No role of this person includes it." in refused
    enough = "would be enough: Accounts: see (everything in the tenant) users:tenant:read"
    assert enough in refused


def test_what_cannot_be_asked_is_said_at_its_field(page: Any, analyst: User) -> None:
    assert "Permissions for settings are not given object by object." in page(
        analyst, permission="settings:read", object=str(analyst.pk)
    )
    assert "Paste the address of the page of a resilience model or a campaign, or write its id." in page(
        analyst, permission="models:read", object="mine"
    )
    assert "Select a valid choice." in page(analyst, permission="toys:read")


def test_a_closed_account_may_do_nothing(page: Any, analyst: User) -> None:
    services.deactivate_user(analyst, acting_user=None, now=timezone.now())

    assert "The account is closed: it may do nothing until it is opened again." in page(analyst)


def test_it_takes_the_right_to_see_accounts_and_grants(analyst: User, admin: User, client: Client, beta: Any) -> None:
    """Who opens the administration by another permission, such as a custodian, may not."""
    with tenant_context(beta):
        stranger = services.create_user("eve@beta.example", password="seven purple bicycles", now=timezone.now())
    services.grant_role(analyst, Role.objects.get(code="key_custodian"), acting_user=None, now=timezone.now())
    client.force_login(analyst)
    address = reverse("admin:accounts_user_permissions", args=[admin.pk], urlconf="resimate.urls.tenant")
    assert client.get(address, headers=ACME).status_code == 403

    client.force_login(admin)
    assert client.get(address, headers=ACME).status_code == 200
    abroad = reverse("admin:accounts_user_permissions", args=[stranger.pk], urlconf="resimate.urls.tenant")
    assert client.get(abroad, headers=ACME).status_code == 404
