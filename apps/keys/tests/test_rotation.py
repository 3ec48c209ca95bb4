"""A new key for what is written from now on, and everything that there is written anew under it."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.audit.models import AuditEntry
from apps.core import crypto
from apps.core.fields import EncryptedTextField, PersonTextField, SubjectTextField
from apps.core.models import RememberedAnswer, TenantRow
from apps.keys import services, tasks
from apps.keys.columns import columns
from apps.keys.keyring import KEYRING, unwrapped
from apps.keys.models import DataKey
from apps.keys.services import making, reencrypting, rotating
from apps.keys.tests import before
from apps.keys.tests.answers import Remember, overwrite, read, stored

pytestmark = pytest.mark.requirement("SEC-DATA-001")
LATER = timedelta(days=1)


def versions(answers: list[RememberedAnswer]) -> list[int]:
    return [crypto._version_of(stored(answer))[0] for answer in answers]


def rotated(now: Any, schema: str = "acme") -> DataKey:
    with schema_context("public"):
        return services.rotate(schema, now=now)


def test_everything_is_written_anew_and_reads_as_before(
    acme: Any, remember: Remember, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencrypting, "BATCH", 2)
    answers = [remember(f"answer {number} 🌍") for number in range(5)]
    rotated(now)
    told: list[tuple[int, int]] = []

    with schema_context("public"):
        outcome = services.reencrypt("acme", lambda *done: told.append(done))

    assert (outcome.written, outcome.left, outcome.failed) == (5, 0, [])
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert versions(answers) == [2] * 5
    assert [read(answer) for answer in answers] == [f"answer {number} 🌍" for number in range(5)]


def test_a_second_time_there_is_nothing_to_do(acme: Any, remember: Remember, now: Any) -> None:
    answer = remember("Ada")
    rotated(now)
    services.reencrypt("acme")
    written = stored(answer)

    assert services.reencrypt("acme").written == 0
    assert stored(answer) == written


def test_what_is_of_another_tenant_stays_as_it_is(acme: Any, beta: Any, remember: Remember, now: Any) -> None:
    with tenant_context(beta):
        theirs = remember("Bo")
    with schema_context("public"):
        platforms = remember("Cy")
    ours = remember("Ada")
    rotated(now)

    with schema_context("public"):
        services.reencrypt("acme")
        assert versions([theirs, platforms, ours]) == [1, 1, 2]
        outcome = services.reencrypt("public")
        assert (outcome.written, outcome.left, outcome.failed) == (0, 0, [])


def _is_under_data_keys(field: Any) -> bool:
    if isinstance(field, SubjectTextField):
        return isinstance(field, PersonTextField)  # where nobody has a key, it is under the tenant's
    return isinstance(field, EncryptedTextField)


@pytest.mark.django_db
@pytest.mark.parametrize("schema", ["public", "acme"])
def test_whatever_a_schema_has_of_encrypted_columns_is_written_anew(schema: str) -> None:
    with schema_context(schema):
        there = connection.introspection.table_names()
    stored = [one for one in apps.get_models() if not one._meta.proxy]
    models = [one for one in stored if any(map(_is_under_data_keys, one._meta.fields))]
    here = {one for one in models if one._meta.db_table in there or issubclass(one, TenantRow)}  # all share those

    assert {column.model for column in columns(schema)} == here


def test_what_was_written_before_keys_had_versions_is_written_anew(acme: Any, remember: Remember, now: Any) -> None:
    answer = remember("")
    overwrite(answer, before.encrypt("old", schema="acme", place=f"core.rememberedanswer|body|{answer.pk}"))
    with schema_context("public"):
        before.adopt("acme", now=now)

    assert services.reencrypt("acme").written == 1
    assert (versions([answer]), read(answer)) == ([1], "old")


def test_what_cannot_be_decrypted_is_told_and_keeps_nothing_else(acme: Any, remember: Remember, now: Any) -> None:
    damaged, well = remember("Ada"), remember("Bo")
    overwrite(damaged, stored(well))
    rotated(now)

    outcome = services.reencrypt("acme")

    assert (outcome.written, outcome.left) == (1, 1)
    assert outcome.failed == [
        f"core.RememberedAnswer.body {damaged.pk}: it is damaged, or was written to another place"
    ]
    assert stored(damaged)[5:] != stored(well)[5:]


def test_nothing_is_kept_that_does_not_come_back(
    acme: Any, remember: Remember, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = remember("Ada")
    before_it = stored(answer)
    rotated(now)
    encrypt = crypto.encrypt
    monkeypatch.setattr(crypto, "encrypt", lambda plain, **place: encrypt(plain + "!", **place))

    with pytest.raises(reencrypting.NotWhatWasWritten):
        services.reencrypt("acme")
    assert stored(answer) == before_it


def test_a_rotation_leaves_one_active_key_and_goes_on_record(acme: Any, now: Any) -> None:
    fresh = rotated(now)

    kept = DataKey.objects.of("acme").order_by("version").values_list("version", "state", "retired_at")
    assert list(kept) == [(1, "decrypt-only", now), (2, "active", None)]
    assert len({unwrapped(key).secret for key in DataKey.objects.of("acme")}) == 2
    entry = AuditEntry.objects.get(action="data_key.rotated")
    assert (entry.tenant, entry.object_id, entry.category) == ("acme", str(fresh.pk), "administration")
    assert entry.details == {"purpose": "field", "version": 2, "provider": fresh.provider}


def test_digests_stay_findable_since_their_key_stays(acme: Any, now: Any) -> None:
    digest = crypto.blind_index("ada@example.org", schema="acme", field="x")
    rotated(now)

    assert crypto.blind_index("ada@example.org", schema="acme", field="x") == digest


def test_of_two_rotations_at_once_one_is_refused(acme: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*arguments: Any, **more: Any) -> DataKey:
        key = making.wrapped(*arguments, **more)
        monkeypatch.undo()
        services.rotate("acme", now=now)
        return key

    monkeypatch.setattr(rotating, "wrapped", slowly)

    with schema_context("public"), pytest.raises(services.RotatedMeanwhile):
        services.rotate("acme", now=now)
    assert DataKey.objects.of("acme").active().get().version == 2


def test_a_process_that_has_not_noticed_goes_on_and_what_it_wrote_is_found(
    acme: Any, remember: Remember, now: Any
) -> None:
    remembered = KEYRING._ring("acme")
    rotated(now)
    KEYRING._rings["acme"] = remembered  # as another process still has it
    late = remember("late")
    assert versions([late]) == [1]

    assert services.reencrypt("acme").written == 1
    KEYRING._rings["acme"] = remembered
    assert read(late) == "late"  # a version that it does not know: it looks


def test_a_key_is_destroyed_once_nothing_is_under_it(acme: Any, remember: Remember, now: Any) -> None:
    answer = remember("Ada")
    old = stored(answer)
    rotated(now)
    with schema_context("public"):
        with pytest.raises(services.KeyInUse, match="active"):
            services.destroy("acme", 2, now=now)
        with pytest.raises(services.KeyInUse):
            services.destroy("acme", 1, now=now)
        services.reencrypt_rest("acme", now=now + timedelta(minutes=9))  # others may still write under it
        assert DataKey.objects.of("acme").get(version=1).unused_at is None
        with pytest.raises(services.KeyInUse):  # although nothing is under it just now
            services.destroy("acme", 1, now=now + timedelta(minutes=9))
        services.reencrypt_rest("acme", now=now + LATER)
        services.destroy("acme", 1, now=now + LATER)
        with pytest.raises(services.KeyUnknown):
            services.destroy("acme", 1, now=now + LATER)

    gone = DataKey.objects.of("acme").get(version=1)
    assert (gone.state, bytes(gone.wrapped), gone.destroyed_at) == ("destroyed", b"", now + LATER)
    assert read(answer) == "Ada"
    overwrite(answer, old)
    with pytest.raises(crypto.Undecryptable, match="cannot be decrypted"):
        read(answer)
    assert [
        entry.action for entry in AuditEntry.objects.order_by("recorded_at", "id") if entry.object_id == str(gone.pk)
    ][-2:] == ["data_key.emptied", "data_key.destroyed"]


def test_a_key_under_which_something_was_put_back_is_not_destroyed(acme: Any, remember: Remember, now: Any) -> None:
    answer = remember("Ada")
    restored = stored(answer)
    rotated(now)
    with schema_context("public"):
        services.reencrypt_rest("acme", now=now + LATER)
        overwrite(answer, restored)

        with pytest.raises(services.KeyInUse):
            services.destroy("acme", 1, now=now + LATER)


@pytest.mark.thorough
def test_the_scheduler_rotates_every_ninety_days_and_finishes_what_was_left(
    acme: Any, remember: Remember, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = remember("Ada")
    made = DataKey.objects.of("acme").get().created_at
    for passed, expected in ((rotating.EVERY - LATER, 1), (rotating.EVERY, 2), (rotating.EVERY + LATER, 2)):
        monkeypatch.setattr(timezone, "now", lambda moment=made + passed: moment)
        with schema_context("public"):
            tasks.tend()
        assert versions([answer]) == [expected]

    assert DataKey.objects.of("acme").get(version=1).unused_at == made + rotating.EVERY + LATER


class Somebody:
    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions

    def has_perm(self, permission: str) -> bool:
        return permission in self.permissions


def test_who_may_not_rotates_and_destroys_nothing(acme: Any, now: Any) -> None:
    with pytest.raises(PermissionDenied):
        services.rotate("acme", now=now, acting_user=Somebody("keys:destroy"))
    with pytest.raises(PermissionDenied):
        services.destroy("acme", 1, now=now, acting_user=Somebody("keys:rotate"))
