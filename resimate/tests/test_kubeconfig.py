"""A kubeconfig is read as kubectl does, and what is wrong with it is said in a sentence."""

import base64
import json
import os
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command

from resimate.cluster import kubeconfig
from resimate.cluster.asking import Cluster, Unasked
from resimate.cluster.kubeconfig import Unfit, access

pytestmark = pytest.mark.requirement("K8S-001")


def _written(at: Path, *, cluster: Any = None, user: Any = None, current: str = "here", name: str = "config") -> Path:
    parts = {
        "clusters": [{"name": "one", "cluster": {"server": "https://one.example:6443", **(cluster or {})}}],
        "users": [{"name": "ada", "user": {"token": "of-ada"} if user is None else user}],
        "contexts": [{"name": "here", "context": {"cluster": "one", "user": "ada"}}],
    }
    file = at / name
    file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": current, **parts}))
    return file


def _pair(*, until: datetime) -> tuple[bytes, bytes]:
    """A certificate of this machine, by itself, and its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=9))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), plain


def _in(text: bytes) -> str:
    return base64.b64encode(text).decode()


def test_the_file_that_is_named_counts_before_the_environment(tmp_path: Path) -> None:
    named = _written(tmp_path, name="named", user={"token": "named"})
    other = _written(tmp_path, name="other", user={"token": "other"})

    assert access(str(named), environment={"KUBECONFIG": str(other)}).headers == {"Authorization": "Bearer named"}
    found = access(environment={"KUBECONFIG": str(other)})
    assert found.headers == {"Authorization": "Bearer other"}
    assert (found.server, found.told) == ("https://one.example:6443", "context here")
    assert "other" not in repr(found)


def test_of_several_files_the_first_that_has_something_counts(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.write_text(yaml.safe_dump({"kind": "Config", "users": [{"name": "ada", "user": {"token": "of-the-first"}}]}))
    second = _written(tmp_path)

    found = access(environment={"KUBECONFIG": f"{first}{os.pathsep}{second}"})

    assert found.headers == {"Authorization": "Bearer of-the-first"}


def test_files_are_found_from_where_the_kubeconfig_is(tmp_path: Path) -> None:
    certificate, key = _pair(until=datetime.now(UTC) + timedelta(days=1))
    (tmp_path / "ca.crt").write_bytes(certificate)
    (tmp_path / "token").write_text("from-a-file\n")

    found = access(str(_written(tmp_path, cluster={"certificate-authority": "ca.crt"}, user={"tokenFile": "token"})))
    assert found.headers == {"Authorization": "Bearer from-a-file"}
    assert len(found.tls.get_ca_certs()) == 1
    own = {"client-certificate-data": _in(certificate), "client-key-data": _in(key)}
    assert access(str(_written(tmp_path, user=own))).headers == {}


def test_a_program_gives_the_token(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\nprintf \'{"status": {"token": "%s-%s"}}\' "$1" "$MORE"\n')
    program.chmod(0o700)
    told = {"command": str(program), "args": ["given"], "env": [{"name": "MORE", "value": "more"}]}

    found = access(str(_written(tmp_path, user={"exec": told})))
    assert found.headers == {"Authorization": "Bearer given-more"}

    program.write_text("#!/bin/sh\necho sign in first >&2\nexit 3\n")
    with pytest.raises(Unfit, match="gives no token: sign in first"):
        access(str(_written(tmp_path, user={"exec": told})))


def test_inside_the_token_of_the_account_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, _ = _pair(until=datetime.now(UTC) + timedelta(days=1))
    (tmp_path / "token").write_text("of-the-account")
    (tmp_path / "ca.crt").write_bytes(certificate)
    monkeypatch.setattr(kubeconfig, "ACCOUNT", tmp_path)
    inside = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}

    found = access(environment=inside)

    assert (found.server, found.told) == ("https://[fd00::1]:443", "the account of this pod")
    assert found.headers == {"Authorization": "Bearer of-the-account"}
    assert access(str(_written(tmp_path)), environment=inside).told == "context here"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"cluster": {"insecure-skip-tls-verify": True}}, "would believe any server"),
        ({"cluster": {"proxy-url": "http://proxy.example"}}, "names a proxy, and none is used"),
        ({"cluster": {"server": "http://one.example"}}, "has to begin with https://"),
        ({"cluster": {"certificate-authority-data": "%%"}}, "certificate-authority-data is not text in Base64"),
        ({"cluster": {"certificate-authority-data": _in(b"none")}}, "has no certificates that can be read"),
        ({"cluster": {"certificate-authority": "away.crt"}}, "away.crt cannot be read: No such file or directory"),
        ({"user": {"auth-provider": {"name": "gcp"}}}, "a way to sign in that Kubernetes has given up"),
        ({"current": ""}, "names no current context; say which with --context"),
        ({"current": "gone"}, "there is no context 'gone' in the kubeconfig; it has here"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, parts: dict[str, Any], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("doctor", "--cluster", "--kubeconfig", str(_written(tmp_path, **parts)))

    assert said in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("- 1\n")
    (tmp_path / "broken").write_text("{")
    for name, said in (("list", "is no kubeconfig"), ("broken", "is not YAML"), ("gone", "cannot be read")):
        with pytest.raises(Unfit, match=said):
            access(str(tmp_path / name))
    with pytest.raises(CommandError, match="give --cluster, too"):
        call_command("doctor", "--kubeconfig", str(tmp_path / "gone"))


def _served(certificate: bytes, key: bytes, at: Path) -> int:
    """One connection, with this certificate; the port."""
    (at / "both.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(at / "both.pem")
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with listening, listening.accept()[0] as line:
            try:
                with context.wrap_socket(line, server_side=True) as secured:
                    secured.recv(4096)
                    body = json.dumps({"gitVersion": "v1.30.0"}).encode()
                    secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            except OSError:
                return  # who does not believe us has gone

    threading.Thread(target=answer, daemon=True).start()
    return int(listening.getsockname()[1])


@pytest.mark.requirement("K8S-001", "SEC-DATA-001")
def test_a_certificate_that_has_run_out_is_told(tmp_path: Path) -> None:
    for days, said in ((1, None), (-1, "The certificate of the host does not hold: certificate has expired")):
        certificate, key = _pair(until=datetime.now(UTC) + timedelta(days=days))
        where = {
            "server": f"https://localhost:{_served(certificate, key, tmp_path)}",
            "certificate-authority-data": _in(certificate),
        }
        cluster = Cluster(access(str(_written(tmp_path, cluster=where))))
        if said is None:
            assert cluster.get("/version") == {"gitVersion": "v1.30.0"}
        else:
            with pytest.raises(Unasked) as unasked:
                cluster.get("/version")
            assert said in unasked.value.detail


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    with pytest.raises(Unasked) as unasked:
        Cluster(access(str(_written(tmp_path, cluster={"server": f"https://127.0.0.1:{port}"})))).get("/version")

    assert "takes no connection" in unasked.value.detail
    assert "reached from here" in unasked.value.mend
