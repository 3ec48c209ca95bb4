"""The platform's administrator makes a tenant on a page; who comes to a closed or unknown workspace is told so."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from apps.accounts import services
from apps.accounts.models import Grant, Role, Session, User
from apps.audit.models import AuditEntry
from apps.core.models import Epoch
from apps.tenants import hosts
from apps.tenants.models import Tenant
from apps.tenants.tests.conftest import remove_tenant

PLATFORM = {"host": "localhost"}
PATH = "/admin/tenants/tenant/add/"


@pytest.fixture
def office(django_db_setup: None, django_db_blocker: Any, now: datetime) -> Iterator[Client]:
    """The browser of the platform's administrator; what it does really commits, and is removed again."""
    client = Client()
    with django_db_blocker.unblock():
        with schema_context("public"):
            user = services.create_user("maker@localhost.example", password="correct horse battery", now=now)
            services.grant_role(user, Role.objects.get(code="platform_admin"), acting_user=None, now=now)
            client.force_login(user)
        yield client
        remove_tenant("delta")
        with schema_context("public"):
            Grant.objects.filter(user=user).delete()
            Session.objects.filter(user=user).delete()
            User.objects.filter(pk=user.pk)._raw_delete(
                "default"
            )  # a tenant's tables, where it would look, are not here


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.requirement("DB-002")
def test_a_tenant_is_made_with_its_administrator(office: Client) -> None:
    form = {"slug": "delta", "name": "Delta", "admin_email": "ada@delta.example"}

    page = office.post(PATH, form, headers=PLATFORM, follow=True)

    assert "First password of ada@delta.example, shown only now:" in text_of(page)
    assert f"The new tenant is at {hosts.address('delta.localhost')}/" in text_of(page)
    assert f'<a href="{hosts.address("delta.localhost")}/">' in text_of(page)
    tenant = Tenant.objects.get(slug="delta")
    with tenant_context(tenant):
        assert [grant.role.code for grant in Grant.objects.select_related("role")] == ["tenant_admin"]
        assert User.objects.get().email == "ada@delta.example"
    made = AuditEntry.objects.using("owner").get(action="tenant.created", object_id=str(tenant.pk))
    assert made.actor_type == "user"
    assert Client().get("/sign-in/", headers={"host": "delta.localhost"}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"slug": "Delta"}, "lower-case letters, digits and hyphens"),
        ({"slug": "admin"}, "admin is reserved"),
        ({"slug": "acme"}, "already exists"),
        ({"admin_email": "nobody"}, "Enter a valid email address"),
        ({"name": ""}, "This field is required"),
    ],
    ids=["capital", "reserved", "taken", "no address", "no name"],
)
def test_what_is_wrong_is_said_at_its_field(office: Client, wrong: dict[str, str], reason: str) -> None:
    form = {"slug": "delta", "name": "Delta", "admin_email": "ada@delta.example"}

    page = office.post(PATH, form | wrong, headers=PLATFORM)

    assert page.status_code == 200
    assert reason in text_of(page)
    assert not Tenant.objects.filter(slug="delta").exists()


@pytest.mark.requirement("SEC-DATA-001")
def test_a_name_of_which_something_is_left_is_refused_at_its_field(office: Client) -> None:
    Epoch.objects.using("owner").create(tenant="delta", of="things")
    form = {"slug": "delta", "name": "Delta", "admin_email": "ada@delta.example"}

    page = office.post(PATH, form, headers=PLATFORM)

    assert "Of an earlier tenant delta this is left here: epochs. Choose another name." in text_of(page)
    assert not Tenant.objects.filter(slug="delta").exists()


@pytest.mark.requirement("SEC-AUTH-002")
def test_a_tenants_administrator_makes_no_tenants(acme: Tenant, admin: User, client: Client) -> None:
    client.force_login(admin)

    assert client.get(PATH, headers={"host": "acme.localhost"}).status_code == 404


def test_an_unknown_host_gets_a_page_that_names_nobody(db: None, client: Client) -> None:
    page = client.get("/models/", headers={"host": "nobody.localhost", "accept-language": "de"})

    assert page.status_code == 404
    assert "<h1>" in text_of(page)
    assert 'lang="de"' in text_of(page)
    assert "acme" not in text_of(page).lower()


@pytest.mark.parametrize(("path", "kind"), [("/", "text/html"), ("/api/v1/models/", "application/problem+json")])
def test_a_suspended_workspace_says_so(acme: Tenant, client: Client, path: str, kind: str) -> None:
    with schema_context("public"):
        acme.status = Tenant.Status.SUSPENDED
        acme.save()

    answer = client.get(path, headers={"host": "acme.localhost"})

    assert answer.status_code == 403
    assert answer["Content-Type"].startswith(kind)
    assert "suspended" in text_of(answer)
