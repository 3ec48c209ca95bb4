"""Each tenant has keys of its own; a ciphertext says under which, and opens in its own place alone."""

import struct
import time
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, connections, transaction
from django_tenants.utils import schema_context, tenant_context

from apps.core import crypto
from apps.core.memory import SECONDS, forget_all
from apps.core.models import RememberedAnswer
from apps.keys import keyring, providers, services
from apps.keys.keyring import KEYRING, unwrapped
from apps.keys.models import DataKey
from apps.keys.providers import Lost, Unavailable, current
from apps.keys.providers.local import LocalKeyring
from apps.keys.tests import before
from apps.keys.tests.answers import Remember, overwrite, read, stored

pytestmark = pytest.mark.requirement("SEC-DATA-001", "SEC-DATA-002")


def secrets_of(schema: str) -> dict[str, bytes]:
    return {key.purpose: unwrapped(key).secret for key in DataKey.objects.filter(tenant=schema).active()}


def test_every_tenant_and_the_platform_have_keys_of_their_own(db: None) -> None:
    of_each = [secrets_of(schema) for schema in ("acme", "beta", "public")]

    assert [set(one) for one in of_each] == [{"field", "fingerprint", "index", "signing"}] * 3
    assert len({secret for one in of_each for secret in one.values()}) == 12
    assert not DataKey.objects.filter(tenant=settings.TEMPLATE_SCHEMA).exists()


def test_a_ciphertext_says_under_which_version_it_is(acme: Any, remember: Remember) -> None:
    answer = remember("Ada")

    assert struct.unpack(">BI", stored(answer)[:5]) == (2, 1)
    assert len(stored(answer)) == 5 + 12 + len("Ada") + 16
    assert read(answer) == "Ada"


def test_what_was_written_before_keys_had_versions_opens(acme: Any, remember: Remember, now: Any) -> None:
    answer = remember("")
    place = f"core.rememberedanswer|body|{answer.pk}"
    with schema_context("public"):
        before.adopt("acme", now=now)

    overwrite(answer, before.encrypt("from before", schema="acme", place=place))

    assert read(answer) == "from before"


@pytest.mark.django_db(databases=["default", "owner"])
def test_an_installation_of_before_keeps_the_keys_that_it_derived(db: None, now: Any) -> None:
    migration = import_module("apps.keys.migrations.0003_adopt_derived_keys")
    keys = DataKey.objects.using("owner")
    keys.all().delete()
    with connections["owner"].schema_editor(atomic=False) as editor:
        migration.adopt(apps, editor)

    kept = {(key.tenant, key.purpose, key.version, key.state): unwrapped(key).secret for key in keys.all()}
    assert kept == {
        (schema, purpose, 0, state): before.derived(schema, purpose)
        for schema in ("acme", "beta")
        for purpose, state in (("field", "decrypt-only"), ("index", "active"))
    }
    assert list(services.without_keys(["acme", "beta"])) == ["acme", "beta"]
    services.make_first_keys("acme")  # the upkeep that comes after the migrations
    assert list(keys.of("acme").order_by("version").values_list("version", "state")) == [
        (0, "decrypt-only"),
        (1, "active"),
    ]


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_schema_that_lacks_keys_gets_them_once(db: None) -> None:
    DataKey.objects.using("owner").filter(tenant="acme").delete()

    assert list(services.without_keys(["acme", "beta", settings.TEMPLATE_SCHEMA])) == ["acme"]
    services.make_first_keys("acme")
    services.make_first_keys("acme")

    assert list(services.without_keys(["acme", "beta"])) == []
    assert DataKey.objects.using("owner").filter(tenant="acme").count() == 4


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_tenant_that_a_process_of_before_has_made_keeps_what_was_derived_for_it(db: None, now: Any) -> None:
    keys, answers = DataKey.objects.using("owner"), RememberedAnswer.objects.using("owner")
    keys.filter(tenant__in=["acme", "beta"]).delete()
    given = {"user": uuid4(), "key": "k", "request_digest": b"", "created_at": now}
    answer = answers.create(tenant="acme", **given)
    place = f"core.rememberedanswer|body|{answer.pk}"
    answers.update(body=before.encrypt("from before", schema="acme", place=place))

    services.make_first_keys("acme")
    services.make_first_keys("beta")

    def kept(schema: str) -> dict[tuple[str, int], str]:
        return {(key.purpose, key.version): key.state for key in keys.filter(tenant=schema)}

    written = {("field", 0): "decrypt-only", ("field", 1): "active", ("index", 0): "active"}
    written |= {("fingerprint", 1): "active", ("signing", 0): "decrypt-only", ("signing", 1): "active"}
    assert kept("acme") == written
    assert kept("beta") == {(purpose, 1): "active" for purpose in ("field", "fingerprint", "index", "signing")}
    assert {key.purpose: unwrapped(key).secret for key in keys.filter(tenant="acme", version=0)} == {
        "field": before.derived("acme", "field"),
        "index": before.derived("acme", "index"),
        "signing": settings.SECRET_KEY.encode(),
    }


@pytest.mark.parametrize(("purpose", "version"), [("index", 1), ("field", 2)])
def test_a_wrapped_key_unwraps_in_its_own_place_alone(db: None, purpose: str, version: int) -> None:
    key = DataKey.objects.of("acme").get()
    key.purpose, key.version = purpose, version

    with pytest.raises(Lost):
        unwrapped(key)


def test_a_wrapped_key_of_one_tenant_is_none_of_another(db: None) -> None:
    key = DataKey.objects.of("acme").get()
    DataKey.objects.of("beta").update(wrapped=key.wrapped)

    with schema_context("beta"), pytest.raises(crypto.KeyAway):
        crypto.encrypt("Ada", schema="beta", place="x")


@pytest.mark.requirement("DB-002")
def test_a_tenant_sees_its_own_keys_and_changes_none(acme: Any) -> None:
    assert set(DataKey.objects.values_list("tenant", flat=True)) == {"acme"}
    for statement in ("UPDATE keys_datakey SET state = 'x'", "DELETE FROM keys_datakey", "TRUNCATE keys_datakey"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.parametrize("version", [2, 2**32 - 1])
def test_a_version_that_there_is_not_opens_nothing(acme: Any, remember: Remember, version: int) -> None:
    answer = remember("Ada")
    overwrite(answer, crypto.header_of(version) + stored(answer)[5:])

    with pytest.raises(crypto.Undecryptable) as refusal:
        read(answer)
    assert str(version) in refusal.value.reason


@pytest.mark.parametrize("damaged", [b"", b"\x02", b"\x02\x00\x00\x00\x01", b"\x01", b"\x03" + b"x" * 60, b"Ada"])
def test_what_is_no_ciphertext_opens_nothing(acme: Any, damaged: bytes) -> None:
    with pytest.raises(crypto.Undecryptable):
        crypto.decrypt(damaged, schema="acme", place="x")


def test_a_ciphertext_opens_under_no_other_version(acme: Any, remember: Remember, now: Any) -> None:
    """Not even when both versions were the same key: the version is bound as well."""
    answer = remember("Ada")
    with schema_context("public"):
        old = DataKey.objects.of("acme").get()
        copy = DataKey(tenant="acme", purpose="field", version=7, state="decrypt-only", created_at=now)
        copy.provider, copy.wrapped = old.provider, current().wrap(unwrapped(old).secret, copy.place)
        copy.save(force_insert=True)

    overwrite(answer, crypto.header_of(7) + stored(answer)[5:])

    with pytest.raises(crypto.Undecryptable, match="cannot be decrypted"):
        read(answer)


def test_a_ciphertext_opens_in_no_other_tenant_whatever_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    class Same:
        def active(self, *_: Any) -> crypto.Key:
            return crypto.Key(1, b"k" * 32)

        version = active

    monkeypatch.setattr(crypto, "_keyrings", [Same()])
    sealed = crypto.encrypt("Ada", schema="acme", place="x")

    assert crypto.decrypt(sealed, schema="acme", place="x") == "Ada"
    for schema, place in (("beta", "x"), ("acme", "y")):
        with pytest.raises(crypto.Undecryptable):
            crypto.decrypt(sealed, schema=schema, place=place)


def test_a_ciphertext_of_before_is_not_moved_by_giving_it_a_version(acme: Any, remember: Remember, now: Any) -> None:
    answer = remember("")
    with schema_context("public"):
        before.adopt("acme", now=now)
    old = before.encrypt("Ada", schema="acme", place=f"core.rememberedanswer|body|{answer.pk}")

    overwrite(answer, struct.pack(">BI", 2, 0) + old[1:])

    with pytest.raises(crypto.Undecryptable):
        read(answer)


def test_keys_are_asked_for_once_in_five_minutes(
    acme: Any, remember: Remember, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    answer = remember("Ada")
    later = KEYRING._rings["acme"].until - 0.1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with django_assert_num_queries(0):
        sealed = crypto.encrypt("Bo", schema="acme", place="x")
        assert crypto.decrypt(sealed, schema="acme", place="x") == "Bo"

    later += 0.2
    with django_assert_num_queries(1):
        crypto.decrypt(sealed, schema="acme", place="x")
    assert KEYRING._rings["acme"].until - later == keyring.UNWRAPPED_FOR == 300
    assert read(answer) == "Ada"


def test_a_process_forgets_the_keys_that_it_has_not_needed_for_long(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for schema in ("acme", "beta"):
        crypto.encrypt("Ada", schema=schema, place="x")
    passed = KEYRING._rings["beta"].until + 1
    monkeypatch.setattr(time, "monotonic", lambda: passed)

    crypto.encrypt("Ada", schema="acme", place="x")

    assert set(KEYRING._rings) == {"acme"}


class Away(LocalKeyring):
    """The keyring of this installation, as it is while nobody can reach it."""

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        raise Unavailable("it does not answer")


def test_while_the_provider_is_away_keys_go_on_for_five_minutes_and_come_back(
    acme: Any, beta: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = crypto.encrypt("Ada", schema="acme", place="x")
    start = KEYRING._rings["acme"].until - keyring.UNWRAPPED_FOR
    passed = start + 200
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    with tenant_context(beta):
        theirs = crypto.encrypt("Bo", schema="beta", place="x")
    monkeypatch.setattr(providers, "named", lambda _: Away(settings.ENCRYPTION_KEY))

    passed = start + 299
    assert crypto.decrypt(sealed, schema="acme", place="x") == "Ada"
    passed = start + 301
    with pytest.raises(crypto.KeyAway):
        crypto.decrypt(sealed, schema="acme", place="x")
    with tenant_context(beta):
        assert crypto.decrypt(theirs, schema="beta", place="x") == "Bo"

    monkeypatch.undo()
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    passed = start + 303
    with pytest.raises(crypto.KeyAway):  # it is asked again every few seconds, not for each value
        crypto.decrypt(sealed, schema="acme", place="x")
    passed = start + 307
    assert crypto.decrypt(sealed, schema="acme", place="x") == "Ada"


def test_whoever_does_not_answer_is_asked_once_however_many_keys_there_are(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    passed = time.monotonic()

    def slow(row: DataKey) -> Any:
        nonlocal passed
        asked.append(row.purpose)
        passed += 60.0
        raise Unavailable("it does not answer")

    KEYRING.forget()
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    monkeypatch.setattr(keyring, "unwrapped", slow)
    for _ in range(3):
        with pytest.raises(crypto.KeyAway):
            crypto.encrypt("Ada", schema="acme", place="x")
    KEYRING.forget()

    assert len(asked) == 1


def test_a_version_that_could_not_be_had_is_asked_for_again_and_the_others_go_on(
    acme: Any, remember: Remember, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = remember("Ada")
    known = KEYRING._rings["acme"]
    with schema_context("public"):
        services.rotate("acme", now=now)
    second = remember("Bo")
    KEYRING._rings["acme"] = known  # as in a process that knows nothing of the rotation
    passed = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    with monkeypatch.context() as away:
        away.setattr(providers, "named", lambda _: Away(settings.ENCRYPTION_KEY))
        with pytest.raises(crypto.KeyAway):
            read(second)
        assert read(first) == "Ada"

    with pytest.raises(crypto.KeyAway):
        read(second)
    passed += SECONDS
    assert (read(first), read(second)) == ("Ada", "Bo")
    assert KEYRING._rings["acme"].until == known.until


def test_keys_that_are_made_after_somebody_asked_for_them_are_found_in_seconds(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = DataKey.objects.of("acme").get()
    DataKey.objects.of("acme").delete()
    with pytest.raises(crypto.KeyAway) as refusal:
        crypto.encrypt("Ada", schema="acme", place="x")
    assert "migrate_tenants" in refusal.value.reason

    row.save(force_insert=True)
    passed = time.monotonic() + SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: passed)

    assert crypto.encrypt("Ada", schema="acme", place="x")


def test_a_key_encryption_key_that_is_lost_is_told_from_a_damaged_value(acme: Any, settings: Any) -> None:
    sealed = crypto.encrypt("Ada", schema="acme", place="x")
    settings.ENCRYPTION_KEY = b"another key of thirty-two bytes!"

    forget_all()

    with pytest.raises(crypto.KeyAway) as refusal:
        crypto.decrypt(sealed, schema="acme", place="x")
    assert "ENCRYPTION_KEY does not unwrap it" in refusal.value.reason
