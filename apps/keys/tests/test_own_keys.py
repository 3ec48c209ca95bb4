"""A tenant's own key-encryption key: who is given which, what is refused, and who waits when it is withdrawn."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django_tenants.utils import schema_context

from apps.audit.models import AuditEntry
from apps.core import crypto
from apps.core.memory import forget_all
from apps.core.parts import PARTS, look
from apps.keys import keyring, offline, providers, services
from apps.keys.keyring import KEYRING
from apps.keys.models import DataKey, OwnKey
from apps.keys.providers import vault as client
from apps.keys.providers.choice import KINDS, Kind
from apps.keys.providers.local import LocalKeyring
from apps.keys.tests.answers import Remember, read
from apps.keys.tests.commands import refused, run
from apps.keys.tests.conftest import OTHER_KEY
from apps.keys.tests.openbao import OpenBao

pytestmark = [
    pytest.mark.requirement("SEC-DATA-002"),
    pytest.mark.django_db(databases=["default", "owner"]),
]


class PretendedServer:
    """Has a key for each name but those that were withdrawn; one that is called ``deaf`` gives back something else."""

    withdrawn: set[str] = set()

    def __init__(self, which: str) -> None:
        self._which, self.name = which, f"pretended:{which}"
        self._keyring = LocalKeyring(which.encode().ljust(32)[:32])

    def wrap(self, secret: bytes, place: str) -> bytes:
        self.ask()
        return self._keyring.wrap(secret if self._which != "deaf" else b"?", place)

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        self.ask()
        return self._keyring.unwrap(wrapped, place)

    def ask(self) -> str:
        if self._which in self.withdrawn:
            raise providers.Unavailable(f"{self.name} was withdrawn")
        return self.name


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[PretendedServer]]:
    monkeypatch.setitem(KINDS, "pretended", Kind(PretendedServer, others=re.compile(r"[a-z0-9]+")))
    monkeypatch.setattr(PretendedServer, "withdrawn", set())
    forget_all()
    yield PretendedServer
    forget_all()


def wrapped_by(schema: str) -> dict[str, set[str]]:
    keys = DataKey.objects.filter(tenant=schema).usable()
    return {purpose: {one.provider for one in keys if one.purpose == purpose} for purpose in DataKey.Purpose.values}


def test_a_rotation_takes_every_key_of_the_tenant_along_and_no_other(
    acme: Any, remember: Remember, pretended: Any
) -> None:
    answer = remember("Ada")
    with schema_context("public"):
        others = wrapped_by("beta") | {"": wrapped_by("public")["field"]}
        run("own", "--tenant", "acme", "--key", "pretended:one")
        assert "pretended:one" not in {name for names in wrapped_by("acme").values() for name in names}
        assert not look([PARTS["own_keys"]])["own_keys"].up

        assert run("rotate", "--tenant", "acme")["rotated"][0]["failed"] == []

        assert wrapped_by("acme") == {key: {"pretended:one"} for key in DataKey.Purpose.values}
        assert wrapped_by("beta") | {"": wrapped_by("public")["field"]} == others
        assert run("list", "--tenant", "acme")["own"][0]["provider"] == "pretended:one"
        assert {one["provider"] for one in run("list", "--tenant", "acme")["keys"]} == {"pretended:one"}
        assert run("list", "--tenant", "beta")["own"] == []
        assert services.verify("acme").problems == []
        assert look([PARTS["own_keys"]])["own_keys"].up
    assert read(answer) == "Ada"
    trail = AuditEntry.objects.filter(action__in=["own_key.named", "data_key.rotated", "data_key.moved"])
    assert {(one.action, one.details["provider"]) for one in trail} == {
        (action, "pretended:one") for action in ("own_key.named", "data_key.rotated", "data_key.moved")
    }


def test_what_moves_is_the_tenants_alone(acme: Any, pretended: Any, now: Any) -> None:
    with schema_context("public"):
        services.name_own_key("acme", "pretended:one", now=now)

        moved = services.move("acme", now=now)

    assert (moved.moved, moved.failed) == (DataKey.objects.filter(tenant="acme").usable().count(), [])
    assert AuditEntry.objects.filter(action="data_key.moved").exclude(tenant="acme").count() == 0


def test_when_it_is_withdrawn_its_tenant_alone_waits_after_five_minutes_until_it_is_given_again(
    acme: Any, remember: Remember, pretended: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with schema_context("public"):
        theirs = remember("Bo")
        services.name_own_key("acme", "pretended:one", now=now)
        services.rotate("acme", now=now)
        services.reencrypt_rest("acme", now=now)
    answer = remember("Ada")
    passed = KEYRING._rings["acme"].until - keyring.UNWRAPPED_FOR
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    pretended.withdrawn.add("one")

    passed += keyring.UNWRAPPED_FOR - 1
    assert read(answer) == "Ada"
    passed += 2
    with pytest.raises(crypto.KeyAway):
        read(answer)
    with schema_context("public"):
        assert read(theirs) == "Bo"
        assert look([PARTS["encryption_keys"]])["encryption_keys"].up
        state = look([PARTS["own_keys"]])["own_keys"]
        assert (state.up, state.vital) == (False, False)
        assert "acme waits" in state.detail
        with pytest.raises(services.NewKeyCannotBeWrapped):
            services.rotate("acme", now=now)
        services.rotate("beta", now=now)

    pretended.withdrawn.clear()
    passed += 6
    assert read(answer) == "Ada"


def test_a_kind_that_is_not_here_any_more_is_the_trouble_of_its_tenant_alone(
    pretended: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.name_own_key("acme", "pretended:one", now=now)
    services.rotate("acme", now=now)
    monkeypatch.delitem(KINDS, "pretended")

    assert look([PARTS["encryption_keys"]])["encryption_keys"].up
    assert "which this installation does not know" in look([PARTS["own_keys"]])["own_keys"].detail


def test_given_back_the_installations_key_wraps_again(acme: Any, remember: Remember, pretended: Any) -> None:
    with schema_context("public"):
        ours = wrapped_by("acme")
        run("own", "--tenant", "acme", "--key", "pretended:one")
        run("rotate", "--tenant", "acme")
        run("own", "--tenant", "acme", "--drop")
        run("rotate", "--tenant", "acme", "--resume")
        assert wrapped_by("acme") == ours
        assert run("list", "--tenant", "acme")["own"] == []
        code, _, told = refused("own", "--tenant", "acme", "--drop")
    assert (code, told) == (1, "acme has no key-encryption key of its own.")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pretended:deaf", "what it wraps does not come back"),
        ("pretended:gone", "was withdrawn"),
        ("pretended:Not/There", "no key of pretended is called so"),
        ("vault:transit/../sys", "no key of vault is called so"),
        ("vault:transit/acme", "VAULT_ADDR is not set"),
        ("pkcs11:resimate/acme", "of one of these kinds: vault"),
        ("local:1234", "of one of these kinds"),
        ("azure:keys/acme", "of one of these kinds"),
        ("", "of one of these kinds"),
    ],
)
def test_what_is_no_key_is_refused_and_nothing_is_written(pretended: Any, name: str, reason: str) -> None:
    pretended.withdrawn.add("gone")
    code, answer, told = refused("own", "--tenant", "acme", "--key", name)

    assert (code, answer["code"]) == (1, "own_key_refused")
    assert reason in told
    assert not OwnKey.objects.exists()


def test_a_key_of_another_tenant_or_the_installations_is_refused(pretended: Any, now: Any) -> None:
    services.name_own_key("beta", "pretended:one", now=now)
    with pytest.raises(services.OwnKeyRefused, match="it is another tenant's"):
        services.name_own_key("acme", "pretended:one", now=now)
    services.rotate("beta", now=now)
    services.drop_own_key("beta", now=now)  # what it has wrapped is still there
    with pytest.raises(services.OwnKeyRefused, match="it is another tenant's"):
        services.name_own_key("acme", "pretended:one", now=now)
    with pytest.raises(services.OwnKeyRefused, match="it is the installation's"):
        services.name_own_key("acme", providers.current().name, now=now)
    services.name_own_key("acme", "pretended:two", now=now)
    services.name_own_key("acme", "pretended:two", now=now)
    assert AuditEntry.objects.filter(action="own_key.named", tenant="acme").count() == 1


def test_what_was_given_back_can_be_named_again_by_its_tenant_and_is_given_back_alone(pretended: Any, now: Any) -> None:
    services.name_own_key("acme", "pretended:one", now=now)
    services.name_own_key("beta", "pretended:two", now=now)
    services.rotate("beta", now=now)

    services.drop_own_key("beta", now=now)
    assert list(OwnKey.objects.values_list("tenant", flat=True)) == ["acme"]
    services.name_own_key("beta", "pretended:two", now=now)

    assert dict(OwnKey.objects.values_list("tenant", "provider")) == {"acme": "pretended:one", "beta": "pretended:two"}


def test_a_recovery_does_not_go_on_where_the_installations_key_is_away_whoever_has_another(
    acme: Any, escrowed: offline.Made, pretended: Any, lose: Any, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> bytes:
        raise providers.Unavailable("it is away")

    with schema_context("public"):
        services.name_own_key("acme", "pretended:one", now=now)
        lose()
        monkeypatch.setattr(LocalKeyring, "wrap", away)

        with pytest.raises(services.NewKeyCannotBeWrapped, match="it is away"):
            services.recover(escrowed.shares[1:], now=now)


def test_a_client_that_is_not_installed_is_said(pretended: Any, now: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_which: str) -> Any:
        raise ModuleNotFoundError("No module named 'hvac'")

    monkeypatch.setitem(KINDS, "pretended", Kind(absent, others=re.compile("[a-z]+")))
    with pytest.raises(services.OwnKeyRefused, match=r"its client is not installed \(No module named 'hvac'\)"):
        services.name_own_key("acme", "pretended:one", now=now)


def test_a_recovery_leaves_a_withdrawn_key_to_its_tenant_and_brings_back_the_others(
    acme: Any, remember: Remember, escrowed: offline.Made, pretended: Any, lose: Any, now: Any
) -> None:
    with schema_context("public"):
        for schema, name in (("acme", "pretended:one"), ("beta", "pretended:two")):
            services.name_own_key(schema, name, now=now)
            services.rotate(schema, now=now)
            services.reencrypt_rest(schema, now=now)
        assert settings.ENCRYPTION_KEY != OTHER_KEY
        pretended.withdrawn.add("one")
        lose()
        outcome = services.recover(escrowed.shares[1:], now=now)

        assert len(outcome.failed) == DataKey.objects.filter(tenant="acme").usable().count()
        assert all("its tenant's own key does not wrap it" in one for one in outcome.failed)
        assert outcome.recovered == DataKey.objects.exclude(tenant__in=["acme", "beta"]).usable().count()
        assert wrapped_by("beta")["field"] == {"pretended:two"}


@pytest.fixture(scope="module")
def running(openbao: OpenBao) -> OpenBao:
    openbao.root.sys.enable_secrets_engine("transit", path="customers")
    return openbao


@pytest.fixture
def by_vault(running: OpenBao, unknown: Any, monkeypatch: pytest.MonkeyPatch) -> OpenBao:
    """Keys are wrapped there, by the installation's key; of a tenant there is another one, in another mount."""
    monkeypatch.setattr(client, "PATIENCE", 60.0)
    monkeypatch.setattr(settings, "ENCRYPTION_PROVIDER", "vault")
    monkeypatch.setattr(settings, "VAULT", running.settings)
    running.root.secrets.transit.create_key("acme", mount_point="customers")
    running.give("customers", "acme")
    forget_all()
    return running


@pytest.mark.thorough
def test_what_a_real_openbao_wraps_by_a_tenants_own_key_goes_with_it_and_comes_back(
    acme: Any, remember: Remember, by_vault: OpenBao, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with schema_context("public"):
        for schema in ("public", "beta"):
            services.rotate(schema, now=now)
        theirs = remember("Bo")
        services.name_own_key("acme", "vault:customers/acme", now=now)
        services.rotate("acme", now=now)
        assert services.reencrypt_rest("acme", now=now).failed == []
        assert wrapped_by("acme") == {key: {"vault:customers/acme"} for key in DataKey.Purpose.values}
        assert wrapped_by("public")["field"] >= {"vault:transit/resimate"}
    answer = remember("Ada")
    passed = KEYRING._rings["acme"].until - keyring.UNWRAPPED_FOR
    monkeypatch.setattr(time, "monotonic", lambda: passed)
    by_vault.withdraw()

    passed += keyring.UNWRAPPED_FOR - 1
    assert read(answer) == "Ada"
    passed += 2
    for _ in range(7):  # more often than a server that is away is asked: that of the others is the same
        with pytest.raises(crypto.KeyAway):
            read(answer)
        passed += 6
    with schema_context("public"):
        KEYRING.forget("public")
        assert read(theirs) == "Bo"
        assert look([PARTS["encryption_keys"]])["encryption_keys"].up
        assert not look([PARTS["own_keys"]])["own_keys"].up
        with pytest.raises(services.NewKeyCannotBeWrapped):
            services.rotate("acme", now=now)
        services.rotate("beta", now=now)

    by_vault.give("customers", "acme")
    passed += 6
    assert read(answer) == "Ada"

    keys = by_vault.root.secrets.transit
    keys.update_key_configuration("acme", mount_point="customers", deletion_allowed=True)
    keys.delete_key("acme", mount_point="customers")
    passed += keyring.UNWRAPPED_FOR + 1
    with pytest.raises(crypto.KeyAway, match="keys of this workspace"):
        read(answer)
    with schema_context("public"):
        KEYRING.forget("public")
        assert read(theirs) == "Bo"


@pytest.mark.thorough
def test_a_key_that_a_real_openbao_has_not_or_does_not_let_us_use_is_refused(by_vault: OpenBao, now: Any) -> None:
    by_vault.root.secrets.transit.create_key("beta", mount_point="customers")
    for name, reason in (
        ("customers/beta", "Forbidden"),
        ("customers/nobody", "Forbidden"),
        ("nowhere/x", "Forbidden"),
    ):
        with pytest.raises(services.OwnKeyRefused, match=reason):
            services.name_own_key("acme", f"vault:{name}", now=now)
    with pytest.raises(services.OwnKeyRefused, match="it is the installation's"):
        services.name_own_key("acme", "vault:transit/resimate", now=now)
    assert not OwnKey.objects.exists()
