"""What an operator writes into the address of a server is done, or refused with a sentence; never passed over."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from resimate import backends, servers
from resimate.env import BadSetting
from resimate.tests import database as databases

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.requirement("EXT-001", "SEC-DATA-001")
SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
ASK = "import django; django.setup(); from django.db import connection; connection.ensure_connection()"


@pytest.mark.parametrize(
    ("variable", "url", "said"),
    [
        ("DATABASE_URL", "postgres://u:p@h/d?sslmod=require", "does not know sslmod"),
        ("DATABASE_OWNER_URL", "postgres://u:p@h/d?sslmode=strict", "sslmode=strict"),
        ("DATABASE_URL", "postgres://u:p@h/d?sslmode=require&sslmode=disable", "twice"),
        ("DATABASE_URL", "postgres://u:p@h/d?sslmode", "no address"),
        ("DATABASE_URL", "postgres://u:p#w@h/d", "no address"),
        ("DATABASE_URL", "mysql://u:p@h/d", "begins with mysql"),
        ("DATABASE_URL", "postgres://u:p@h:port/d", "no address"),
        ("REDIS_URL", "redis://h:6379/0?ssl_ca_certs=/ca.pem", "redis:// takes none"),
        ("REDIS_URL", "rediss://h:6379/0?ssl_cert_reqs=no", "ssl_cert_reqs=no"),
        ("EMAIL_URL", "smtps://h?verify=no", "does not know verify"),
        ("EMAIL_URL", "smtp+starttls://h", "begins with smtp+starttls"),
        ("OBJECT_STORE_URL", "s3://k:s@h/b?keep_days=9", "does not know keep_days"),
        ("COLD_STORE_URL", "azure://k:s@h/b?keep_days=9", "does not know keep_days"),
        ("OBJECT_STORE_URL", "gs://h/b?region=eu", "does not know region"),
        ("OBJECT_STORE_URL", "azure://a:k@h/c?cacert=/f", "does not know cacert"),
        ("REDIS_URL", "rediss://u:p@good/0,redis://u:p@evil/0", "takes one server"),
        ("REDIS_URL", "rediss://u:p@good/0;redis://u:p@evil/0", "takes one server"),
    ],
)
def test_what_is_not_understood_is_refused_without_the_password(variable: str, url: str, said: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        servers.checked(variable, url)

    assert said in str(refusal.value)
    assert "u:p" not in str(refusal.value)


@pytest.mark.parametrize("sign", ["/", "?", "/?K=", "#", "[", "?a&"])
@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL"])
def test_no_part_of_a_password_with_odd_signs_is_said(variable: str, sign: str) -> None:
    scheme = "redis" if variable == "REDIS_URL" else "postgresql"
    with pytest.raises(BadSetting) as refusal:
        servers.checked(variable, f"{scheme}://user:Tr0ub{sign}4dor@h.example/x")

    assert str(refusal.value).startswith(variable)
    assert "Tr0ub" not in str(refusal.value)
    assert "4dor" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h:5432/d?sslmode=verify-full&sslrootcert=/ca.pem&options=-c%20statement_timeout%3D5s",
        "postgres://u@h/d",
    ],
)
def test_what_is_understood_stays_as_it_is(url: str) -> None:
    assert servers.checked("DATABASE_URL", url) == url


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``server.pem`` for localhost, self-made, and ``other.pem`` of somebody else."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("server", "other"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(pem) + private)
    return folder


@pytest.fixture(scope="module")
def encrypted(authorities: Path) -> Iterator[int]:
    """The port of a PostgreSQL that speaks TLS: the embedded one, whose build cannot, behind a door that does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authorities / "server.pem")
    behind = urlsplit(databases.SERVERS.app_url).port
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, context, behind), daemon=True).start()
        yield listener.getsockname()[1]


def _serve(listener: socket.socket, context: ssl.SSLContext, behind: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_converse, args=(client, context, behind), daemon=True).start()


def _converse(client: socket.socket, context: ssl.SSLContext, behind: int) -> None:
    with suppress(OSError), client, socket.create_connection(("127.0.0.1", behind)) as server:
        if client.recv(8) != SSL_REQUEST:
            return
        client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as secure:
            threading.Thread(target=_copy, args=(server, secure), daemon=True).start()
            _copy(secure, server)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def _connect(port: int, query: str) -> str:
    """Let the settings connect by such an address; what they say when they cannot, empty when they can."""
    parts = urlsplit(databases.SERVERS.app_url)
    url = parts._replace(netloc=f"{parts.username}:{parts.password}@localhost:{port}", path="/postgres", query=query)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "resimate.settings", "DATABASE_URL": url.geturl()}
    environment |= {"DATABASE_OWNER_URL": url.geturl(), "DATABASE_POOL_SIZE": "0"}
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.mark.thorough
def test_a_connection_is_verified_as_the_address_asks(encrypted: int, authorities: Path) -> None:
    right, wrong = authorities / "server.pem", authorities / "other.pem"

    assert _connect(encrypted, f"sslmode=verify-full&sslrootcert={right}") == ""
    assert "certificate verify failed" in _connect(encrypted, f"sslmode=verify-full&sslrootcert={wrong}")


@pytest.mark.thorough
def test_a_server_without_tls_is_refused_when_tls_is_required() -> None:
    port = urlsplit(databases.SERVERS.app_url).port
    assert port is not None

    assert "server does not support SSL" in _connect(port, "sslmode=require")


@pytest.mark.thorough
def test_libpq_itself_sees_what_the_launcher_is_given(encrypted: int, authorities: Path) -> None:
    """The launcher makes roles through the owner's address before Django is there."""
    parts = urlsplit(databases.SERVERS.app_url)
    url = parts._replace(netloc=f"{parts.username}:{parts.password}@localhost:{encrypted}", path="/postgres")

    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        psycopg.connect(url._replace(query=f"sslmode=verify-full&sslrootcert={authorities / 'other.pem'}").geturl())


@pytest.mark.parametrize(
    ("url", "backend", "options"),
    [
        ("s3://k:s%2F@h/b?cold=GLACIER_IR", "BucketStorage", {"secret_key": "s/", "classes": {"cold": "GLACIER_IR"}}),
        ("azure://a:k%3D@blob.example/c", "AzureStorage", {"account_url": "https://blob.example", "container": "c"}),
        ("azure+http://a:k@h:1/a/c", "AzureStorage", {"account_url": "http://h:1/a", "container": "c"}),
        ("gs://g/b?credentials=/k", "GoogleStorage", {"endpoint_url": "https://g", "credentials": "/k"}),
    ],
)
def test_files_are_where_their_address_says(url: str, backend: str, options: dict[str, object]) -> None:
    found = backends.files(servers.checked("OBJECT_STORE_URL", url), Path("/data"))

    assert found["BACKEND"] == f"apps.outbound.storage.{backend}"
    assert {name: found["OPTIONS"][name] for name in options} == options


def test_a_tier_that_is_not_read_from_is_refused() -> None:
    with pytest.raises(BadSetting, match="Archive"):
        backends.files("azure://a:k@h/c?cold=Archive", Path("/data"))


@pytest.mark.parametrize(("written", "problem"), [(None, "No such file"), ("no certificate", "no certificate or crl")])
def test_certificates_that_cannot_be_read_are_refused(tmp_path: Path, written: str | None, problem: str) -> None:
    file = tmp_path / "authority.pem"
    if written is not None:
        file.write_text(written)

    with pytest.raises(BadSetting, match=f"(?i)cacert names {file}.*{problem}"):
        backends.files(f"s3://k:s@h/b?cacert={file}", tmp_path)
