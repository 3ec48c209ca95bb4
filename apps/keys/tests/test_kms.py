"""Data keys wrapped in AWS KMS: by an emulator (local-kms), and a fake that is held to the model Amazon publishes."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django_tenants.utils import schema_context

from apps.core import crypto
from apps.core.memory import forget_all
from apps.core.parts import PARTS, look
from apps.keys import keyring, services
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey
from apps.keys.providers import Lost, Unavailable, choice
from apps.keys.providers import kms as kms_module
from apps.keys.providers.kms import KMS, Account, Kms
from apps.keys.tests.answers import Remember, read
from apps.keys.tests.commands import refused
from apps.keys.tests.fake_kms import ACCESS_KEY, KEY, SECRET_KEY, FakeKms, serving
from apps.keys.tests.local_kms import PROGRAM, LocalKms
from apps.keys.tests.test_not_vault import answering
from resimate_servers.tests.toxiproxy import needed

pytestmark = [pytest.mark.requirement("SEC-DATA-002"), pytest.mark.usefixtures("unknown")]
SECRET, PLACE = b"s" * 32, "acme|field|1"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKms]:
    monkeypatch.setattr(kms_module, "PATIENCE", 60.0)
    made = FakeKms()
    with serving(made) as endpoint:
        monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "aws-kms")
        account = Account(KEY, ACCESS_KEY, SECRET_KEY, endpoint)
        monkeypatch.setattr(settings, "KMS", dataclasses.asdict(account))
        forget_all()
        yield made
    forget_all()


def test_what_goes_there_and_comes_back_is_as_amazon_says(fake: FakeKms) -> None:
    kms = choice.current()
    wrapped = kms.wrap(SECRET, PLACE)

    assert SECRET not in wrapped
    assert kms.unwrap(wrapped, PLACE) == SECRET
    assert [one["EncryptionContext"] for one in fake.told] == [{"resimate": PLACE}] * 2
    assert {one["KeyId"] for one in fake.told} == {KEY}
    for damaged, place in ((wrapped, "beta|field|1"), (wrapped[:-1] + b"?", PLACE), (b"x", PLACE), (b"", PLACE)):
        with pytest.raises(Lost):
            kms.unwrap(damaged, place)
    assert b"" not in [one.get("CiphertextBlob") for one in fake.told]  # Amazon does not call that lost
    assert kms.ask() == f"aws-kms:{KEY} answers"
    assert SECRET_KEY not in repr(Account(KEY, ACCESS_KEY, SECRET_KEY))


REFUSALS = {
    "NotFoundException": Lost,
    "IncorrectKeyException": Lost,
    "DisabledException": Unavailable,
    "KMSInvalidStateException": Unavailable,
    "KeyUnavailableException": Unavailable,
    "AccessDeniedException": Unavailable,
    "ThrottlingException": Unavailable,
}


def test_whoever_refuses_one_key_is_there_for_others(fake: FakeKms) -> None:
    kms = choice.current()
    wrapped = kms.wrap(SECRET, PLACE)
    for error, kind in REFUSALS.items():
        fake.refusing = error
        with pytest.raises(kind, match=f"does not decrypt: {error}"):
            kms.unwrap(wrapped, PLACE)
    fake.refusing = "NotFoundException"
    with pytest.raises(Unavailable, match="does not encrypt: NotFoundException"):
        kms.wrap(SECRET, PLACE)
    assert len(REFUSALS) > KMS.failures

    fake.refusing = ""

    assert kms.unwrap(wrapped, PLACE) == SECRET


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"Plaintext": 7}', b"<h1>Maintenance</h1>"])
def test_whoever_is_not_amazon_is_away(fake: FakeKms, body: bytes) -> None:
    with answering(200, "application/x-amz-json-1.1", body) as address:
        kms = Kms(Account(KEY, ACCESS_KEY, SECRET_KEY, address))
        with pytest.raises(Unavailable):
            kms.unwrap(b"wrapped", PLACE)


@pytest.mark.thorough
def test_a_region_that_fails_is_asked_once_each_time_and_then_left_alone(fake: FakeKms) -> None:
    fake.refusing = "ServiceUnavailableException"
    for number in range(1, KMS.failures + 1):
        with pytest.raises(Unavailable, match="does not encrypt: ServiceUnavailableException"):
            choice.current().wrap(SECRET, PLACE)
        assert len(fake.told) == number
    with pytest.raises(Unavailable, match="is left alone for a while"):
        choice.current().wrap(SECRET, PLACE)


@pytest.mark.thorough
def test_nobody_there_is_away_and_a_new_key_refused(fake: FakeKms, db: None, now: Any) -> None:
    settings.KMS["endpoint"] = "http://127.0.0.1:1"
    forget_all()

    with pytest.raises(services.NewKeyCannotBeWrapped, match=r"127\.0\.0\.1 takes no connection"):
        services.rotate("acme", now=now)
    assert not look([PARTS["encryption_keys"]])["encryption_keys"].up


@pytest.mark.parametrize("lacking", ["key", "access_key", "secret_key"])
def test_what_is_not_said_is_missed(fake: FakeKms, lacking: str) -> None:
    settings.KMS[lacking] = "alias/resimate" if lacking == "key" else ""
    forget_all()

    with pytest.raises(Unavailable, match="is not the ARN of a key" if lacking == "key" else "are not set"):
        choice.current()


@pytest.mark.thorough
def test_amazons_own_address_is_the_one_of_the_keys_region() -> None:
    kms = Kms(Account(KEY, ACCESS_KEY, SECRET_KEY))

    assert kms._client.meta.endpoint_url == "https://kms.eu-central-1.amazonaws.com"


@pytest.mark.parametrize("which", ["alias/acme", "arn:aws:kms:eu-central-1:111122223333:alias/acme", "0f1e2d3c"])
def test_a_tenants_own_key_is_named_by_its_arn(fake: FakeKms, db: None, now: Any, which: str) -> None:
    with pytest.raises(services.OwnKeyRefused, match="no key of aws-kms is called so"):
        services.name_own_key("acme", f"aws-kms:{which}", now=now)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKms]:
    needed(PROGRAM, "local-kms")
    server = LocalKms(tmp_path_factory.mktemp("local-kms"))
    yield server
    server.stop()


@pytest.mark.thorough
def test_an_emulator_gives_it_back_in_its_own_place_alone(running: LocalKms) -> None:
    kms, another = (Kms(running.account(running.key())) for _ in range(2))
    wrapped = kms.wrap(SECRET, PLACE)

    assert SECRET not in wrapped
    assert kms.unwrap(wrapped, PLACE) == SECRET
    long = b"what links were signed by before keys of tenants were" * 3
    assert kms.unwrap(kms.wrap(long, PLACE), PLACE) == long
    for place in ("beta|field|1", "acme|index|1", "acme|field|2"):
        with pytest.raises(Lost):
            kms.unwrap(wrapped, place)
    with pytest.raises(Lost):
        kms.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]), PLACE)
    with pytest.raises(Lost):
        another.unwrap(wrapped, PLACE)


@pytest.mark.thorough
def test_a_key_that_is_disabled_stops_its_tenant_alone_until_it_is_enabled(
    acme: Any, remember: Remember, running: LocalKms, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, own = running.key(), running.key()
    monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "aws-kms")
    monkeypatch.setattr(settings, "KMS", dataclasses.asdict(running.account(ours)))
    forget_all()
    with schema_context("public"):
        services.rotate("public", now=now)
        services.name_own_key("acme", f"aws-kms:{own}", now=now)
        services.rotate("acme", now=now)
        assert services.reencrypt_rest("acme", now=now).failed == []
        theirs = remember("Bo")
        assert {one.provider for one in DataKey.objects.filter(tenant="acme").usable()} == {f"aws-kms:{own}"}
    answer = remember("Ada")
    passed = KEYRING._rings["acme"].until + 1
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    running.root.disable_key(KeyId=own)

    for _ in range(7):
        with pytest.raises(crypto.KeyAway):
            read(answer)
        passed += 6
    with schema_context("public"):
        assert read(theirs) == "Bo"
        assert look([PARTS["encryption_keys"]])["encryption_keys"].up
        assert "DisabledException" in look([PARTS["own_keys"]])["own_keys"].detail

    running.root.enable_key(KeyId=own)
    passed += 6
    assert read(answer) == "Ada"
    running.root.schedule_key_deletion(KeyId=own, PendingWindowInDays=7)
    passed += keyring.UNWRAPPED_FOR + 1
    with pytest.raises(crypto.KeyAway):
        read(answer)


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_key_of_a_region_that_cannot_be_is_refused_in_a_sentence(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account("", ACCESS_KEY, SECRET_KEY)
    monkeypatch.setattr(settings, "KMS", dataclasses.asdict(account))
    key = f"aws-kms:{KEY}".replace(KEY.split(":")[3], "-eu-")

    with schema_context("public"):
        code, answer, told = refused("own", "--tenant", "acme", "--key", key)

    assert (code, answer["code"]) == (1, "own_key_refused")
    assert "cannot be asked" in told
