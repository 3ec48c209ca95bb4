"""Files of a tenant in a real bucket: kept, read from anywhere, deleted; and what becomes of a bucket that fails."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from apps.files import services, storage
from apps.files.models import StoredFile
from apps.files.sealing import PIECE
from apps.files.services.deleting import FileKept
from apps.files.services.reading import FileDamaged
from apps.files.storage import FileGone, StorageAway
from apps.files.tests.story import NOTE, TEXT, content_of, kept
from apps.outbound import breaker, buckets
from apps.outbound.models import Destination
from resimate_servers.tests.seaweedfs import APP, SeaweedFS, seaweedfs

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("CAMP-001", "EXT-001")]
COLD = replace(NOTE, storage_class="cold")


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        client: Any = server.client()
        client.create_bucket(Bucket="files")
        client.create_bucket(Bucket="cold", ObjectLockEnabledForBucket=True)
        yield server


@pytest.fixture(autouse=True)
def _in_buckets(acme: Any, settings: Any, seaweed: SeaweedFS) -> Iterator[None]:
    def of(bucket: str, **more: Any) -> dict[str, Any]:
        options = {"bucket_name": bucket, "endpoint_url": seaweed.address, "access_key": APP[0], "secret_key": APP[1]}
        return {"BACKEND": "apps.outbound.storage.BucketStorage", "OPTIONS": {**options, **more}}

    settings.STORAGES = {**settings.STORAGES, "default": of("files"), "cold": of("cold", keep_days=3)}
    yield
    breaker._shared(buckets.BUCKET, Destination.objects.all().delete)


def test_a_file_is_kept_as_ciphertext_and_read_from_anywhere(
    seaweed: SeaweedFS, django_capture_on_commit_callbacks: Any
) -> None:
    file = kept()
    lying = seaweed.client().get_object(Bucket="files", Key=file.place)["Body"].read()

    assert b"Bo Sanders" not in lying
    assert content_of(file) == TEXT
    for start in (1, 1_500_000, len(TEXT) - 1):
        assert content_of(file, start) == TEXT[start:]
    for start, stop in ((0, 100), (PIECE - 1, PIECE + 1), (2 * PIECE, 2 * PIECE + 5)):
        assert b"".join(services.read(file, start, stop)) == TEXT[start:stop]
    with django_capture_on_commit_callbacks(execute=True):
        services.delete(file, now=timezone.now())
    assert not storage.is_there(file.place)


def test_evidence_is_kept_by_us_and_by_the_bucket(seaweed: SeaweedFS) -> None:
    file = kept(kind=COLD)
    StoredFile.objects.update(created_at=timezone.now())
    file.refresh_from_db()

    with pytest.raises(FileKept):
        services.delete(file, now=timezone.now())
    with pytest.raises(StorageAway) as told:
        storage.remove(file.place)
    assert "it is kept until" in told.value.reason
    assert content_of(file) == TEXT


def test_what_was_changed_or_taken_away_there_is_told(seaweed: SeaweedFS) -> None:
    client: Any = seaweed.client()
    changed, gone = kept(), kept()
    lying = bytearray(client.get_object(Bucket="files", Key=changed.place)["Body"].read())
    lying[len(lying) // 2] ^= 1
    client.put_object(Bucket="files", Key=changed.place, Body=bytes(lying))
    client.delete_object(Bucket="files", Key=gone.place)

    with pytest.raises(FileDamaged):
        content_of(changed)
    with pytest.raises(FileGone):
        content_of(gone)


def test_a_bucket_that_does_not_answer_keeps_nothing_half(monkeypatch: pytest.MonkeyPatch) -> None:
    file = kept()
    bucket: Any = storages["default"].bucket  # type: ignore[attr-defined]  # ours has one
    monkeypatch.setattr(bucket, "_place", replace(bucket._place, bucket="goneforever"))

    with pytest.raises(StorageAway):
        kept()
    with pytest.raises(StorageAway):
        content_of(file)
    assert StoredFile.objects.count() == 1


def test_pieces_that_never_became_a_file_are_dropped(seaweed: SeaweedFS) -> None:
    bucket: Any = storages["default"].bucket  # type: ignore[attr-defined]  # ours has one
    for schema in ("acme", "beta"):
        bucket.begin(f"{schema}/hot/begun")

    assert storage.drop_unfinished("acme", timezone.now() - timedelta(hours=1)) == 0
    assert storage.drop_unfinished("acme", timezone.now() + timedelta(hours=1)) == 1
    left = seaweed.client().list_multipart_uploads(Bucket="files")["Uploads"]
    assert [one["Key"] for one in left] == ["beta/hot/begun"]
