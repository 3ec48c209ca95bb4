"""Files of a tenant in Azure and Google's cloud, as their emulators play them: kept, read, deleted, on a bad line."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.files import readiness, services, storage
from apps.files.models import StoredFile
from apps.files.services.reading import FileDamaged
from apps.files.storage import FileGone, StorageAway
from apps.files.tests.story import NOTE, TEXT, content_of, kept
from apps.files.tests.test_large_files import FILM, peak
from apps.outbound import breaker, buckets
from apps.outbound.models import Destination
from resimate_servers.tests.azurite import CONTAINER, KEY, NAME, azurite
from resimate_servers.tests.fake_gcs import BUCKET, fake_gcs
from resimate_servers.tests.toxiproxy import Line, toxiproxy

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("CAMP-001", "EXT-001")]


@dataclass
class Cloud:
    """``backend``: how our storage is named, and ``options``. ``client``: a way to what lies there that is not ours."""

    backend: str
    options: dict[str, Any]
    client: Any
    line: Line

    def bytes_of(self, place: str) -> bytes:
        if hasattr(self.client, "download_blob"):
            return bytes(self.client.download_blob(place).readall())
        return bytes(self.client.blob(place).download_as_bytes())

    def put(self, place: str, content: bytes) -> None:
        if hasattr(self.client, "upload_blob"):
            self.client.upload_blob(place, content, overwrite=True)
        else:
            self.client.blob(place).upload_from_string(content)

    def drop(self, place: str) -> None:
        self.client.delete_blob(place)

    def class_of(self, place: str) -> str:
        if hasattr(self.client, "get_blob_client"):
            return str(self.client.get_blob_client(place).get_blob_properties().blob_tier)
        return str(self.client.get_blob(place).storage_class)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with toxiproxy(tmp_path_factory.mktemp("toxiproxy")) as running:
        yield running


@pytest.fixture(scope="module", params=["azure", "google"])
def cloud(request: Any, lines: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "azure":
        with azurite(folder) as azure:
            line = lines.line_to(azure.port)
            account = {"account_url": azure.url(line.port), "account_name": NAME, "account_key": KEY}
            yield Cloud("AzureStorage", {**account, "container": CONTAINER}, azure.client(), line)
    else:
        with fake_gcs(folder) as google:
            line = lines.line_to(google.port)
            google.stop()
            google.start(line.port)
            where = {"endpoint_url": google.url(line.port), "bucket_name": BUCKET}
            yield Cloud("GoogleStorage", where, google.client().bucket(BUCKET), line)


def use(settings: Any, cloud: Cloud, **other: str) -> None:
    classes = {
        "AzureStorage": {"warm": "Cool", "cold": "Cold"},
        "GoogleStorage": {"warm": "NEARLINE", "cold": "COLDLINE"},
    }
    options = {**cloud.options, "classes": classes[cloud.backend], **other}
    backend = {"BACKEND": f"apps.outbound.storage.{cloud.backend}", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": backend}


@pytest.fixture(autouse=True)
def _there(acme: Any, settings: Any, cloud: Cloud) -> Iterator[None]:
    use(settings, cloud)
    yield
    breaker._shared(buckets.BUCKET, Destination.objects.all().delete)


def test_a_file_is_kept_as_ciphertext_and_read_from_anywhere(
    cloud: Cloud, django_capture_on_commit_callbacks: Any
) -> None:
    file = kept()

    assert b"Bo Sanders" not in cloud.bytes_of(file.place)
    for start in (0, 1, 1_500_000, len(TEXT) - 1):
        assert content_of(file, start) == TEXT[start:]
    assert file.place in list(storage.places("acme"))
    assert storage.written_at(file.place) <= timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        services.delete(file, now=timezone.now())
    assert not storage.is_there(file.place)
    storage.remove(file.place)


@pytest.mark.parametrize(("name", "said"), [("warm", {"Cool", "NEARLINE"}), ("cold", {"Cold", "COLDLINE"})])
def test_a_class_is_what_the_cloud_calls_it(cloud: Cloud, name: str, said: set[str]) -> None:
    assert cloud.class_of(kept(kind=replace(NOTE, storage_class=name)).place) in said


def test_what_was_changed_or_taken_away_there_is_told(cloud: Cloud) -> None:
    changed, gone = kept(), kept()
    lying = bytearray(cloud.bytes_of(changed.place))
    lying[len(lying) // 2] ^= 1
    cloud.put(changed.place, bytes(lying))
    cloud.drop(gone.place)

    with pytest.raises(FileDamaged):
        content_of(changed)
    with pytest.raises(FileGone):
        content_of(gone)


def test_one_that_is_gone_is_away_and_keeps_nothing_half(cloud: Cloud, settings: Any) -> None:
    file = kept()
    use(settings, cloud, **{"container" if cloud.backend == "AzureStorage" else "bucket_name": "gone"})

    with pytest.raises(StorageAway):
        kept()
    with pytest.raises(StorageAway):
        content_of(file)
    assert StoredFile.objects.count() == 1


def test_the_doctor_asks_it(cloud: Cloud) -> None:
    assert readiness._tried().detail == "writes and reads"
    with cloud.line.spoilt("reset_peer", timeout=0):
        assert not readiness._tried().is_well


@contextmanager
def spoilt(settings: Any, cloud: Cloud, **how: Any) -> Iterator[None]:
    """The line is bad for a while, and for as long nobody waits longer than a second: a good one gets its time."""
    with pytest.MonkeyPatch.context() as patched, cloud.line.spoilt(**how):
        for name in ("azure", "google"):
            patched.setattr(f"apps.outbound.{name}.REQUEST", replace(buckets.REQUEST, seconds=1.0))
        patched.setattr("apps.outbound.azure.TRIES", 1)
        patched.setattr("apps.outbound.google.PATIENCE", 0.5)
        use(settings, cloud)  # a client keeps the patience that it was made with
        yield
    use(settings, cloud)


@pytest.mark.parametrize(
    "how",
    [{"kind": "reset_peer", "timeout": 0}, {"kind": "limit_data", "bytes": 300_000}, {"kind": "timeout", "timeout": 0}],
    ids=["reset", "cut", "hanging"],
)
def test_on_a_bad_line_nothing_is_corrupt(settings: Any, cloud: Cloud, how: dict[str, Any]) -> None:
    """Case 70: whatever becomes of the line, a file is there as it was sent, or it is not there at all."""
    file = kept()

    for stream in ("upstream", "downstream"):
        with spoilt(settings, cloud, **{**how, "stream": stream}):
            with suppress(StorageAway):
                kept()
            with suppress(StorageAway):
                assert content_of(file) == TEXT

    breaker._shared(buckets.BUCKET, Destination.objects.all().delete)
    assert all(content_of(one) == TEXT for one in StoredFile.objects.there())
    assert not StoredFile.objects.exclude(state="there").exists()


def test_one_that_stays_away_is_left_alone(settings: Any, cloud: Cloud) -> None:
    with spoilt(settings, cloud, kind="reset_peer", timeout=0):
        for _ in range(buckets.BUCKET.failures + 1):
            with pytest.raises(StorageAway) as told:
                kept()

    assert "left alone" in told.value.reason


def test_fifty_megabytes_take_little_memory(cloud: Cloud, tmp_path: Path) -> None:
    kept()  # what is loaded once
    digest = hashlib.sha256()
    with (tmp_path / "film").open("w+b") as content:
        content.write(b"\x00\x01\x02\xfe")
        for _ in range(50):
            content.write(os.urandom(1024**2))
        before = peak()
        file = services.keep(FILM, content, name="film", now=timezone.now())
    for piece in services.read(file):
        digest.update(piece)

    assert digest.hexdigest() == file.sha256
    assert peak() - before < 64 * 1024**2
