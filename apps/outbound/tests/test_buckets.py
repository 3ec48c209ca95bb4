"""Files in a real bucket: in pieces up and down, kept where that is wanted, and never half there."""

import base64
import hashlib
import io
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from apps.outbound import bucket_wire, buckets
from apps.outbound.buckets import PIECE, Away, Bucket, Kept, Missing, Place
from apps.outbound.lines import ANYWHERE
from apps.outbound.storage import BucketStorage
from apps.outbound.tests.faulty import FAULTS, faulty, now_and_then
from resimate_net import Answer, send, target_of
from resimate_servers.tests.seaweedfs import APP, READER, SeaweedFS, seaweedfs

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.requirement("EXT-001", "CAMP-001"),
    pytest.mark.usefixtures("committed"),
]
SMALL = 256 * 1024
LONG = b"".join(
    hashlib.sha256(str(number).encode()).digest() for number in range(550_000)
)  # 17 MB, two pieces and some


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """A real server with a bucket ``files``, and one that keeps what it is told to, ``kept``."""
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        client: Any = server.client()
        client.create_bucket(Bucket="files")
        client.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
        yield server


@pytest.fixture
def bucket(seaweed: SeaweedFS) -> Bucket:
    return Bucket(Place(seaweed.address, "files", *APP))


@pytest.fixture
def keeping(seaweed: SeaweedFS) -> Bucket:
    return Bucket(Place(seaweed.address, "kept", *APP))


def whole(bucket: Bucket, name: str, start: int = 0) -> bytes:
    return b"".join(bucket.read(name, start))


def begun(seaweed: SeaweedFS, bucket: str = "files") -> int:
    return len(seaweed.client().list_multipart_uploads(Bucket=bucket).get("Uploads", ()))


def asked(url: str, method: str = "GET", body: bytes = b"") -> Answer:
    return send(target_of(url, ANYWHERE), method, rules=ANYWHERE, limits=buckets.REQUEST, body=body)


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, len(LONG)])
def test_what_was_stored_comes_back(bucket: Bucket, size: int) -> None:
    content = LONG[:size]

    assert bucket.write("back", iter([content[:70_000], content[70_000:]])) == size
    assert bucket.size("back") == size
    assert whole(bucket, "back") == content


def test_what_is_left_comes_from_any_byte_on(bucket: Bucket) -> None:
    bucket.write("from", [LONG])

    for start in (1, PIECE - 1, PIECE, len(LONG) - 1, len(LONG)):
        assert whole(bucket, "from", start) == LONG[start:]


def test_what_becomes_another_file_meanwhile_is_not_read_on(bucket: Bucket) -> None:
    bucket.write("turned", [LONG])
    reading = bucket.read("turned")
    next(reading)
    bucket.write("turned", [LONG[::-1]])

    with pytest.raises(Away, match="PreconditionFailed"):
        next(reading)


def test_what_is_not_there_is_missing(bucket: Bucket) -> None:
    for work in (lambda: whole(bucket, "none"), lambda: bucket.size("none"), lambda: bucket.pieces("none", "0_0")):
        with pytest.raises(Missing):
            work()
    bucket.delete("none")


def test_what_is_deleted_is_gone(bucket: Bucket) -> None:
    bucket.write("gone", [b"x"])
    bucket.delete("gone")

    with pytest.raises(Missing):
        bucket.size("gone")


def test_an_interrupted_upload_goes_on_from_the_pieces_that_are_there(bucket: Bucket, seaweed: SeaweedFS) -> None:
    upload = bucket.begin("on")
    bucket.put("on", upload, 1, LONG[:PIECE])

    again = Bucket(Place(seaweed.address, "files", *APP))  # another process
    there = again.pieces("on", upload)
    assert [(one.number, one.size) for one in there] == [(1, PIECE)]
    for number, piece in enumerate(buckets.regrouped([LONG[PIECE:]], PIECE), len(there) + 1):
        again.put("on", upload, number, piece)

    assert again.finish("on", upload) == len(LONG)
    assert whole(bucket, "on") == LONG


def test_an_upload_with_a_hole_makes_no_file(bucket: Bucket) -> None:
    upload = bucket.begin("hole")
    bucket.put("hole", upload, 2, b"end")

    with pytest.raises(Missing, match="some are not there"):
        bucket.finish("hole", upload)
    bucket.drop("hole", upload)


def test_what_fails_on_the_way_leaves_no_pieces_behind(bucket: Bucket, seaweed: SeaweedFS) -> None:
    before = begun(seaweed)

    def breaking() -> Iterator[bytes]:
        yield LONG
        raise OSError("the reader has gone")

    with pytest.raises(OSError, match="gone"):
        bucket.write("broken", breaking())
    assert begun(seaweed) == before
    with pytest.raises(Missing):
        bucket.size("broken")


def test_what_was_begun_and_never_finished_is_swept_in_time(bucket: Bucket, seaweed: SeaweedFS) -> None:
    upload = bucket.begin("sweep/me")
    bucket.put("sweep/me", upload, 1, b"x")
    now = timezone.now()

    assert bucket.sweep(now - timedelta(days=1), "sweep/") == 0
    assert bucket.sweep(now + timedelta(days=1), "others/") == 0
    assert bucket.sweep(now + timedelta(days=1), "sweep/") == 1
    with pytest.raises(Missing):
        bucket.pieces("sweep/me", upload)


def test_a_bucket_that_keeps_refuses_to_delete_until_the_time_has_come(keeping: Bucket, bucket: Bucket) -> None:
    until = timezone.now() + timedelta(days=3)
    assert (keeping.is_locking, bucket.is_locking) == (True, False)
    for name, content in (("small", b"x"), ("large", LONG)):
        keeping.write(name, [content], keep_until=until)
        keeping.write("free", [content])

        with pytest.raises(Kept, match=f"until {until:%Y-%m-%d}") as told:
            keeping.delete(name)
        assert told.value.until is not None
        assert whole(keeping, name) == content


def test_a_storage_keeps_what_comes_where_the_bucket_can(seaweed: SeaweedFS) -> None:
    for name, is_kept in (("kept", True), ("files", False)):
        how: Any = {"endpoint_url": seaweed.address, "access_key": APP[0], "secret_key": APP[1], "keep_days": 3}
        storage = BucketStorage(bucket_name=name, **how)
        storage.save("evidence", File(io.BytesIO(b"x")))
        if is_kept:
            with pytest.raises(PermissionError, match="it is kept until"):
                storage.delete("evidence")
        else:
            storage.delete("evidence")
        assert storage.exists("evidence") is is_kept


def test_what_is_kept_later_is_kept(keeping: Bucket) -> None:
    keeping.write("later", [b"x"])
    keeping.keep("later", timezone.now() + timedelta(days=3))

    with pytest.raises(Kept):
        keeping.delete("later")


def test_what_is_deleted_is_gone_in_all_its_versions(keeping: Bucket, seaweed: SeaweedFS) -> None:
    for content in (b"one", b"two"):
        keeping.write("versions", [content])
    keeping.delete("versions")

    left = seaweed.client().list_object_versions(Bucket="kept", Prefix="versions")
    assert (left.get("Versions"), left.get("DeleteMarkers")) == (None, None)


def test_it_is_a_storage_like_others(bucket: Bucket, seaweed: SeaweedFS) -> None:
    storage = BucketStorage(bucket_name="files", endpoint_url=seaweed.address, access_key=APP[0], secret_key=APP[1])
    name = storage.save("folder/file", File(io.BytesIO(LONG)))

    assert (storage.exists(name), storage.size(name)) == (True, len(LONG))
    with storage.open(name) as file:
        assert (file.read(3), file.read()) == (LONG[:3], LONG[3:])
        for start in (1, PIECE + 5, len(LONG) - 7):
            assert (file.seek(start), file.read(3), file.tell()) == (start, LONG[start : start + 3], start + 3)
        assert (file.seek(0, 2), file.read()) == (len(LONG), b"")
    assert storage.listdir("folder") == ([], ["file"])
    assert "folder" in storage.listdir("")[0]
    assert abs(storage.get_modified_time(name) - timezone.now()) < timedelta(hours=1)
    assert "X-Amz-Expires=300&" in storage.url(name)
    storage.delete(name)
    assert not storage.exists(name)
    with pytest.raises(FileNotFoundError):
        storage.open(name)
    with pytest.raises(ValueError, match="as a whole"):
        storage.open(name, "wb")


def test_it_is_asked_in_the_middle_of_a_transaction_too(bucket: Bucket) -> None:
    with transaction.atomic():
        bucket.write("within", [b"x"])
        assert whole(bucket, "within") == b"x"


def test_a_long_list_is_listed_to_its_end(bucket: Bucket, seaweed: SeaweedFS) -> None:
    for number in range(12):
        bucket.write(f"list/{number:02}", [b"x"])
    real = bucket._call
    bucket._call = lambda verb, **said: real(verb, **said, MaxKeys=5)  # type: ignore[method-assign]  # shorter pages

    assert bucket.listing("list") == ([], [f"{number:02}" for number in range(12)])


def test_an_address_opens_one_file_for_a_while_and_no_other(bucket: Bucket) -> None:
    bucket.write("shown", [b"ciphertext"])
    bucket.write("other", [b"of others"])
    address = bucket.address("shown", 60)

    assert asked(address).body == b"ciphertext"
    for tampered in (address.replace("/shown", "/other"), address.replace("Expires=60&", "Expires=6000&")):
        assert asked(tampered).status == 403
    assert asked(address, "DELETE").status == 403


def test_an_address_that_has_run_out_opens_nothing(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.auth

    bucket.write("shown", [b"ciphertext"])
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_: datetime(2026, 1, 1))  # noqa: DTZ001  as they do

    assert asked(bucket.address("shown", 60)).status == 403


def test_a_piece_comes_by_an_address_of_its_own(bucket: Bucket) -> None:
    upload = bucket.begin("by address")

    assert asked(bucket.address_of_piece("by address", upload, 1, 60), "PUT", b"ciphertext").status == 200
    assert asked(bucket.address_of_piece("by address", upload, 2, 60).replace("=2&", "=3&"), "PUT", b"x").status == 403
    assert bucket.finish("by address", upload) == 10


WRONG: dict[str, tuple[Callable[[Place], Place], str]] = {
    "unknown key": (lambda place: replace(place, access_key="nobody"), "the key is not known there"),
    "wrong secret": (lambda place: replace(place, secret_key="guessed"), "the secret is a wrong one"),
    "may only read": (lambda place: replace(place, access_key=READER[0], secret_key=READER[1]), "the key may not"),
}


@pytest.mark.parametrize(("change", "hint"), list(WRONG.values()), ids=list(WRONG))
def test_what_is_set_wrongly_is_told_to_operators_and_leaves_nobody_alone(
    bucket: Bucket, change: Callable[[Place], Place], hint: str
) -> None:
    wrong = Bucket(change(bucket._place))

    for _ in range(buckets.BUCKET.failures + 1):
        with pytest.raises(Away, match=hint) as told:
            wrong.write("wrong", [b"x"])
        assert "guessed" not in str(told.value)


def test_a_bucket_that_is_gone_is_not_taken_for_files_that_are(seaweed: SeaweedFS) -> None:
    client = seaweed.client()
    client.create_bucket(Bucket="short-lived")
    place = Bucket(Place(seaweed.address, "short-lived", *APP))
    place.write("file", [b"x"])
    client.delete_object(Bucket="short-lived", Key="file")
    client.delete_bucket(Bucket="short-lived")

    for work in (lambda: place.size("file"), lambda: whole(place, "file"), place.ask):
        with pytest.raises(Away, match="the bucket is gone: NoSuchBucket"):
            work()
    with pytest.raises(Away):
        place.write("file", [b"x"])


def test_a_clock_that_is_wrong_is_told_to_operators(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.auth

    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_: datetime(2026, 1, 1))  # noqa: DTZ001  as they do

    with pytest.raises(Away, match="the clocks differ: RequestTimeTooSkewed"):
        bucket.write("late", [b"x"])


def test_every_piece_goes_with_its_digest(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS nothing else would tell the server that one was spoiled: its signature leaves the content out."""
    sent = []

    def noted(*args: Any, **more: Any) -> Answer:
        if more["body"] and args[1] == "PUT":
            sent.append((more["headers"].get("Content-MD5"), md5(more["body"])))
        return send(*args, **more)

    monkeypatch.setattr(bucket_wire, "send", noted)
    bucket.write("small", [b"small"])
    bucket.write("long", [LONG])

    assert len(sent) == 4
    assert all(said == found for said, found in sent)


def md5(piece: bytes) -> str:
    return base64.b64encode(hashlib.md5(piece, usedforsecurity=False).digest()).decode()


def test_where_nobody_answers_it_is_away_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "BUCKET", replace(buckets.BUCKET, failures=2, pause=3000))
    monkeypatch.setattr(buckets, "TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    nobody = Bucket(Place(f"http://127.0.0.1:{port}", "files", *APP))
    for _ in range(2):
        with pytest.raises(Away, match="takes no connection"):
            nobody.ask()

    with pytest.raises(Away, match="left alone"):
        nobody.ask()


def test_of_two_hundred_files_none_is_damaged_where_every_third_request_fails(
    bucket: Bucket, seaweed: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every eighth of them is in pieces. What is not stored is said not to be; what is, comes back as it was."""
    monkeypatch.setattr(buckets, "BUCKET", replace(buckets.BUCKET, failures=1000))
    monkeypatch.setattr(buckets, "PIECE", SMALL)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # between tries
    sizes = [2 * SMALL + 9 * number if number % 8 == 0 else 40 * number + 1 for number in range(200)]
    stored: dict[int, bytes] = {}
    with faulty(seaweed.port, now_and_then(0.33)) as server:
        spoilt = Bucket(replace(bucket._place, endpoint=f"http://127.0.0.1:{server.server_port}"))
        for number, size in enumerate(sizes):
            content = LONG[number : number + size]
            try:
                spoilt.write(f"many/{number}", [content])
            except Away:
                continue
            stored[number] = content
        came = {number: read(spoilt, f"many/{number}") for number in stored}

    assert set(server.done) == {"", *FAULTS}
    assert [number for number, content in stored.items() if came[number] not in (content, None)] == []
    assert len(stored) > 100
    assert [number for number, content in stored.items() if whole(bucket, f"many/{number}") != content] == []
    bucket.sweep(timezone.now() + timedelta(days=1), "many/")
    assert begun(seaweed) == 0


def read(bucket: Bucket, name: str) -> bytes | None:
    try:
        return whole(bucket, name)
    except Away:
        return None
