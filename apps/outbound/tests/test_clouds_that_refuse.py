"""What the clients of Azure and Google raise: what is missing, who refuses, and who is away and left alone."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from apps.outbound import azure, breaker, buckets, google
from apps.outbound.buckets import Away, Missing
from apps.outbound.models import Destination

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.requirement("CAMP-001", "EXT-001"),
    pytest.mark.usefixtures("_clients", "_unknown"),
]


@pytest.fixture
def _clients() -> None:
    for name in ("azure.core", "google.cloud.storage"):
        pytest.importorskip(name, reason="`make peers` brings the clients of the clouds")


@pytest.fixture
def _unknown(db: None) -> Iterator[None]:
    """What a test finds out of a storage is forgotten again."""
    yield
    breaker._shared(buckets.BUCKET, Destination.objects.all().delete)


class Cloud:
    """In place of a cloud's own client: every call raises ``error``, or gives ``found``, and is noted."""

    size, etag, generation, chunk_size = 100, "first", 1, None

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.found: Any = b""
        self.told: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def answer(*_: Any, **said: Any) -> Any:
            self.told.append(said)
            if self.error is not None:
                raise self.error
            return SimpleNamespace(readall=lambda: self.found) if name == "download_blob" else self.found

        return answer

    def get_blob_client(self, name: str) -> "Cloud":
        return self

    def blob(self, name: str, **_: Any) -> "Cloud":
        return self

    def get_blob_properties(self) -> "Cloud":
        return self


def of_azure(cloud: Cloud, monkeypatch: Any) -> azure.Container:
    made = azure.Container(azure.Account("https://azure.example", "n", "k", "files"))
    monkeypatch.setattr(azure.Container, "_tier", lambda *_: None)
    monkeypatch.setitem(made.__dict__, "_client", cloud)
    return made


def of_google(cloud: Cloud, monkeypatch: Any) -> google.GoogleBucket:
    made = google.GoogleBucket(google.Where("https://google.example", "files"))
    for name in ("_client", "_bucket"):
        monkeypatch.setitem(made.__dict__, name, cloud)
    monkeypatch.setitem(made.__dict__, "_retry", None)
    return made


OF = pytest.mark.parametrize("of", [of_azure, of_google])


def azures(status: int | None, code: str) -> Exception:
    from azure.core.exceptions import HttpResponseError, ServiceRequestError

    error: Any = HttpResponseError("no") if status else ServiceRequestError("no connection")
    if status:
        error.status_code, error.error_code = status, code
    return error


def googles(status: int | None, code: str) -> Exception:
    from google.api_core.exceptions import from_http_status
    from google.auth.exceptions import TransportError
    from google.cloud.storage.exceptions import DataCorruption

    requests = pytest.importorskip("requests")
    others = {"no token": TransportError("no token"), "damaged": DataCorruption(None, "damaged")}
    return from_http_status(status, "no") if status else others.get(code, requests.ConnectionError(code))


@pytest.mark.parametrize(
    ("of", "error", "told"),
    [
        (of_azure, (404, "ContainerNotFound"), "the container is gone: ContainerNotFound"),
        (of_azure, (403, "AuthenticationFailed"), "the key is a wrong one: AuthenticationFailed"),
        (of_azure, (403, "AuthorizationFailure"), "the key may not do that: AuthorizationFailure"),
        (of_azure, (409, ""), ": 409"),
        (of_google, (403, ""), ": 403"),
    ],
)
def test_whoever_refuses_is_there_and_asked_again(of: Any, error: Any, told: str, monkeypatch: Any) -> None:
    cloud = Cloud()
    storage = of(cloud, monkeypatch)
    cloud.error = (azures if of is of_azure else googles)(*error)
    for _ in range(buckets.BUCKET.failures + 1):
        with pytest.raises(Away, match=told):
            storage.delete("a")
    cloud.error = None

    storage.delete("a")


@pytest.mark.parametrize(
    ("of", "error", "told"),
    [
        (of_azure, (503, "ServerBusy"), "ServerBusy"),
        (of_azure, (None, ""), "no connection"),
        (of_google, (503, ""), ": 503"),
        (of_google, (None, "no connection"), "no connection"),
        (of_google, (None, "no token"), "no token"),
        (of_google, (None, "damaged"), "damaged"),
    ],
)
def test_whoever_is_away_is_left_alone_by_and_by(of: Any, error: Any, told: str, monkeypatch: Any) -> None:
    cloud = Cloud()
    storage = of(cloud, monkeypatch)
    cloud.error = (azures if of is of_azure else googles)(*error)
    for _ in range(buckets.BUCKET.failures):
        with pytest.raises(Away, match=told):
            storage.delete("a")
    cloud.error = None

    with pytest.raises(Away, match="left alone"):
        storage.delete("a")
    assert len(cloud.told) == buckets.BUCKET.failures


@OF
def test_what_is_not_there_is_missed_only_where_it_is_wanted(of: Any, monkeypatch: Any) -> None:
    cloud = Cloud()
    storage = of(cloud, monkeypatch)
    cloud.error = (azures if of is of_azure else googles)(404, "BlobNotFound")

    storage.delete("a")

    if of is of_google:
        with pytest.raises(Away, match="the bucket is gone"):
            storage.write("a", [b"a"])
        with pytest.raises(Away, match="the bucket is gone"):
            storage.ask()
    else:
        with pytest.raises(Missing):
            storage.ask()


@OF
def test_a_fault_of_ours_stays_one(of: Any, monkeypatch: Any) -> None:
    cloud = Cloud()
    storage = of(cloud, monkeypatch)
    cloud.error = ZeroDivisionError("ours")

    with pytest.raises(ZeroDivisionError):
        storage.delete("a")


@OF
def test_what_comes_is_of_one_version_and_as_long_as_was_said(of: Any, monkeypatch: Any) -> None:
    cloud = Cloud()
    storage = of(cloud, monkeypatch)
    cloud.found = b"x" * 100
    assert b"".join(storage.read("a")) == cloud.found
    assert {"etag", "if_generation_match"} & cloud.told[-1].keys()
    cloud.found = b"x" * 99

    with pytest.raises(Away, match="gives 99 bytes instead of 100"):
        list(storage.read("a"))


@OF
def test_the_server_is_to_compare_what_it_gets(of: Any, monkeypatch: Any) -> None:
    cloud = Cloud()

    of(cloud, monkeypatch).write("a", [b"a"])

    assert any(said.get("validate_content") or said.get("checksum") == "crc32c" for said in cloud.told)


def test_without_tls_nobody_signs_in_and_with_it_the_machine_does(monkeypatch: Any) -> None:
    monkeypatch.setattr("google.auth.default", lambda scopes: ("the machine's own", None))

    def found(endpoint: str) -> Any:
        return google.GoogleBucket(google.Where(endpoint, "files"))._credentials()

    assert found("https://google.example") == "the machine's own"
    assert found("http://127.0.0.1:1").token is None
