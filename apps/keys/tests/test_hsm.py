"""Data keys wrapped in a hardware security module: SoftHSM, by the same calls as any other."""

import dataclasses
import logging
import os
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
from apps.keys.providers import Lost, Unavailable
from apps.keys.providers.hsm import Hsm, Token
from apps.keys.tests.answers import Remember, read
from apps.keys.tests.softhsm import PIN, SoftHsm, installed

pytestmark = pytest.mark.requirement("SEC-DATA-002")
SECRET, PLACE = b"s" * 32, "acme|field|1"
NOWHERE = Token("/nowhere/libhsm.so", "resimate", "resimate", PIN)


def test_where_there_is_no_library_it_is_away_and_a_new_key_refused(db: None, now: Any, settings: Any) -> None:
    settings.ENCRYPTION_PROVIDER, settings.PKCS11 = "pkcs11", dataclasses.asdict(NOWHERE)
    forget_all()

    with pytest.raises(services.NewKeyCannotBeWrapped, match=r"pkcs11:resimate/resimate: .*cannot open shared object"):
        services.rotate("acme", now=now)
    assert DataKey.objects.of("acme").active().get().version == 1
    assert not look([PARTS["encryption_keys"]])["encryption_keys"].up


def test_the_pin_is_in_no_representation() -> None:
    assert PIN not in repr(NOWHERE)


@pytest.fixture(scope="module")
def inserted(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    found = installed()
    if found is None:
        pytest.skip("SoftHSM is not installed; `make peers` does that")
    return SoftHsm(*found, tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def token(inserted: SoftHsm) -> Iterator[SoftHsm]:
    yield inserted
    inserted.give_back()


@pytest.fixture
def hsm(token: SoftHsm) -> Hsm:
    return Hsm(token.token())


@pytest.mark.thorough
def test_a_key_comes_back_in_its_own_place_alone(hsm: Hsm) -> None:
    wrapped = hsm.wrap(SECRET, PLACE)

    assert SECRET not in wrapped
    assert hsm.unwrap(wrapped, PLACE) == SECRET
    assert hsm.wrap(SECRET, PLACE) != wrapped
    for place in ("beta|field|1", "acme|index|1", "acme|field|2"):
        with pytest.raises(Lost):
            hsm.unwrap(wrapped, place)
    for damaged in (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), wrapped[:20], wrapped[:12], b""):
        with pytest.raises(Lost):
            hsm.unwrap(damaged, PLACE)
    assert hsm.unwrap(wrapped, PLACE) == SECRET


@pytest.mark.thorough
def test_a_secret_may_be_longer_than_a_data_key(hsm: Hsm) -> None:
    secret = b"what links were signed by before keys of tenants were" * 3

    assert hsm.unwrap(hsm.wrap(secret, PLACE), PLACE) == secret


@pytest.mark.thorough
def test_what_another_key_of_the_token_has_wrapped_is_lost_to_this_one(token: SoftHsm, hsm: Hsm) -> None:
    token.make_key("another")
    wrapped = Hsm(token.token("another")).wrap(SECRET, PLACE)

    with pytest.raises(Lost):
        hsm.unwrap(wrapped, PLACE)


@pytest.mark.thorough
@pytest.mark.parametrize(("label", "bits", "can_be_extracted"), [("short", 128, False), ("loose", 256, True)])
def test_a_key_that_is_too_short_or_could_be_taken_out_is_not_used(
    token: SoftHsm, label: str, bits: int, can_be_extracted: bool
) -> None:
    token.make_key(label, bits, can_be_extracted=can_be_extracted)

    with pytest.raises(Unavailable, match="no key of AES-256 that is sensitive and cannot be extracted"):
        Hsm(token.token(label)).wrap(SECRET, PLACE)


@pytest.mark.thorough
def test_a_wrong_pin_is_tried_once_and_told_nobody(token: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    hsm = Hsm(token.token(pin="a-wrong-pin"))

    with pytest.raises(Unavailable, match="refuses the PIN: PinIncorrect") as refusal:
        hsm.wrap(SECRET, PLACE)
    assert "a-wrong-pin" not in str(refusal.value)
    monkeypatch.setattr("pkcs11.lib", pytest.fail)
    with pytest.raises(Unavailable, match="not tried again before the next start"):
        hsm.ask()


@pytest.mark.thorough
def test_a_token_or_key_that_is_not_there_is_said(token: SoftHsm) -> None:
    for other in (dataclasses.replace(token.token(), token="nobodys"), token.token("nothing")):
        with pytest.raises(Unavailable, match="NoSuch"):
            Hsm(other).ask()


@pytest.mark.thorough
def test_a_session_that_was_lost_is_replaced(hsm: Hsm) -> None:
    wrapped = hsm.wrap(SECRET, PLACE)
    hsm._key.session.close()

    assert hsm.unwrap(wrapped, PLACE) == SECRET


@pytest.mark.thorough
def test_a_token_that_is_gone_is_away_until_it_is_back(token: SoftHsm, hsm: Hsm) -> None:
    wrapped = hsm.wrap(SECRET, PLACE)
    token.take_away()
    for _ in range(2):
        with pytest.raises(Unavailable):
            hsm.unwrap(wrapped, PLACE)

    token.give_back()

    assert hsm.unwrap(wrapped, PLACE) == SECRET
    assert hsm.ask() == "pkcs11:resimate/resimate answers"


@pytest.mark.thorough
def test_a_process_that_was_forked_asks_by_itself(hsm: Hsm) -> None:
    wrapped = hsm.wrap(SECRET, PLACE)
    child = os.fork()
    if child == 0:
        os._exit(0 if hsm.unwrap(wrapped, PLACE) == SECRET else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def by_hsm(token: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> SoftHsm:
    monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "pkcs11")
    monkeypatch.setattr(settings, "PKCS11", dataclasses.asdict(token.token()))
    forget_all()
    return token


@pytest.mark.thorough
def test_an_installation_moves_there_by_rotating_and_while_it_is_away_one_tenant_waits(
    acme: Any, remember: Remember, by_hsm: SoftHsm, now: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    answer = remember("Ada")
    with schema_context("public"):
        fresh = services.rotate("acme", now=now)
        assert services.reencrypt("acme").written == 1
        theirs = remember("Bo")  # the platform's, whose key is the local keyring's
    assert fresh.provider == "pkcs11:resimate/resimate"
    assert read(answer) == "Ada"
    passed = KEYRING._rings["acme"].until - keyring.UNWRAPPED_FOR
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    by_hsm.take_away()

    passed += keyring.UNWRAPPED_FOR - 1
    assert read(answer) == "Ada"
    passed += 2
    with caplog.at_level(logging.ERROR), pytest.raises(crypto.KeyAway):
        read(answer)
    assert PIN not in caplog.text
    with schema_context("public"):
        assert read(theirs) == "Bo"
        assert not look([PARTS["encryption_keys"]])["encryption_keys"].up

    by_hsm.give_back()
    passed += 6
    assert read(answer) == "Ada"
    with schema_context("public"):
        assert look([PARTS["encryption_keys"]])["encryption_keys"].up
        assert services.verify("acme").problems == []
