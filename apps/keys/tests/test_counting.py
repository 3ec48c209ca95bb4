"""How many values are under each key, how often a key was used, and that it is replaced before it may be no more."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context
from prometheus_client import REGISTRY

from apps.core import crypto
from apps.keys import services, tasks
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.services import counting, reencrypting
from apps.keys.tests import before
from apps.keys.tests.answers import Remember, overwrite, read

pytestmark = pytest.mark.requirement("SEC-DATA-002")


def values() -> dict[int, int | None]:
    return dict(DataKey.objects.of("acme").values_list("version", "values"))


def tend() -> None:
    with schema_context("public"):
        tasks.tend()


def test_values_are_counted_by_version_and_of_this_tenant_alone(
    acme: Any, beta: Any, remember: Remember, now: Any
) -> None:
    old, _, _ = (remember(text) for text in ("Ada", "Bo", "Cy"))
    overwrite(old, before.encrypt("Ada", schema="acme", place=f"core.rememberedanswer|body|{old.pk}"))
    with schema_context("beta"):
        remember("theirs")
    with schema_context("public"):
        before.adopt("acme", now=now)
        services.count("acme", now=now)
        assert values() == {0: 1, 1: 2}

        services.rotate("acme", now=now)
        services.reencrypt_rest("acme", now=now)
    assert values() == {0: 0, 1: 0, 2: 3}


def test_a_long_rotation_is_counted_on_its_way(acme: Any, remember: Remember, now: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(reencrypting, "BATCH", 1)
    monkeypatch.setattr(reencrypting, "COUNTED_EVERY", 0.0)
    for text in ("Ada", "Bo"):
        remember(text)
    with schema_context("public"):
        services.rotate("acme", now=now)
    seen = []

    def count(schema: str, *, now: Any) -> None:
        counting.count(schema, now=now)
        seen.append(values())

    monkeypatch.setattr(reencrypting, "count", count)
    monkeypatch.setattr(reencrypting, "COUNTING", 1e9)

    services.reencrypt("acme")

    assert seen == [{1: 1, 2: 1}, {1: 0, 2: 2}]


def test_uses_of_a_key_add_up_over_the_rounds(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for writes in (100, 250, 250):
        monkeypatch.setattr(counting, "_writes", lambda schema, writes=writes: writes)
        tend()
    assert DataKey.objects.of("acme").get().written == 250

    monkeypatch.setattr(counting, "_writes", lambda schema: 30)  # a server that crashed begins anew
    tend()
    assert DataKey.objects.of("acme").get().written == 280


@pytest.mark.thorough
def test_a_key_that_has_encrypted_as_often_as_one_may_is_replaced(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written = [counting.MOST_WRITES - 1]
    monkeypatch.setattr(counting, "_writes", lambda schema: written[0])
    tend()
    assert DataKey.objects.of("acme").count() == 1
    written[0] += 1
    tend()
    tend()

    assert list(DataKey.objects.of("acme").order_by("version").values_list("state", "written")) == [
        ("decrypt-only", counting.MOST_WRITES),
        ("active", 0),
    ]
    assert counting.MOST_WRITES * 2 == 2**32


def used(purpose: str, use: str) -> float:
    return REGISTRY.get_sample_value("resimate_key_uses_total", {"purpose": purpose, "use": use}) or 0.0


def test_what_keys_are_used_for_is_told(acme: Any, remember: Remember) -> None:
    KEYRING.forget()
    crypto.keyring().active("acme", "index")
    was = [
        used(*one) for one in (("field", "write"), ("field", "read"), ("index", "write"), ("signing", "sign or verify"))
    ]
    answer = remember("Ada")
    for _ in range(3):
        assert read(answer) == "Ada"
    crypto.blind_index("ada", schema="acme", field="x")
    crypto.signing_secrets("acme")
    KEYRING.forget()
    crypto.keyring().active("acme", "index")

    now = [
        used(*one) for one in (("field", "write"), ("field", "read"), ("index", "write"), ("signing", "sign or verify"))
    ]
    assert [after - before_ for after, before_ in zip(now, was, strict=True)] == [1, 3, 2, 1]


def test_the_age_of_keys_and_what_is_left_are_measured(acme: Any, remember: Remember, monkeypatch: Any) -> None:
    remember("Ada")
    made = timezone.now()
    with schema_context("public"):
        DataKey.objects.active().update(created_at=made)
        services.rotate("acme", now=made)
        services.count("acme", now=made)
        monkeypatch.setattr(timezone, "now", lambda: made + timedelta(seconds=70))
        services.measure()

    assert REGISTRY.get_sample_value("resimate_values_under_old_keys") == 1
    assert REGISTRY.get_sample_value("resimate_oldest_active_key_seconds", {"purpose": "field"}) == 70
