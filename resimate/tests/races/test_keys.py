"""Several operators, or one and a request, meet over the keys of a tenant and what is under them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import schema_context

from apps.accounts import services as accounts
from apps.audit.models import AuditEntry
from apps.campaigns.tests.story import make_user
from apps.core.fields import new_id
from apps.core.models import Job, RememberedAnswer
from apps.keys import offline, services
from apps.keys.models import DataKey, RecoveryKey
from apps.keys.tests.conftest import of_others, pair
from resimate.tests.races.harness import race

__all__ = ["of_others", "pair"]
pytestmark = pytest.mark.requirement("SEC-DATA-001")
LATER = timedelta(days=1)


def _of_the_operator(verb: Any, *arguments: Any, now: datetime) -> Any:
    """As the command does it: from the platform."""
    with schema_context("public"):
        return verb("acme", *arguments, now=now)


def test_of_two_who_rotate_at_once_the_second_is_told(acme: None, now: datetime) -> None:
    before = DataKey.objects.of("acme").active().get().version

    first, second = race(*[lambda: _of_the_operator(services.rotate, now=now)] * 2)

    assert (first.code, second.code, second.waited) == ("", "rotated_meanwhile", True)
    assert DataKey.objects.of("acme").active().get().version == before + 1


def test_a_key_is_destroyed_once(acme: None, now: datetime) -> None:
    version = DataKey.objects.of("acme").active().get().version
    _of_the_operator(services.rotate, now=now)
    _of_the_operator(services.reencrypt_rest, now=now + LATER)

    first, second = race(*[lambda: _of_the_operator(services.destroy, version, now=now + LATER)] * 2)

    assert (first.code, second.code, second.waited) == ("", "key_unknown", True)
    gone = DataKey.objects.of("acme").get(version=version)
    assert AuditEntry.objects.filter(action="data_key.destroyed", object_id=str(gone.pk)).count() == 1


def test_what_somebody_is_about_to_change_is_left_to_the_next_pass(acme: None, now: datetime) -> None:
    user, digest = uuid4(), b"d" * 32
    answer = RememberedAnswer.objects.create(user=user, key="k", request_digest=digest, body="old", created_at=now)
    _of_the_operator(services.rotate, now=now)

    def change() -> None:
        answer.body = "new"
        answer.save(update_fields=["body"])

    _, second = race(change, lambda: services.reencrypt("acme"))

    assert (second.code, second.waited, second.result.written, second.result.left) == ("", False, 0, 1)
    assert RememberedAnswer.objects.get(pk=answer.pk).body == "new"


def test_of_two_custodians_who_press_the_button_at_once_the_second_is_told(acme: None, now: datetime) -> None:
    one, other = (make_user(f"keys-{new_id()}@acme.example", now, "key_custodian") for _ in range(2))

    first, second = race(
        *[lambda user=user: accounts.ask_for_rotation("signing", acting_user=user, now=now) for user in (one, other)]
    )

    assert (first.code, second.code, second.waited) == ("", "rotation_under_way", True)
    assert Job.objects.filter(kind="keys.rotate").count() == 1


def test_of_two_custodians_who_have_everything_verified_at_once_the_second_is_told(acme: None, now: datetime) -> None:
    one, other = (make_user(f"keys-{new_id()}@acme.example", now, "key_custodian") for _ in range(2))

    first, second = race(
        *[lambda user=user: accounts.ask_for_verification(acting_user=user, now=now) for user in (one, other)]
    )

    assert (first.code, second.code, second.waited) == ("", "verification_under_way", True)
    assert Job.objects.filter(kind="keys.verify").count() == 1


def test_the_last_recovery_key_stays_when_two_retire_one_each(
    acme: None, pair: offline.Made, of_others: offline.Made, now: datetime
) -> None:
    with schema_context("public"):
        keys = [services.add_recovery_key(one.public, now=now).fingerprint for one in (pair, of_others)]

    def retire(fingerprint: str) -> Any:
        with schema_context("public"):
            return services.retire_recovery_key(fingerprint, now=now)

    first, second = race(*[lambda one=one: retire(one) for one in keys])

    assert (first.code, second.code, second.waited) == ("", "recovery_key_needed", True)
    with schema_context("public"):
        assert RecoveryKey.objects.in_use().get().fingerprint == keys[1]
