"""The keys that sign links and tokens: the newest signs once all processes know it, those before go on verifying."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from apps.core import crypto
from apps.keys import keyring, providers, services, signatures, tasks
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.services import reencrypting, rotating

pytestmark = pytest.mark.requirement("SEC-DATA-002")
SETTLED = keyring.SIGNS_FROM + timedelta(minutes=1)


def rotated(ago: timedelta) -> DataKey:
    with schema_context("public"):
        return services.rotate("acme", purpose="signing", now=timezone.now() - ago)


def secrets() -> list[bytes]:
    KEYRING.forget()
    return crypto.signing_secrets("acme")


def test_the_new_key_signs_and_those_before_verify(acme: Any) -> None:
    (first,) = secrets()
    rotated(2 * SETTLED)
    second, *others = secrets()
    rotated(SETTLED)

    assert others == [first]
    assert secrets()[1:] == [second, first]


def test_it_signs_nothing_before_every_process_knows_it(acme: Any) -> None:
    (first,) = secrets()
    rotated(timedelta(seconds=keyring.UNWRAPPED_FOR))

    signs, *verify = secrets()

    assert signs == first
    assert len(verify) == 1


def test_one_more_is_made_once_the_one_before_signs(acme: Any) -> None:
    rotated(timedelta())
    now = timezone.now()

    with pytest.raises(rotating.ReplacementUnderWay):
        services.refuse_untimely("acme", "signing", now=now + keyring.SIGNS_FROM - timedelta(seconds=5))
    services.refuse_untimely("acme", "signing", now=now + SETTLED)
    services.refuse_untimely("beta", "signing", now=now)


def test_each_tenant_signs_by_its_own(db: None) -> None:
    of_each = []
    for schema in ("acme", "beta", "public"):
        with schema_context(schema):
            of_each += crypto.signing_secrets(schema)

    assert len(set(of_each)) == 3


def test_a_tenant_does_not_sign_in_the_name_of_another(acme: Any) -> None:
    with pytest.raises(crypto.KeyAway):
        crypto.signing_secrets("beta")


def test_signing_asks_nothing_once_the_keys_are_known(acme: Any, django_assert_num_queries: Any) -> None:
    secrets()

    with django_assert_num_queries(0):
        crypto.signing_secrets("acme")


def test_while_one_of_the_keys_is_away_nothing_is_called_wrong(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rotated(SETTLED)
    with schema_context("public"):  # the other one is wrapped elsewhere, and can be had
        DataKey.objects.of("acme", "signing").filter(version=1).update(provider="elsewhere:key")
    unwrap = keyring.unwrapped

    def away(row: DataKey) -> crypto.Key:
        if (row.purpose, row.version) == ("signing", 1):
            raise providers.Unavailable("sealed")
        return unwrap(row)

    monkeypatch.setattr(keyring, "unwrapped", away)
    with pytest.raises(crypto.KeyAway):
        secrets()


def test_a_lost_key_takes_no_other_with_it(acme: Any) -> None:
    rotated(SETTLED)
    with schema_context("public"):
        DataKey.objects.of("acme", "signing").filter(version=2).update(wrapped=b"damaged" * 10)

    assert len(secrets()) == 1


def test_a_key_is_kept_as_long_as_what_it_may_have_signed(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    rotated(timedelta(0))
    later = now + timedelta(days=100)
    told: dict[str, Any] = {"links": lambda now: now - timedelta(hours=1), "tokens": lambda now: None}
    monkeypatch.setattr(signatures, "_signed", told)
    with schema_context("public"):
        told["links"] = lambda moment: now + reencrypting.SIGNED_ON - timedelta(minutes=1)  # it was signed on by it
        services.note_unused("acme", "signing", now=later)
        with pytest.raises(services.KeyInUse):
            services.destroy("acme", 1, purpose="signing", now=later)

        told["links"] = lambda moment: now + reencrypting.SIGNED_ON + timedelta(minutes=1)
        services.note_unused("acme", "signing", now=later)
        services.destroy("acme", 1, purpose="signing", now=later)

    assert len(secrets()) == 1
    assert DataKey.objects.of("acme", "signing").get(version=1).state == "destroyed"
    assert DataKey.objects.of("acme").get().state == "active"


def test_the_active_one_is_not_destroyed(acme: Any) -> None:
    with schema_context("public"), pytest.raises(services.KeyInUse, match="active"):
        services.destroy("acme", 1, purpose="signing", now=timezone.now())


@pytest.mark.parametrize(
    ("jumps", "versions"),
    [
        (["90 days"], 2),
        pytest.param(["90 days", "90 days", "91 days"], 2, marks=pytest.mark.thorough),
        # Forward, and back again: once for each.
        pytest.param(["400 days", "0 days", "1 days", "2 days"], 3, marks=pytest.mark.thorough),
        pytest.param(["400 days", "401 days", "402 days"], 2, marks=pytest.mark.thorough),
        pytest.param(["-400 days", "-399 days", "-398 days"], 2, marks=pytest.mark.thorough),
        pytest.param(["0 days", "89 days"], 1, marks=pytest.mark.thorough),
    ],
)
def test_a_clock_that_jumps_rotates_once_and_not_daily_or_never(
    acme: Any, jumps: list[str], versions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_each = {purpose: DataKey.objects.of("acme", purpose) for purpose in ("field", "signing")}
    made = max(keys.get().created_at for keys in of_each.values())
    for jump in jumps:
        moment = made + timedelta(days=int(jump.split()[0]))
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
        with schema_context("public"):
            tasks.tend()
            tasks.tend()

    assert {purpose: keys.count() for purpose, keys in of_each.items()} == dict.fromkeys(of_each, versions)
    assert timedelta(days=90) == rotating.EVERY
