"""Files in a real bucket whose certificate comes from an authority of its operator's own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.core.parts import PARTS, look
from apps.files.storage import StorageAway
from apps.files.tests.story import TEXT, content_of, kept
from apps.outbound import breaker, buckets
from apps.outbound.models import Destination
from resimate_servers.tests.authority import Authority
from resimate_servers.tests.seaweedfs import APP, SeaweedFS, seaweedfs

pytestmark = [pytest.mark.thorough, pytest.mark.requirement("CAMP-001", "EXT-001")]
Trust = Callable[[Path | None], None]


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    own = Authority(tmp_path_factory.mktemp("authority"))
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs"), own) as server:
        client: Any = server.client()
        client.create_bucket(Bucket="files")
        yield server


@pytest.fixture
def trust(acme: Any, settings: Any, seaweed: SeaweedFS) -> Iterator[Trust]:
    """Keep files there, and believe certificates of that file alone."""

    def trusting(authority: Path | None) -> None:
        options = {"bucket_name": "files", "endpoint_url": seaweed.address, "access_key": APP[0], "secret_key": APP[1]}
        named = {"authority": str(authority or "")}
        backend = {"BACKEND": "apps.outbound.storage.BucketStorage", "OPTIONS": {**options, **named}}
        settings.STORAGES = {**settings.STORAGES, "default": backend}

    yield trusting
    breaker._shared(buckets.BUCKET, Destination.objects.all().delete)


def test_the_authority_that_is_named_is_believed(trust: Trust, seaweed: SeaweedFS) -> None:
    assert seaweed.authority is not None
    trust(seaweed.authority.file)

    assert content_of(kept()) == TEXT
    assert look([PARTS["files"]])["files"].up


@pytest.mark.parametrize("named", [True, False], ids=["another authority", "the system's"])
def test_no_other_is_and_the_doctor_says_so(trust: Trust, tmp_path: Path, named: bool) -> None:
    trust(Authority(tmp_path, "other").file if named else None)

    with pytest.raises(StorageAway):
        kept()
    told = look([PARTS["files"]])["files"]
    assert not told.up
    assert "The certificate of the host does not hold" in told.detail
    assert "cacert in its address names a file" in told.detail
