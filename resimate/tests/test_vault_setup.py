"""What `vault_setup` makes for an overlay, in a real OpenBao: its pods are let in, and each gets what it asks for."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import hvac
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import call_command

from apps.keys.tests.conftest import openbao  # noqa: F401  a fixture
from apps.keys.tests.fake_api_server import FakeApiServer
from apps.keys.tests.openbao import OpenBao
from resimate.tests.kubernetes import manifests
from resimate.vaults.asked import Asked, NothingAsked, by_overlay
from resimate.vaults.values import Secrets

ROLES = {*manifests.WEB, *manifests.WORKERS, "migrate"}


@pytest.mark.requirement("SEC-DATA-002", "K8S-001")
@pytest.mark.parametrize("overlay", [one for one in manifests.OVERLAYS if one != "dev"])
def test_an_overlay_says_who_signs_in_and_what_is_read(overlay: str) -> None:
    asked = by_overlay(overlay)

    wrapping, reading, *signing = asked.roles
    assert {*wrapping.accounts} >= {
        f"resimate-{role}" for role in ROLES if (role, overlay) != ("migrate", "production-second")
    }
    assert (wrapping.name, wrapping.audience, asked.key) == ("resimate", "vault", ("transit", "resimate"))
    assert (reading.name, reading.accounts) == ("resimate-secrets", ("resimate-secrets",))
    assert set(asked.secrets) >= {"resimate/runtime", "resimate/owner"}
    assert "DATABASE_OWNER_URL" in asked.secrets["resimate/owner"]
    inside = [one.audience for one in signing]
    assert inside == (["vault://resimate/resimate-inside"] if overlay in ("onprem", "testing") else [])


@pytest.mark.requirement("SEC-DATA-002")
@pytest.mark.parametrize("overlay", ["onprem", "aws"])
def test_what_the_place_makes_by_itself_nobody_is_asked_for(overlay: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("vault_setup", overlay, "--template")

    told = json.loads(capsys.readouterr().out)
    servers = {"DATABASE_URL", "DATABASE_CA", "REDIS_URL", "REDIS_CA"}
    asked = {"EMAIL_URL", "OBJECT_STORE_URL", "VAULT_CACERT"}
    assert {*told["runtime"]} == (asked if overlay == "onprem" else asked | servers)
    assert {*told} == ({"runtime", "backups"} if overlay == "onprem" else {"runtime", "owner"})


@pytest.mark.requirement("SEC-DATA-002")
def test_the_password_of_the_cache_that_is_known_is_that_of_its_address() -> None:
    asked = by_overlay("onprem")
    acl = "user default off\nuser resimate on >known ~* &* +@all\n"

    complete = Secrets(asked, {"resimate/cache": {"USERS_ACL": acl}}, str)._makes["resimate/runtime", "REDIS_URL"]()
    other = Secrets(asked, {"resimate/runtime": {"REDIS_URL": complete}}, str)._makes["resimate/cache", "USERS_ACL"]()

    assert complete.startswith("rediss://resimate:known@resimate-cache.resimate.svc:6379/0?")
    assert ">known " in other


@pytest.mark.parametrize(
    ("name", "told"), [("nowhere", "There is no overlay nowhere; there are: aws, "), ("dev", "asks nothing")]
)
def test_an_overlay_that_asks_for_nothing_is_refused(name: str, told: str) -> None:
    with pytest.raises(NothingAsked, match=told):
        by_overlay(name)


@pytest.mark.parametrize("text", ["[]", '{"runtime": {"EMAIL_URL": 1}}', "{", '{"runtime": "x"}'])
def test_values_of_another_shape_are_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    monkeypatch.setenv("VAULT_TOKEN", "t")
    values = tmp_path / "values.json"
    values.write_text(text)

    with pytest.raises(SystemExit, match="1"):
        call_command("vault_setup", "aws", "--values", str(values))
    assert capsys.readouterr().err.strip()


def test_a_vault_that_is_not_named_or_not_there_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for address, told in (
        ("", "Set VAULT_ADDR and VAULT_TOKEN"),
        ("http://127.0.0.1:1", "The vault at http://127.0.0.1:1"),
    ):
        monkeypatch.setenv("VAULT_ADDR", address)
        monkeypatch.setenv("VAULT_TOKEN", "t")

        with pytest.raises(SystemExit, match="1"):
            call_command("vault_setup", "aws")
        assert told in capsys.readouterr().err


Setup = Callable[..., list[str]]


@pytest.fixture(scope="module")
def fake_api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeApiServer]:
    server = FakeApiServer("who-may-review", tmp_path_factory.mktemp("kubernetes"))
    yield server
    server.stop()
    assert server.wrong == []


@pytest.fixture
def set_up(
    openbao: OpenBao,  # noqa: F811  the fixture
    fake_api_server: FakeApiServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Setup:
    """The command, run for ``onprem`` with values that a person has said."""
    monkeypatch.setenv("VAULT_ADDR", openbao.address)
    monkeypatch.setenv("VAULT_TOKEN", openbao.root.token)
    monkeypatch.delenv("VAULT_CACERT", raising=False)
    authority, token, values = tmp_path / "ca.pem", tmp_path / "token", tmp_path / "values.json"
    authority.write_text(fake_api_server.authority)
    token.write_text(fake_api_server.reviewer)
    asks = [
        "--api-server",
        fake_api_server.address,
        "--api-server-authority",
        str(authority),
        "--reviewer-token",
        str(token),
    ]

    def run(**said: dict[str, str]) -> list[str]:
        values.write_text(json.dumps(said))
        call_command("vault_setup", "onprem", "--json", "--values", str(values), *asks)
        return list(json.loads(capsys.readouterr().out.splitlines()[-1])["done"])

    return run


SAID = {
    "runtime": {
        "EMAIL_URL": "smtp+tls://u:p@mail:587",
        "OBJECT_STORE_URL": "s3://k:s@o/b",
        "VAULT_CACERT": "of the vault",
    },
    "backups": {"ACCESS_KEY": "access", "SECRET_KEY": "hush"},
}


def _known(server: OpenBao, path: str) -> dict[str, str]:
    return dict(server.root.secrets.kv.v2.read_secret_version(path, raise_on_deleted_version=True)["data"]["data"])


def _signed_in(server: OpenBao, fake: FakeApiServer, role: str, account: str, audience: str) -> hvac.Client:
    client = hvac.Client(url=server.address, token="")
    client.auth.kubernetes.login(role=role, jwt=fake.issue(account, "resimate", audience))
    return client


def _asked_to_sign(name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    wanted = x509.CertificateSigningRequestBuilder().subject_name(subject)
    wanted = wanted.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return wanted.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.thorough
@pytest.mark.requirement("SEC-DATA-002", "SEC-DATA-001", "K8S-001")
def test_each_is_let_in_to_what_it_asks_for_and_to_nothing_else(
    set_up: Setup,
    openbao: OpenBao,  # noqa: F811  the fixture
    fake_api_server: FakeApiServer,
) -> None:
    with pytest.raises(SystemExit):
        set_up(backups=SAID["backups"])
    assert "kubernetes/" not in openbao.root.sys.list_auth_methods()["data"], "nothing half done"

    set_up(**SAID)

    for account in by_overlay("onprem").roles[0].accounts:
        pod = _signed_in(openbao, fake_api_server, "resimate", account, "vault")
        wrapped = pod.secrets.transit.encrypt_data("resimate", "aGk=")["data"]["ciphertext"]
        assert pod.secrets.transit.decrypt_data("resimate", wrapped)["data"]["plaintext"] == "aGk="
    _reads_secrets(openbao, fake_api_server)
    _signs_certificates(openbao, fake_api_server)
    wrong = [("resimate", "stranger", "vault"), ("resimate", "resimate-portal", "https://kubernetes.default.svc")]
    for role, account, audience in [*wrong, ("resimate-secrets", "resimate-portal", "vault")]:
        with pytest.raises(
            (hvac.exceptions.Forbidden, hvac.exceptions.InvalidRequest, hvac.exceptions.InternalServerError)
        ):
            _signed_in(openbao, fake_api_server, role, account, audience)


def _reads_secrets(server: OpenBao, fake: FakeApiServer) -> None:
    reader = _signed_in(server, fake, "resimate-secrets", "resimate-secrets", "vault")
    for path, names in by_overlay("onprem").secrets.items():
        found = reader.secrets.kv.v2.read_secret_version(path, raise_on_deleted_version=True)["data"]["data"]
        assert all(found.get(name) for name in names), path
    with pytest.raises(hvac.exceptions.Forbidden):
        reader.secrets.kv.v2.create_or_update_secret("resimate/runtime", secret={})
    with pytest.raises(hvac.exceptions.Forbidden):
        reader.secrets.transit.encrypt_data("resimate", "aGk=")


def _signs_certificates(server: OpenBao, fake: FakeApiServer) -> None:
    signer = _signed_in(
        server, fake, "resimate-certificates", "resimate-certificates", "vault://resimate/resimate-inside"
    )
    trusted = x509.load_pem_x509_certificate(_known(server, "resimate/runtime")["REDIS_CA"].encode())
    for certificate in manifests.of_kind("onprem", "Certificate"):
        for name in certificate["spec"]["dnsNames"]:
            wanted = {"csr": _asked_to_sign(name), "common_name": name, "ttl": certificate["spec"]["duration"]}
            made = signer.write_data("pki/sign/resimate", data=wanted)["data"]
            x509.load_pem_x509_certificate(made["certificate"].encode()).verify_directly_issued_by(trusted)
    with pytest.raises(hvac.exceptions.InvalidRequest):
        signer.write_data(
            "pki/sign/resimate", data={"csr": _asked_to_sign("bank.example"), "common_name": "bank.example"}
        )
    with pytest.raises(hvac.exceptions.Forbidden):
        signer.secrets.kv.v2.read_secret_version("resimate/runtime", raise_on_deleted_version=True)


@pytest.mark.thorough
@pytest.mark.requirement("SEC-DATA-002")
def test_done_again_it_keeps_what_is_there_and_takes_what_is_said(set_up: Setup, openbao: OpenBao) -> None:  # noqa: F811
    set_up(**SAID)
    paths = [*by_overlay("onprem").secrets]
    before, authority = {path: _known(openbao, path) for path in paths}, openbao.root.read("pki/cert/ca")["data"]

    again = set_up()
    assert [one for one in again if "is as it was" in one] == [f"secret/{path} is as it was" for path in paths]
    set_up(runtime={"EMAIL_URL": "smtp+tls://other:p@mail:587"})

    after = {path: _known(openbao, path) for path in paths}
    assert after["resimate/runtime"].pop("EMAIL_URL") == "smtp+tls://other:p@mail:587"
    del before["resimate/runtime"]["EMAIL_URL"]
    assert (after, openbao.root.read("pki/cert/ca")["data"]) == (before, authority)
    database, runtime = after["resimate/database"], after["resimate/runtime"]
    assert urlsplit(runtime["DATABASE_URL"]).password == database["APP_PASSWORD"]
    assert urlsplit(after["resimate/owner"]["DATABASE_OWNER_URL"]).password == database["OWNER_PASSWORD"]
    assert f">{urlsplit(runtime['REDIS_URL']).password} " in after["resimate/cache"]["USERS_ACL"]
    assert not re.search(r"[A-Z]{4,}", str(urlsplit(runtime["DATABASE_URL"]).hostname))


def test_an_overlay_that_signs_nothing_by_the_vault_has_no_issuer() -> None:
    assert Asked(by_overlay("aws").documents).issuer is None
