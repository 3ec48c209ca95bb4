"""A browser gives up the address of a device for another one: it tells so by the link of its last question, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from apps.accounts import throttle
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.core.models import Event
from apps.factors.models import Device, Factor
from apps.factors.services import replacing
from apps.factors.tests.conftest import Clock
from apps.factors.tests.fake_push_service import FakePushService
from apps.factors.tests.test_approvals import ACME, BETA, STEP, _answer, _asking, _number, added, browser, service
from apps.notifications.models import Message

__all__ = ["added", "browser", "service"]  # fixtures

pytestmark = pytest.mark.requirement("SEC-AUTH-001")


def _tell(url: str, address: str, headers: dict[str, str] = ACME) -> Any:
    """As the script of the browser does, which has neither a session nor a token of a page."""
    return Client(enforce_csrf_checks=True, headers=headers).post(url, {"device": address})


def _link(service: FakePushService) -> str:
    return str(service.shown[-1]["replaced"])


def test_the_next_question_goes_where_the_browser_says(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    key = service.shown[-1]["key"]
    told = _tell(_link(service), service.subscription(key, "new"))
    client = _asking(admin.email, clock)  # the service refuses what goes elsewhere
    _answer(service, _number(client))

    assert (told.status_code, told.content, client.post(STEP).status_code) == (204, b"", 302)
    entry = AuditEntry.objects.get(action="factor.address_replaced")
    assert (entry.actor, entry.object_id, entry.details) == (str(admin.pk), str(added.pk), {"user": str(admin.pk)})
    assert Event.objects.filter(name="factor.address_replaced").count() == 1
    letter = Message.objects.filter(kind="factors_changed", recipient_id=admin.pk).order_by("pk").last()
    assert letter is not None
    assert "has a new address for notifications" in letter.body
    assert "other sessions have ended" not in letter.body
    assert not told.cookies


def test_a_link_is_for_one_address_and_the_next_question_brings_another(
    added: Factor, admin: User, service: FakePushService, clock: Clock
) -> None:
    link, key = _link(service), service.key
    assert _tell(link, service.subscription(key, "new")).status_code == 204
    assert _tell(link, service.subscription(key, "newer")).status_code == 410
    service.subscription(key, "new")
    clock.moment += timedelta(seconds=1)
    _asking(admin.email, clock)

    assert _tell(_link(service), service.subscription(key, "newer")).status_code == 204
    assert AuditEntry.objects.filter(action="factor.address_replaced").count() == 2
    assert Message.objects.filter(kind="factors_changed", recipient_id=admin.pk).count() == 3


def test_nothing_else_opens_it(
    added: Factor, admin: User, service: FakePushService, beta: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, address = _link(service), service.subscription(service.key, "new")
    token, asked = link.split("/")[-2], service.shown[-1]["url"].split("/")[-2]
    refused = {
        "another tenant": _tell(link, address, BETA),
        "made up": _tell(link.replace(token, "a" * 60), address),
        "of a question": _tell(link.replace(token, asked), address),
    }
    with monkeypatch.context() as late:
        late.setattr(replacing, "LIFE", timedelta(seconds=-1))
        refused["late"] = _tell(link, address)
    for way, rows, change in (
        ("closed", User.objects.filter(pk=admin.pk), "is_active"),
        ("only begun", Factor.objects.filter(pk=added.pk), "confirmed"),
    ):
        rows.update(**{change: False})
        refused[way] = _tell(link, address)
        rows.update(**{change: True})
    looked = Client(headers=ACME).get(link)
    kept = Device.objects.get().address
    Factor.objects.filter(pk=added.pk).delete()
    refused["removed"] = _tell(link, address)

    assert {way: one.status_code for way, one in refused.items()} == dict.fromkeys(refused, 410)
    assert (looked.status_code, "/push/abc" in kept) == (405, True)
    assert not AuditEntry.objects.filter(action="factor.address_replaced").exists()
    with tenant_context(beta):
        assert not AuditEntry.objects.filter(action="factor.address_replaced").exists()


def test_what_is_no_other_address_changes_nothing_and_is_on_record(added: Factor, service: FakePushService) -> None:
    refused = [_tell(_link(service), one) for one in ("", "{}", "[" * 30_000, service.subscription(service.key))]

    assert [(one.status_code, "detail" in one.json()) for one in refused] == [(422, True)] * 4
    assert "/push/abc" in Device.objects.get().address
    assert AuditEntry.objects.get(action="factor.refused").details == {"reason": "address"}


def test_who_tells_and_tells_has_to_wait(added: Factor, service: FakePushService, monkeypatch: Any) -> None:
    monkeypatch.setattr(replacing, "TELLING", throttle.Limit("device-address", free=2, longest=300))
    link, address = _link(service), service.subscription(service.key, "new")
    tried = [_tell(link.replace("replaced/", "replaced/x"), address) for _ in range(4)]

    assert [one.status_code for one in tried] == [410, 410, 410, 429]
    assert (int(tried[-1]["Retry-After"]) > 0, _tell(link, address).status_code) == (True, 429)


def test_the_keys_that_signed_links_stay_while_there_are_devices(added: Factor, clock: Clock) -> None:
    assert replacing._live_since(clock.moment) == clock.moment - replacing.LIFE
    Device.objects.all().delete()

    assert replacing._live_since(clock.moment) is None
