"""Each data key has a copy for the recovery key, and drills prove that the copies are good."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from apps.keys import keyring, offline, services
from apps.keys.models import DataKey, RecoveryKey
from apps.keys.tests.commands import refused, run
from apps.keys.tests.escrowed import part, stored, trail

pytestmark = [pytest.mark.requirement("SEC-DATA-002"), pytest.mark.django_db(databases=["default", "owner"])]


def test_a_new_version_comes_with_its_copy_and_a_destroyed_one_leaves_none(
    acme: Any, escrowed: offline.Made, now: datetime
) -> None:
    with schema_context("public"):
        services.rotate("acme", now=now)
        assert services.lacking() == 0
        services.reencrypt_rest("acme", now=now + timedelta(days=1))
        destroyed = services.destroy("acme", 1, now=now)

        assert DataKey.objects.get(pk=destroyed.pk).escrow == {}
        assert (services.lacking(), services.escrow(now=now).failed) == (0, [])
        assert services.drill(escrowed.shares[:2], now=now).failed == []
        assert list(DataKey.objects.of("acme").active().get().escrow) == [escrowed.fingerprint]


def test_a_new_tenants_first_keys_come_with_their_copies(escrowed: offline.Made, now: datetime) -> None:
    fresh = services.making.wrapped("somebody", "field", 1, now=now)

    assert list(fresh.escrow) == [escrowed.fingerprint]


def test_the_hourly_round_makes_the_copies_that_are_lacking(escrowed: offline.Made, now: datetime) -> None:
    from apps.keys.tasks import tend

    DataKey.objects.of("acme").update(escrow={})
    assert services.lacking() == 1

    tend()

    assert services.lacking() == 0
    assert [tenant for tenant, _ in trail("data_key.escrowed")].count("acme") == len(DataKey.Purpose) + 1


def test_a_drill_proves_it_writes_no_key_and_is_noted(escrowed: offline.Made, files: Any) -> None:
    before = stored()

    told = run("recover", "--drill", *files(*escrowed.shares[:2]))

    assert told == {"recovered": 0, "kept": len(before), "failed": []}
    assert stored() == before
    assert RecoveryKey.objects.get().drilled_at is not None
    details = {"recovery_key": escrowed.fingerprint, "shares": [1, 2], "keys": len(before)}
    assert trail("recovery_key.drilled") == [("public", details)]


def test_a_drill_that_finds_something_is_none(escrowed: offline.Made, files: Any) -> None:
    DataKey.objects.of("acme").update(escrow={})

    code, _, told = refused("recover", "--drill", *files(*escrowed.shares[:2]))

    assert (code, told) == (1, "acme field 1: there is no copy of it for this recovery key")
    assert RecoveryKey.objects.get().drilled_at is None


def test_the_doctor_asks_for_a_recovery_key_copies_and_a_drill_within_180_days(
    db: None, pair: offline.Made, now: datetime, settings: Any
) -> None:
    assert part().up
    settings.DEVELOPMENT = False
    assert (part().up, part().detail) == (False, "no recovery key: if the provider is lost, so is all data")
    key = services.add_recovery_key(pair.public, now=now)
    assert part().detail == f"{DataKey.objects.count()} keys have no copy for recovery"
    services.escrow(now=now)
    assert (part().up, part().detail) == (False, "no drill in the last 180 days")
    from django.utils import timezone

    for days, is_well in ((179, True), (181, False)):
        RecoveryKey.objects.filter(pk=key.pk).update(drilled_at=timezone.now() - timedelta(days=days))
        assert part().up is is_well


def test_a_recovery_key_is_replaced_by_another_one(
    escrowed: offline.Made, of_others: offline.Made, tmp_path: Path, files: Any, now: datetime
) -> None:
    assert refused("escrow", "--retire", escrowed.fingerprint)[1]["code"] == "recovery_key_needed"
    path = tmp_path / "recovery-key.pem"
    path.write_text(of_others.public)
    assert run("escrow", "--public-key", str(path))["written"] == DataKey.objects.count()
    assert run("escrow", "--public-key", str(path))["written"] == 0

    run("escrow", "--retire", escrowed.fingerprint)

    assert {tuple(one.escrow) for one in DataKey.objects.all()} == {(of_others.fingerprint,)}
    assert refused("recover", *files(*escrowed.shares[:2]))[1]["code"] == "shares_of_others"
    assert run("recover", "--drill", *files(*of_others.shares))["kept"] == DataKey.objects.count()
    assert refused("escrow", "--retire", escrowed.fingerprint)[1]["code"] == "recovery_key_unknown"
    path.write_text(escrowed.public)
    assert refused("escrow", "--public-key", str(path))[1]["code"] == "recovery_key_retired"
    assert [one["recovery_key"] for _, one in trail("recovery_key.retired")] == [escrowed.fingerprint]


def test_of_two_that_are_retired_at_the_same_moment_one_waits_and_sees_that_it_is_the_last(
    escrowed: offline.Made, now: datetime
) -> None:
    with CaptureQueriesContext(connection) as queries, pytest.raises(services.escrowing.RecoveryKeyNeeded):
        services.retire_recovery_key(escrowed.fingerprint, now=now)

    said = [one["sql"] for one in queries.captured_queries]
    looked = [number for number, one in enumerate(said) if "keys_recoverykey" in one]
    held = next(number for number, one in enumerate(said) if "pg_advisory_xact_lock" in one)
    assert held < min(looked)


def test_without_a_recovery_key_nobody_is_told_that_there_are_copies(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("keys", "escrow")

    assert "No recovery key is in use, so no key has a copy." in capsys.readouterr().out
    assert run("escrow") == {"recovery_keys": [], "written": 0, "failed": []}


def test_copies_cannot_be_made_of_keys_that_are_lost(db: None, pair: offline.Made, lose: Any, now: datetime) -> None:
    services.add_recovery_key(pair.public, now=now)
    lose()

    code, answer, told = refused("escrow")

    assert (code, answer["written"]) == (1, 0)
    assert "acme field 1: ENCRYPTION_KEY does not unwrap it" in told


def test_a_key_that_was_destroyed_meanwhile_gets_no_copy(
    db: None, pair: offline.Made, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.add_recovery_key(pair.public, now=now)

    def and_destroy(row: DataKey) -> Any:
        key = keyring.unwrapped(row)
        DataKey.objects.filter(pk=row.pk).update(state="destroyed", wrapped=b"", destroyed_at=now)
        return key

    monkeypatch.setattr(services.escrowing, "unwrapped", and_destroy)

    assert services.escrow(now=now).written == 0
    assert not DataKey.objects.exclude(escrow={}).exists()
