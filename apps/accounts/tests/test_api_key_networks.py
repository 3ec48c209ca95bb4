"""A key that opens something from some networks alone, and one that follows another."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import ApiKey, User
from apps.accounts.services.grants import NotYoursToGive
from apps.accounts.services.keys import KeyEnded
from apps.audit.models import AuditEntry
from apps.core.errors import Invalid

pytestmark = pytest.mark.requirement("SEC-001")
ACME = {"host": "acme.localhost"}


def _ask(key: str, address: str) -> int:
    headers = {**ACME, "authorization": f"Bearer {key}"}
    return Client(REMOTE_ADDR=address).get("/api/v1/users/", headers=headers).status_code


def test_from_elsewhere_it_opens_nothing_and_somebody_is_told(admin: User) -> None:
    key, text = services.create_api_key(admin, name="k", networks=["192.0.2.0/24", "2001:db8::/48"], now=timezone.now())

    assert [_ask(text, address) for address in ("192.0.2.7", "2001:db8::9", "::ffff:192.0.2.8")] == [200, 200, 200]
    assert [_ask(text, address) for address in ("192.0.3.7", "2001:db9::9", "198.51.100.1")] == [401, 401, 401]
    (refusal,) = AuditEntry.objects.filter(action="api_key.refused", object_id=str(key.pk))
    assert refusal.details == {"reason": "network"}


def test_what_is_no_network_is_refused_at_its_place(admin: User, client: Client) -> None:
    client.force_login(admin)
    given = {"name": "k", "networks": ["192.0.2.0/24", "192.0.2.1/24", "everywhere"]}

    answer = client.post("/api/v1/api-keys/", given, "application/json", headers=ACME)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/networks/1", "/networks/2"]
    assert not ApiKey.objects.exists()


def test_networks_are_kept_as_they_are_written_usually(admin: User) -> None:
    given = ["192.0.2.1", " 2001:DB8::/48", "::ffff:198.51.100.0/120", "198.51.100.0/24", "::ffff:192.0.2.1"]

    key, text = services.create_api_key(admin, name="k", networks=given, now=timezone.now())

    assert key.networks == ["192.0.2.1/32", "2001:db8::/48", "198.51.100.0/24"]
    assert [_ask(text, address) for address in ("198.51.100.7", "::ffff:198.51.100.7", "198.51.101.7")] == [
        200,
        200,
        401,
    ]


@pytest.mark.parametrize("text", ["fe80::1%eth0", "fe80::1%" + "a" * 35, "::ffff:192.0.2.1/120"])
def test_an_interface_or_a_part_of_an_address_is_no_network(admin: User, client: Client, text: str) -> None:
    client.force_login(admin)

    answer = client.post("/api/v1/api-keys/", {"name": "k", "networks": [text]}, "application/json", headers=ACME)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/networks/0")


def test_a_key_for_some_networks_makes_none_that_opens_from_others(admin: User) -> None:
    _, text = services.create_api_key(admin, name="k", networks=["192.0.2.0/24"], now=timezone.now())
    headers = {**ACME, "authorization": f"Bearer {text}"}

    def make(*networks: str) -> Any:
        given = {"name": "more", "networks": networks}
        client = Client(REMOTE_ADDR="192.0.2.7")
        return client.post("/api/v1/api-keys/", given, "application/json", headers=headers)

    answers = [make(), make("192.0.3.0/24"), make("192.0.2.0/23"), make("192.0.2.0/28", "2001:db8::/48")]
    assert [(one.status_code, one.json()["errors"][0]["pointer"]) for one in answers] == [(422, "/networks")] * 4
    assert (make("192.0.2.0/28").status_code, ApiKey.objects.count()) == (201, 2)


def test_a_key_and_the_one_that_follows_it_open_side_by_side_for_a_while(admin: User, client: Client) -> None:
    now = timezone.now()
    before, text = services.create_api_key(
        admin,
        name="k",
        permissions=["users:tenant:read"],
        networks=["127.0.0.0/8"],
        expires_at=now + timedelta(days=10),
        now=now,
    )
    client.force_login(admin)

    answer = client.post(f"/api/v1/api-keys/{before.pk}/rotate/", {}, "application/json", headers=ACME)

    assert answer.status_code == 201
    after = answer.json()
    assert answer["Location"] == f"/api/v1/api-keys/{after['id']}/"
    assert (after["name"], after["permissions"], after["networks"]) == ("k", ["users:tenant:read"], ["127.0.0.0/8"])
    assert [_ask(one, "127.0.0.1") for one in (text, after["key"])] == [200, 200]
    kept, fresh = ApiKey.objects.get(pk=before.pk), ApiKey.objects.get(pk=after["id"])
    assert timedelta(hours=23) < kept.expires_at - now <= timedelta(hours=24, minutes=1)
    assert timedelta(days=9) < fresh.expires_at - now < timedelta(days=11)
    entry = AuditEntry.objects.get(action="api_key.rotated")
    assert (entry.object_id, entry.details) == (str(before.pk), {"new": after["id"]})


def test_without_an_overlap_the_one_before_ends_at_once(admin: User, client: Client) -> None:
    before, _ = services.create_api_key(admin, name="k", now=timezone.now())
    client.force_login(admin)

    client.post(f"/api/v1/api-keys/{before.pk}/rotate/", {"overlap_hours": 0}, "application/json", headers=ACME)

    assert not ApiKey.objects.get(pk=before.pk).is_valid_at(timezone.now())


def test_an_overlap_makes_no_key_live_longer(admin: User, now: Any) -> None:
    before, _ = services.create_api_key(admin, name="k", expires_at=now + timedelta(hours=2), now=now)

    services.rotate_api_key(before, acting_user=admin, now=now)

    assert ApiKey.objects.get(pk=before.pk).expires_at == now + timedelta(hours=2)


def test_what_has_ended_has_none_that_follows(admin: User, now: Any) -> None:
    key, _ = services.create_api_key(admin, name="k", now=now)
    with pytest.raises(KeyEnded):
        services.rotate_api_key(key, acting_user=admin, now=now + timedelta(days=91))
    services.revoke_api_key(key, acting_user=admin, now=now)

    with pytest.raises(KeyEnded):
        services.rotate_api_key(key, acting_user=admin, now=now)
    assert ApiKey.objects.count() == 1


def test_nobody_replaces_a_key_of_somebody_mightier(admin: User, analyst: User, now: Any) -> None:
    key, _ = services.create_api_key(admin, name="k", now=now)

    with pytest.raises(NotYoursToGive):
        services.rotate_api_key(key, acting_user=analyst, now=now)


def test_a_key_gives_no_more_than_its_owner_has_when_it_is_replaced(analyst: User, now: Any) -> None:
    key, _ = services.create_api_key(analyst, name="k", permissions=["models:tenant:read"], now=now)
    analyst.grants.all().delete()
    analyst = User.objects.get(pk=analyst.pk)

    with pytest.raises((NotYoursToGive, Invalid)):
        services.rotate_api_key(key, acting_user=analyst, now=now)
