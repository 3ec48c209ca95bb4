"""Staff of the platform sees whom everybody calls, and stops it; nobody at a tenant does."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_tenants.utils import schema_context

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.tests.pages import as_read
from apps.outbound.breaker import admit
from apps.outbound.lines import Line
from apps.outbound.models import Destination

pytestmark = pytest.mark.requirement("AR-002", "EXT-002")
LINE = Line("test", failures=1, pause=3000, longest_pause=3000)
LIST = "/admin/outbound/destination/"


@pytest.fixture
def shut(acme: Any, now: datetime) -> Destination:
    admit(LINE, "https://hooks.example", now=now).failed("it sleeps")
    with schema_context("public"):
        return Destination.objects.get(name="https://hooks.example")  # beside those that other tests have called


@pytest.fixture
def office(db: None, make_user: Any, client: Client) -> Client:
    with schema_context("public"):
        client.force_login(make_user("platform@localhost.example", "platform_admin"))
    return client


def act(office: Client, action: str, destination: Destination) -> Any:
    form = {"action": action, "_selected_action": str(destination.pk)}
    with schema_context("public"):
        answer = office.post(LIST, form, headers={"host": "localhost"}, follow=True)
        destination.refresh_from_db()
    return answer


def test_the_list_says_how_it_goes(office: Client, shut: Destination) -> None:
    page = as_read(office.get(LIST, headers={"host": "localhost"}).content.decode())

    for words in ("https://hooks.example", "acme", "left alone", "it sleeps"):
        assert words in page


def test_staff_stops_calls_and_lets_them_go_on(office: Client, shut: Destination) -> None:
    assert "1 are called no more." in act(office, "stop", shut).content.decode()
    assert shut.is_stopped
    assert "1 are called again." in act(office, "release", shut).content.decode()
    assert (shut.is_stopped, shut.state(datetime.max.replace(tzinfo=shut.free_at.tzinfo))) == (False, "tried")

    entries = AuditEntry.objects.filter(action__in=["destination.stopped", "destination.released"]).order_by("id")
    with schema_context("public"):
        said = list(entries.values_list("action", "tenant", "actor_type"))
    assert said == [("destination.stopped", "acme", "user"), ("destination.released", "acme", "user")]


def test_nobody_at_a_tenant_sees_it(admin: User, client: Client, shut: Destination) -> None:
    client.force_login(admin)

    assert client.get(LIST, headers={"host": "acme.localhost"}).status_code == 404
    assert (
        reverse("admin:outbound_destination_changelist")
        not in client.get("/admin/", headers={"host": "acme.localhost"}).content.decode()
    )
