"""Production reaches its database and its queue by TLS that shows whose they are, or not at all."""

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from ssl import CERT_REQUIRED
from typing import Any
from urllib.parse import urlsplit

import pytest
from kombu.connection import Connection

from resimate import transport
from resimate.env import BadSetting
from resimate.tests.database import SERVERS
from resimate.tests.product import OWN, ROOT
from resimate_servers.tests.authority import Authority
from resimate_servers.tests.over_tls import PASSWORD, postgres_over_tls, redis_over_tls, url_of

pytestmark = pytest.mark.requirement("SEC-DATA-001", "NET-001")
VERIFIED = "sslmode=verify-full&sslrootcert={file}"
#: Linux takes it for this machine, and nobody would call it a loopback address.
ELSEWHERE = "0.0.0.0"  # noqa: S104  nobody listens there


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Authority(tmp_path).file


@pytest.mark.parametrize(
    ("variable", "url", "said"),
    [
        ("DATABASE_URL", "postgresql://u:p@db/d", "end it with ?sslmode=verify-full&sslrootcert="),
        ("DATABASE_OWNER_URL", "postgres://u:p@10.0.0.3/d?sslmode=require", "DATABASE_OWNER_URL goes to 10.0.0.3"),
        ("DATABASE_URL", "postgresql://u:p@db/d?sslmode=verify-ca&sslrootcert={file}", "sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://u:p@localhost/d?hostaddr=10.0.0.3", "goes to 10.0.0.3"),
        ("DATABASE_URL", "postgresql://u:p@db/d?sslmode=verify-full", "add sslrootcert="),
        ("DATABASE_URL", f"postgresql://u:p@db/d?{VERIFIED}&ssl_min_protocol_version=TLSv1.1", "write TLSv1.3"),
        ("DATABASE_URL", "postgresql://u:p@db/d?sslmode=verify-full&sslrootcert=/no/such", "sslrootcert=/no/such"),
        ("DATABASE_URL", "postgresql://u:p@one,two/d?hostaddr=,", "goes to one,two without TLS"),
        ("DATABASE_URL", "postgresql://u:p@localhost,two/d?hostaddr=127.0.0.1,", "goes to 127.0.0.1,two"),
        ("DATABASE_URL", f"postgresql://u:p@db/d?{VERIFIED}&ssl_max_protocol_version=tlsv1.1", "write TLSv1.3"),
        ("REDIS_URL", "redis://:p@cache:6379/0", "begin it with rediss://"),
        ("REDIS_URL", "rediss://:p@cache:6379/0?ssl_cert_reqs=none", "write ssl_cert_reqs=required"),
        ("REDIS_URL", "rediss://:p@cache:6379/0?ssl_cert_reqs=optional", "write ssl_cert_reqs=required"),
        ("REDIS_URL", "rediss://:p@cache/0?ssl_check_hostname=false", "write ssl_check_hostname=true"),
        ("REDIS_URL", "rediss://:p@cache:6379/0?ssl_ca_certs=/no/such", "ssl_ca_certs=/no/such"),
        (
            "OBJECT_STORE_URL",
            "s3+http://k:p@objects/bucket",
            "OBJECT_STORE_URL goes to objects without TLS; begin it with s3://",
        ),
        ("VAULT_ADDR", "http://vault:8200", "begin it with https://"),
        ("KMS_ENDPOINT", "HTTP://kms.example", "begin it with https://"),
    ],
)
def test_one_sentence_says_which_setting_and_what_to_write(variable: str, url: str, said: str, file: Path) -> None:
    with pytest.raises(BadSetting) as refusal:
        transport.verified(variable, url.format(file=file))

    sentence = str(refusal.value)
    assert sentence.startswith(variable)
    assert said in sentence
    assert (sentence.count("\n"), sentence[-1]) == (0, ".")
    assert "u:p" not in sentence
    assert ":p@" not in sentence


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:p@db/d?{VERIFIED}&ssl_min_protocol_version=TLSv1.3",
        f"postgresql://u:p@name.in.certificate/d?hostaddr=10.0.0.3&{VERIFIED}",
        "postgresql://u:p@db/d?sslmode=verify-full&sslrootcert=system",
        "postgresql://u:p@127.0.0.1:5432/d",
        "postgresql://u:p@[::1]:5432/d",
        "postgresql:///d",
        "rediss://:p@cache:6379/0?ssl_ca_certs={file}",
        "rediss://:p@cache:6379/0",
        "postgresql://u:p@db/d?hostaddr=127.0.0.1",
        "redis://localhost:6379/0",
        "s3://k:p@objects/bucket",
        "s3+http://k:p@127.0.0.1:8333/bucket",
        "https://vault:8200",
        "http://127.0.0.1:8200",
        "unix:///run/cache.sock?db=1",
    ],
)
def test_what_is_verified_or_never_leaves_this_machine_is_taken(url: str, file: Path) -> None:
    assert transport.verified("DATABASE_URL", url.format(file=file)) == url.format(file=file)


@pytest.mark.parametrize(("variable", "value"), [("PGHOSTADDR", "10.0.0.3"), ("PGHOST", "db")])
def test_variables_of_libpq_lead_nowhere_else(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(BadSetting, match=f"goes to {value} without TLS"):
        transport.verified("DATABASE_URL", "postgresql:///d")


def test_the_broker_believes_no_certificate_that_the_cache_would_not(file: Path) -> None:
    """Kombu asks for none where the address does not say so, whatever redis-py does."""
    for query in ("", f"?ssl_ca_certs={file}"):
        broker = Connection(transport.broker_of(f"rediss://:p@cache:6379/0{query}"))
        assert dict(broker.ssl or {})["ssl_cert_reqs"] is CERT_REQUIRED
    assert Connection(transport.broker_of("unix:///run/cache.sock?db=1")).transport_cls == "redis"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.setblocking(False)
        yield one


def _environment(tmp_path: Path, **own: str) -> dict[str, str]:
    """Production as it has to be, but for what a test says."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    return inherited | {
        "RESIMATE_ENV": "production",
        "RESIMATE_DATA_DIR": str(tmp_path),
        "COLLECTED_STATIC": "yes",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "RESIMATE_BASE_DOMAIN": "resimate.example",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        **own,
    }


def _run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("variable", "role", "command"),
    [
        ("DATABASE_URL", "web", ""),
        ("REDIS_URL", "core-api", ""),
        ("DATABASE_URL", "worker", ""),
        ("REDIS_URL", "worker-calculation", ""),
        ("REDIS_URL", "scheduler", ""),
        ("DATABASE_OWNER_URL", "", "migrate_tenants"),
        ("DATABASE_OWNER_URL", "", "prepare"),
        ("DATABASE_OWNER_URL", "", "up"),
        ("DATABASE_URL", "", "tenants list"),
        ("REDIS_URL", "", "doctor"),
    ],
)
def test_nothing_is_opened_before_the_refusal(
    variable: str, role: str, command: str, listener: socket.socket, tmp_path: Path
) -> None:
    scheme = "redis" if variable == "REDIS_URL" else "postgresql"
    url = f"{scheme}://u:p@{ELSEWHERE}:{listener.getsockname()[1]}/0"
    environment = _environment(tmp_path, **({"RESIMATE_ROLE": role} if role else {}), **{variable: url})

    refused = _run(environment, "-m", "resimate", *command.split())

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{variable} goes to {ELSEWHERE} without TLS")
    assert len(refused.stderr.strip().splitlines()) == 1
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module", params=[False, True], ids=["valid", "ended"])
def servers(request: pytest.FixtureRequest, authority: Authority) -> Iterator[tuple[bool, int, int]]:
    """Whether their certificate has ended, and the ports of PostgreSQL and of Redis."""
    shown = authority.issue("localhost", has_ended=request.param)
    with postgres_over_tls(*shown) as database, redis_over_tls(*shown) as cache:
        yield request.param, database, cache


def _examined(environment: dict[str, str]) -> dict[str, tuple[bool, str]]:
    told: list[dict[str, Any]] = json.loads(_run(environment, "manage.py", "doctor", "--json").stdout)
    return {one["what"]: (one["well"], one["detail"]) for one in told}


def _told(tmp_path: Path, ports: tuple[int, int], file: Path, host: str = "localhost") -> dict[str, tuple[bool, str]]:
    """What the doctor says of both servers, whose certificates that file is to vouch for."""
    database = url_of(ports[0], VERIFIED.format(file=file), host)
    cache = f"rediss://:{PASSWORD}@{host}:{ports[1]}/0?ssl_cert_reqs=required&ssl_ca_certs={file}"
    return _examined(_environment(tmp_path, DATABASE_URL=database, REDIS_URL=cache))


@pytest.mark.thorough
def test_the_doctor_says_by_what_they_are_reached_or_why_not(
    servers: tuple[bool, int, int], authority: Authority, tmp_path: Path
) -> None:
    has_ended, *ports = servers
    found = _told(tmp_path, (ports[0], ports[1]), authority.file)

    if has_ended:
        for what in ("database", "redis"):
            assert found[what][0] is False
            assert "certificate verify failed: certificate has expired" in found[what][1]
        return
    assert found["database"][0] is True
    assert found["database"][1].endswith("TLSv1.3 with TLS_AES_256_GCM_SHA384")
    assert found["redis"] == (True, "answers, TLSv1.3 with TLS_AES_256_GCM_SHA384")


@pytest.mark.thorough
def test_a_certificate_of_somebody_else_or_for_somebody_else_is_refused(
    servers: tuple[bool, int, int], authority: Authority, tmp_path: Path
) -> None:
    has_ended, *ports = servers
    if has_ended:
        return
    other = Authority(tmp_path, "other").file

    for file, host in ((other, "localhost"), (authority.file, "127.0.0.1")):
        found = _told(tmp_path, (ports[0], ports[1]), file, host)
        assert [found["database"][0], found["redis"][0]] == [False, False]
        assert "certificate" in found["database"][1]
        assert "certificate" in found["redis"][1]


@pytest.mark.thorough
def test_a_command_says_what_is_wrong_with_a_certificate(
    servers: tuple[bool, int, int], authority: Authority, tmp_path: Path
) -> None:
    if not servers[0]:
        return
    database = url_of(servers[1], VERIFIED.format(file=authority.file))

    refused = _run(_environment(tmp_path, DATABASE_URL=database), "manage.py", "tenants", "list")

    assert refused.returncode == 1
    assert refused.stderr.startswith("PostgreSQL cannot be reached: ")
    assert refused.stderr.strip().endswith("certificate verify failed: certificate has expired")


@pytest.mark.thorough
def test_servers_without_tls_are_not_spoken_to(tmp_path: Path, authority: Authority) -> None:
    """The servers of the test run, which speak none: addresses that ask for TLS get no answer from them."""
    ports = urlsplit(SERVERS.app_url).port or 0, urlsplit(SERVERS.redis_url).port or 0
    found = _told(tmp_path, ports, authority.file)

    assert "server does not support SSL" in found["database"][1]
    assert [found["database"][0], found["redis"][0]] == [False, False]
