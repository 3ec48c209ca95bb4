"""Files come in pieces, over interruptions, as tus 1.0.0 says: checked, seen by nobody else, there when complete."""

import base64
import gc
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.campaigns.tests.story import make_user
from apps.configuration import services as configuration
from apps.core import turns
from apps.core.sizes import MEGABYTE
from apps.files.models import Piece, StoredFile
from apps.files.sealing import Damaged, unseal
from apps.files.tests.conftest import folder
from apps.files.tests.story import content_of, objects
from resimate.tests.permitted import browser_of

__all__ = ["folder"]
pytestmark = [pytest.mark.requirement("EXT-001"), pytest.mark.usefixtures("acme", "folder")]
UPLOADS = "/api/v1/files/uploads/"
TEXT = b"The dike held, said Bo Sanders. " * 100
TUS = {"Tus-Resumable": "1.0.0"}
Run = Callable[..., Any]


@pytest.fixture
def api() -> Client:
    return browser_of(make_user("admin@acme.example", timezone.now(), role="tenant_admin"))


def metadata(**said: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())


def begin(api: Client, size: int = len(TEXT), **said: str) -> Any:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata(**{"filename": "dike.txt", **said})}
    return api.generic("POST", UPLOADS, headers=headers)


def send(api: Client, url: str, offset: int, piece: bytes, **headers: str) -> Any:
    said = {**TUS, "Upload-Offset": str(offset), **headers}
    return api.patch(url, piece, content_type="application/offset+octet-stream", headers=said)


def offset_of(api: Client, url: str) -> int:
    return int(api.head(url, headers=TUS)["Upload-Offset"])


def test_a_file_that_came_in_pieces_is_as_any_other(
    api: Client, folder: Path, django_capture_on_commit_callbacks: Run
) -> None:
    begun = begin(api, kind="attachment", sha256=hashlib.sha256(TEXT).hexdigest())
    assert (begun.status_code, begun["Tus-Resumable"]) == (201, "1.0.0")
    url = begun["Location"]
    for start in (0, 1000, 2000):
        assert offset_of(api, url) == start
        with django_capture_on_commit_callbacks(execute=True):
            answer = send(api, url, start, TEXT[start : start + (1000 if start < 2000 else 9999)])
        assert answer.status_code == 204

    assert int(answer["Upload-Offset"]) == offset_of(api, url) == len(TEXT)
    file = StoredFile.objects.get()
    assert url == f"{UPLOADS}{file.pk}/"
    assert (file.state, file.name, file.media_type, content_of(file)) == ("there", "dike.txt", "text/plain", TEXT)
    assert api.get(f"/api/v1/files/{file.pk}/").status_code == 200
    assert objects(folder) == [folder / file.place]
    assert not Piece.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="stored_file.").order_by("pk")
    assert list(actions.values_list("action", flat=True))[:2] == ["stored_file.begun", "stored_file.kept"]


@pytest.mark.requirement("SEC-DATA-001")
def test_no_piece_lies_anywhere_in_plain(api: Client, folder: Path) -> None:
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])
    send(api, url, 1000, TEXT[:1000])

    assert len(objects(folder)) == 2
    assert not [one for one in objects(folder) if b"Bo Sanders" in one.read_bytes()]
    assert objects(folder)[0].read_bytes() != objects(folder)[1].read_bytes()
    assert len(set(Piece.objects.values_list("secret", flat=True))) == 2


@pytest.mark.requirement("SEC-DATA-001")
def test_a_piece_is_bound_to_its_tenant_its_file_and_where_it_begins(api: Client, folder: Path) -> None:
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:10])
    send(api, url, 10, TEXT[10:1000])
    piece = Piece.objects.get(start=10)

    def opened(bound: str) -> bytes:
        with (folder / piece.place).open("rb") as stored:
            return b"".join(unseal(stored, base64.b64decode(piece.secret), bound))

    assert opened(f"acme|{piece.file_id}|10") == TEXT[10:1000]
    for bound in (f"beta|{piece.file_id}|10", f"acme|{piece.pk}|10", f"acme|{piece.file_id}|0"):
        with pytest.raises(Damaged):
            opened(bound)


def test_what_the_protocol_says_is_told(api: Client) -> None:
    told = api.options(UPLOADS)

    assert (told.status_code, told["Tus-Version"], told["Tus-Max-Size"]) == (204, "1.0.0", str(1024**3))
    assert told["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert told["Tus-Checksum-Algorithm"] == "sha1,sha256"
    url = begin(api)["Location"]
    asked = api.head(url, headers=TUS)
    assert (asked["Cache-Control"], asked["Upload-Length"]) == ("no-store", str(len(TEXT)))
    assert "GMT" in asked["Upload-Expires"]
    assert api.get(url, headers=TUS).json()["offset"] == 0


@pytest.mark.parametrize("said", [{}, {"Tus-Resumable": "0.2.2"}])
def test_another_version_is_refused(api: Client, said: dict[str, str]) -> None:
    url = begin(api)["Location"]
    answers = [
        api.generic("POST", UPLOADS, headers={**said, "Upload-Length": "9"}),
        api.head(url, headers=said),
        api.delete(url, headers=said),
        api.patch(url, b"a", content_type="application/offset+octet-stream", headers={**said, "Upload-Offset": "0"}),
    ]

    assert [(one.status_code, one["Tus-Version"]) for one in answers] == [(412, "1.0.0")] * 4
    assert offset_of(api, url) == 0


@pytest.mark.parametrize("offset", [0, 999, 1001])
def test_a_piece_goes_on_where_the_last_one_ended(api: Client, folder: Path, offset: int) -> None:
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])

    answer = send(api, url, offset, TEXT[offset : offset + 500])

    assert (answer.status_code, answer.json()["code"]) == (409, "upload_offset")
    assert offset_of(api, url) == 1000
    assert len(objects(folder)) == 1


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_a_piece_has_the_checksum_it_was_sent_with(api: Client, folder: Path, name: str) -> None:
    url = begin(api)["Location"]
    right = f"{name} {base64.b64encode(hashlib.new(name, TEXT[:9]).digest()).decode()}"

    damaged = send(api, url, 0, b"x" + TEXT[1:9], **{"Upload-Checksum": right})
    assert (damaged.status_code, damaged.json()["code"]) == (460, "checksum_mismatch")
    assert (offset_of(api, url), objects(folder)) == (0, [])
    assert send(api, url, 0, TEXT[:9], **{"Upload-Checksum": right}).status_code == 204
    assert send(api, url, 9, b"a", **{"Upload-Checksum": "crc32 AAAA"}).status_code == 400


def test_what_is_no_piece_is_refused(api: Client) -> None:
    url = begin(api)["Location"]

    assert send(api, url, 0, TEXT + b"more").json()["code"] == "upload_too_long"
    assert send(api, url, 0, b"", **{"Upload-Offset": "-1"}).json()["errors"][0]["pointer"] == "/Upload-Offset"
    assert send(api, url, 0, b"").status_code == 204
    said = {**TUS, "Upload-Offset": "0"}
    assert api.patch(url, b"{}", content_type="application/json", headers=said).status_code == 415
    assert offset_of(api, url) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Length": "9"},
        {"Upload-Length": "", "Upload-Metadata": metadata(filename="a")},
        {"Upload-Length": "1e3", "Upload-Metadata": metadata(filename="a")},
        {"Upload-Length": "9", "Upload-Metadata": metadata(filename="a", colour="red")},
        {"Upload-Length": "9", "Upload-Metadata": metadata(filename="a", kind="none")},
        {"Upload-Length": "9", "Upload-Metadata": metadata(filename="a", sha256="0")},
        {"Upload-Length": "9", "Upload-Metadata": "filename a"},
        {"Upload-Length": "9", "Upload-Metadata": "filename YQ==,filename YQ=="},
        {"Upload-Length": "9", "Upload-Metadata": "filename é"},
    ],
    ids=["name", "empty", "number", "unknown", "kind", "digest", "base64", "twice", "letters"],
)
def test_what_cannot_be_begun_is_refused_by_its_header(api: Client, headers: dict[str, str]) -> None:
    answer = api.generic("POST", UPLOADS, headers={**TUS, **headers})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/Upload-")
    assert not StoredFile.objects.exists()


def test_another_file_is_another_request_though_neither_has_a_body(api: Client) -> None:
    wanted = {**TUS, "Idempotency-Key": "one", "Upload-Length": "9", "Upload-Metadata": metadata(filename="a")}
    first, again = (api.generic("POST", UPLOADS, headers=wanted) for _ in range(2))
    assert (again["Location"], again["Idempotent-Replayed"]) == (first["Location"], "true")

    for other in ({"Upload-Length": "8"}, {"Upload-Metadata": metadata(filename="b")}):
        assert api.generic("POST", UPLOADS, headers={**wanted, **other}).json()["code"] == "idempotency_key_reused"
    assert StoredFile.objects.count() == 1


def another() -> Client:
    return browser_of(make_user(f"{uuid4()}@acme.example", timezone.now(), role="tenant_admin"))


def test_room_is_held_from_the_beginning(api: Client) -> None:
    configuration.change("files.quota_mb", 5, now=timezone.now())

    assert [begin(one, size=2 * MEGABYTE).status_code for one in (api, another())] == [201, 201]
    assert begin(another(), size=2 * MEGABYTE).json()["code"] == "no_room_for_files"
    assert begin(api, size=2 * 1024**3).status_code == 413


def test_one_account_holds_half_the_room_at_most(api: Client) -> None:
    configuration.change("files.quota_mb", 8, now=timezone.now())
    first = begin(api, size=3 * MEGABYTE)

    refused = begin(api, size=MEGABYTE + 1)

    assert (refused.status_code, refused.json()["code"]) == (409, "uploads_hold_too_much")
    assert "can hold 4 MB" in refused.json()["detail"]
    assert begin(another(), size=MEGABYTE).status_code == 201
    assert begin(api, size=MEGABYTE).status_code == 201
    StoredFile.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert begin(api, size=MEGABYTE).status_code == 409  # what nobody waits for holds its room until it is swept
    assert api.delete(first["Location"], headers=TUS).status_code == 204
    assert begin(api, size=MEGABYTE).status_code == 201


def test_one_account_begins_so_many_at_a_time(api: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.files.services.uploading.MOST_UNFINISHED", 2)
    urls = [begin(api)["Location"] for _ in range(2)]

    refused = begin(api)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_unfinished_uploads")
    assert StoredFile.objects.count() == 2
    send(api, urls[0], 0, TEXT)
    assert begin(api).status_code == 201


def test_who_has_no_turn_for_the_last_piece_is_told_of_files(api: Client, monkeypatch: Any) -> None:
    url = begin(api)["Location"]
    monkeypatch.setattr(turns.WAITERS, "patience", 0.0)
    with turns.WAITERS.take("acme"):
        refused = send(api, url, 0, TEXT)

    said = refused.json()
    assert (refused.status_code, said["code"], said["title"]) == (
        *(429, "too_many_files_at_once"),
        "Too many files at once",
    )
    assert int(refused["Retry-After"]) >= 1
    assert send(api, url, 0, TEXT).status_code == 204


def test_an_empty_file_is_there_at_once(api: Client) -> None:
    url = begin(api, size=0)["Location"]

    assert (offset_of(api, url), StoredFile.objects.get().state) == (0, "there")


@pytest.mark.parametrize(
    ("last", "said", "code"),
    [(b"a" * 9, {"filename": "a.pdf"}, "file_type_refused"), (b"a" * 9, {"sha256": "0" * 64}, "upload_digest")],
)
def test_what_all_of_it_turns_out_not_to_be_leaves_nothing(
    api: Client, folder: Path, last: bytes, said: dict[str, str], code: str, django_capture_on_commit_callbacks: Run
) -> None:
    url = begin(api, size=19, **said)["Location"]
    send(api, url, 0, b"0123456789")

    with django_capture_on_commit_callbacks(execute=True):
        assert send(api, url, 10, last).json()["code"] == code

    assert not StoredFile.objects.exists()
    assert not objects(folder)
    assert api.head(url, headers=TUS).status_code == 404
    assert AuditEntry.objects.get(action="stored_file.deleted").details["because"] == code


def test_what_is_harmful_is_refused_and_seen_to_be(
    api: Client, folder: Path, monkeypatch: Any, django_capture_on_commit_callbacks: Run
) -> None:
    class Finding:
        def look(self, content: Any) -> str:
            content.seek(0)
            return "Eicar" if content.read() == TEXT else ""

    monkeypatch.setattr("apps.files.scanning.current", Finding)
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])

    with django_capture_on_commit_callbacks(execute=True):
        assert send(api, url, 1000, TEXT[1000:]).json()["code"] == "file_refused"

    assert (StoredFile.objects.get().state, objects(folder), Piece.objects.count()) == ("refused", [], 0)


def test_what_is_there_is_not_refused_by_a_harmful_last_piece_that_came_later(
    api: Client, folder: Path, monkeypatch: Any
) -> None:
    """It would lie there for a day, read by nobody and counted by nobody, as often as somebody likes."""

    class Slow:
        def look(self, content: Any) -> str:
            content.seek(0)
            if content.read() == TEXT:
                return ""
            assert send(api, url, 1000, TEXT[1000:]).status_code == 204
            return "Eicar"

    monkeypatch.setattr("apps.files.scanning.current", Slow)
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])

    assert send(api, url, 1000, TEXT[1000:-1] + b"!").json()["code"] == "file_refused"
    assert content_of(StoredFile.objects.get()) == TEXT


def test_no_calculation_waits_for_a_scanner(api: Client, monkeypatch: Any) -> None:
    """It may take a minute, with as many tenants as there are turns; and memory is tidied up meanwhile."""
    taken = []

    class Slow:
        def look(self, _content: Any) -> str:
            taken.append((turns.WAITERS._taken.total(), turns.TURNS._taken.total(), gc.isenabled()))
            return ""

    monkeypatch.setattr("apps.files.scanning.current", Slow)
    whole = SimpleUploadedFile("dike.txt", TEXT * 400)
    assert api.post("/api/v1/files/", {"content": whole}).status_code == 201
    assert send(api, begin(api)["Location"], 0, TEXT).status_code == 204

    assert taken == [(1, 0, True), (1, 0, True)]
