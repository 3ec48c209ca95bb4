"""Data keys wrapped by a real OpenBao, which speaks Vault's API: sealed, away, its tokens ended, its key rotated."""

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
from apps.keys.providers import vault as client
from apps.keys.providers.transit import Transit
from apps.keys.providers.vault import Server
from apps.keys.tests.answers import Remember, read
from apps.keys.tests.openbao import OpenBao

pytestmark = [pytest.mark.requirement("SEC-DATA-002"), pytest.mark.usefixtures("unknown")]
SECRET, PLACE = b"s" * 32, "acme|field|1"
NOBODY = Server("http://127.0.0.1:1", "role", "secret", "transit/resimate")


def test_where_nobody_answers_it_is_away() -> None:
    with pytest.raises(Unavailable, match=r"^vault:.* at http://127.0.0.1:1: 127.0.0.1 takes no connection$"):
        Transit(NOBODY).wrap(SECRET, PLACE)


def test_a_new_key_that_cannot_be_wrapped_is_refused_and_nothing_changes(db: None, now: Any, settings: Any) -> None:
    settings.ENCRYPTION_PROVIDER = "vault"
    settings.VAULT = {"address": NOBODY.address, "role": "r", "secret": "s", "key": "transit/resimate"}
    forget_all()

    with pytest.raises(services.NewKeyCannotBeWrapped, match="No key can be made now"):
        services.rotate("acme", now=now)
    assert DataKey.objects.of("acme").active().get().version == 1
    state = look([PARTS["encryption_keys"]])["encryption_keys"]
    assert (state.up, state.vital) == (False, False)
    assert "takes no connection" in state.detail


@pytest.fixture
def vault(openbao: OpenBao, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenBao]:
    """The server, which a test may leave sealed or stopped; a busy machine gets more time than people do."""
    monkeypatch.setattr(client, "PATIENCE", 60.0)
    yield openbao
    if openbao.process is None:
        openbao.start()
    elif openbao.root.sys.is_sealed():
        openbao.unseal()


@pytest.fixture
def transit(vault: OpenBao) -> Transit:
    return Transit(vault.server)


@pytest.mark.thorough
def test_a_key_comes_back_in_its_own_place_alone(transit: Transit) -> None:
    wrapped = transit.wrap(SECRET, PLACE)

    assert SECRET not in wrapped
    assert transit.unwrap(wrapped, PLACE) == SECRET
    for place in ("beta|field|1", "acme|index|1", "acme|field|2"):
        with pytest.raises(Lost):
            transit.unwrap(wrapped, place)
    with pytest.raises(Lost):
        transit.unwrap(wrapped[:-4] + b"AAAA", PLACE)


@pytest.mark.thorough
def test_when_the_key_there_is_rotated_what_it_wrapped_before_unwraps_until_it_is_forbidden(
    vault: OpenBao, transit: Transit
) -> None:
    before = transit.wrap(SECRET, PLACE)
    vault.root.secrets.transit.rotate_key("resimate")
    latest = vault.root.secrets.transit.read_key("resimate")["data"]["latest_version"]

    after = transit.wrap(SECRET, PLACE)
    assert after.startswith(f"vault:v{latest}:".encode())
    assert (transit.unwrap(before, PLACE), transit.unwrap(after, PLACE)) == (SECRET, SECRET)
    vault.root.secrets.transit.update_key_configuration("resimate", min_decryption_version=latest)
    with pytest.raises(Lost):
        transit.unwrap(before, PLACE)


@pytest.mark.thorough
def test_a_token_that_has_ended_is_replaced(vault: OpenBao, transit: Transit) -> None:
    wrapped = transit.wrap(SECRET, PLACE)
    first = transit._client.token
    vault.root.auth.token.revoke(first)

    assert transit.unwrap(wrapped, PLACE) == SECRET
    assert transit._client.token != first


@pytest.mark.thorough
def test_who_is_not_let_in_is_told_so_without_the_secret(vault: OpenBao) -> None:
    other = Transit(Server(vault.address, vault.role, "a-wrong-secret", "transit/resimate"))

    with pytest.raises(Unavailable, match="does not let us in") as refusal:
        other.wrap(SECRET, PLACE)
    assert "a-wrong-secret" not in str(refusal.value)
    with pytest.raises(Unavailable, match="Forbidden"):
        Transit(Server(vault.address, vault.role, vault.secret, "transit/others")).wrap(SECRET, PLACE)


@pytest.mark.thorough
def test_a_sealed_server_is_away_until_it_is_unsealed(vault: OpenBao, transit: Transit) -> None:
    wrapped = transit.wrap(SECRET, PLACE)
    vault.root.sys.seal()
    with pytest.raises(Unavailable, match="VaultDown"):
        transit.unwrap(wrapped, PLACE)
    with pytest.raises(Unavailable, match="VaultDown"):
        transit.ask()

    vault.unseal()

    assert transit.unwrap(wrapped, PLACE) == SECRET
    assert transit.ask() == "vault:transit/resimate answers"


@pytest.mark.thorough
def test_a_server_that_is_gone_and_back_is_used_again(vault: OpenBao, transit: Transit) -> None:
    wrapped = transit.wrap(SECRET, PLACE)
    vault.stop()
    with pytest.raises(Unavailable):
        transit.unwrap(wrapped, PLACE)

    vault.start()

    assert transit.unwrap(wrapped, PLACE) == SECRET


@pytest.fixture
def by_vault(vault: OpenBao, monkeypatch: pytest.MonkeyPatch) -> OpenBao:
    monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "vault")
    monkeypatch.setattr(settings, "VAULT", vault.settings)
    forget_all()
    return vault


@pytest.mark.thorough
def test_an_installation_moves_to_vault_by_rotating(acme: Any, remember: Remember, by_vault: OpenBao, now: Any) -> None:
    answer = remember("Ada")
    with schema_context("public"):
        fresh = services.rotate("acme", now=now)
        assert services.reencrypt("acme").written == 1

    assert fresh.provider == "vault:transit/resimate"
    assert bytes(fresh.wrapped).startswith(b"vault:v")
    assert read(answer) == "Ada"
    with schema_context("public"):
        assert services.verify("acme").problems == []


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["sealed", "stopped"])
def test_while_it_is_away_its_tenant_goes_on_for_five_minutes_and_the_others_for_ever(
    acme: Any, remember: Remember, by_vault: OpenBao, now: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    with schema_context("public"):
        services.rotate("acme", now=now)
        theirs = remember("Bo")  # the platform's, whose key is the local keyring's
    answer = remember("Ada")
    passed = KEYRING._rings["acme"].until - keyring.UNWRAPPED_FOR
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    by_vault.root.sys.seal() if how == "sealed" else by_vault.stop()

    passed += keyring.UNWRAPPED_FOR - 1
    assert read(answer) == "Ada"
    passed += 2
    with pytest.raises(crypto.KeyAway):
        read(answer)
    with schema_context("public"):
        assert read(theirs) == "Bo"
        assert not look([PARTS["encryption_keys"]])["encryption_keys"].up
        with pytest.raises(services.NewKeyCannotBeWrapped):
            services.rotate("acme", now=now)

    by_vault.unseal() if how == "sealed" else by_vault.start()
    passed += 6
    assert read(answer) == "Ada"
    with schema_context("public"):
        assert look([PARTS["encryption_keys"]])["encryption_keys"].up
