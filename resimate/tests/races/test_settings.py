"""Several administrators set the same thing at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import schema_context

from apps.accounts.models import User
from apps.campaigns.tests.story import make_user
from apps.configuration import services
from apps.configuration.models import Change, PlannedChange, Setting
from apps.configuration.registry import KEYS, Key
from apps.core.fields import new_id
from resimate.tests.races.harness import race

pytestmark = pytest.mark.requirement("UC-002")


@pytest.fixture
def key() -> Iterator[str]:
    """A key of its own for each test: the history of the others stays."""
    name = f"toy.{new_id().hex}"
    KEYS[name] = Key(name=name, default=10, schema={"type": "integer"}, about="", needs_two=False)
    yield name
    del KEYS[name]


@pytest.fixture
def bo(acme: None, now: datetime) -> User:
    return make_user(f"bo-{new_id()}@acme.example", now, "tenant_admin")


def test_of_two_who_saw_the_same_the_second_is_told(ada: User, bo: User, key: str, now: datetime) -> None:
    seen = services.Manner(expected=services.present_version(services.Wish(key)))

    first, second = race(
        lambda: services.change(key, 1, now=now, actor=ada, manner=seen),
        lambda: services.change(key, 2, now=now, actor=bo, manner=seen),
    )

    assert (first.code, second.code, second.waited) == ("", "precondition_failed", True)
    assert Setting.objects.get(key=key).value == 1


def test_changes_of_several_keys_at_once_get_a_version_each(ada: User, bo: User, key: str, now: datetime) -> None:
    before = services.latest_version()

    first, second = race(
        lambda: services.change(key, 1, now=now, actor=ada),
        lambda: services.change("api.rate.models", 2, now=now, actor=bo),
    )

    assert (first.code, second.code, second.waited) == ("", "", True)
    versions = Change.objects.filter(version__gt=before).order_by("version").values_list("version", "key")
    assert list(versions) == [(before + 1, key), (before + 2, "api.rate.models")]


def test_a_change_is_approved_or_cancelled_and_never_both(ada: User, bo: User, key: str, now: datetime) -> None:
    KEYS[key] = Key(name=key, default=10, schema={"type": "integer"}, about="", needs_two=True)
    waits = services.change(key, 1, now=now, actor=ada)
    assert waits is not None

    first, second = race(
        lambda: services.cancel(waits, now=now, actor=ada), lambda: services.approve(waits, now=now, actor=bo)
    )

    assert (first.code, second.code, second.waited) == ("", "change_not_waiting", True)
    assert PlannedChange.objects.get(pk=waits.pk).state == "cancelled"
    assert not Setting.objects.filter(key=key).exists()


def test_what_is_cancelled_as_its_time_comes_is_not_made(ada: User, key: str, now: datetime) -> None:
    waits = services.change(key, 1, now=now, actor=ada, manner=services.Manner(starts_at=now + timedelta(hours=1)))
    assert waits is not None

    first, second = race(
        lambda: services.cancel(waits, now=now, actor=ada),
        lambda: services.apply_when_due(waits.pk, now=now + timedelta(hours=1)),
    )

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert PlannedChange.objects.get(pk=waits.pk).state == "cancelled"
    assert not Setting.objects.filter(key=key).exists()


def test_who_sends_what_they_read_is_told_of_what_is_set_meanwhile(ada: User, key: str, now: datetime) -> None:
    browser = Client(headers={"host": "acme.localhost"})
    browser.force_login(ada)
    page = f"/api/v1/settings/{key}/"
    read = browser.get(page)["ETag"]

    def send() -> Any:
        return browser.put(page, {"value": 2}, "application/json", headers={"if-match": read}).json()

    first, second = race(lambda: services.change(key, 1, now=now), send)

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert second.result["code"] == "precondition_failed"
    assert Setting.objects.get(key=key).value == 1


def test_who_goes_back_goes_back_from_what_is_set_by_then(ada: User, bo: User, key: str, now: datetime) -> None:
    services.change(key, 1, now=now, actor=ada)
    version = services.latest_version()

    first, second = race(
        lambda: services.change(key, 2, now=now, actor=ada), lambda: services.rollback(version, now=now, actor=bo)
    )

    assert (first.code, second.code, second.waited) == ("", "", True)
    assert Setting.objects.get(key=key).value == 1


def test_what_the_platform_locks_is_not_set_otherwise_meanwhile(ada: User, key: str, now: datetime) -> None:
    first, second = race(lambda: _lock(key, 5, now), lambda: services.change(key, 3, now=now, actor=ada))

    assert (first.code, second.code, second.waited) == ("", "setting_locked", True)
    assert not Setting.objects.filter(key=key).exists()
    assert services.explain(key).value == 5


def test_what_a_tenant_sets_meanwhile_is_not_locked_away(ada: User, key: str, now: datetime) -> None:
    first, second = race(lambda: services.change(key, 3, now=now, actor=ada), lambda: _lock(key, 5, now))

    assert (first.code, second.code, second.waited) == ("", "setting_contradicted", True)
    assert services.explain(key).value == 3


def test_tenants_do_not_wait_for_each_other(ada: User, key: str, now: datetime) -> None:
    def change_in_beta() -> None:
        with schema_context("beta"):
            services.change(key, 3, now=now)

    first, second = race(lambda: services.change(key, 3, now=now, actor=ada), change_in_beta)

    assert (first.code, second.code, second.waited) == ("", "", False)


def _lock(key: str, value: int, now: datetime) -> None:
    with schema_context("public"):
        services.change(key, value, now=now, is_locked=True)
