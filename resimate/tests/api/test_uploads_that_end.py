"""How an upload in pieces ends: by its last piece, given up, refused, or in time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.campaigns.tests.story import make_user
from apps.files import services, storage
from apps.files.models import Piece, StoredFile
from apps.files.tests.conftest import folder
from apps.files.tests.story import content_of, objects
from resimate.tests.api.test_uploads_in_pieces import TEXT, TUS, Run, api, begin, offset_of, send
from resimate.tests.permitted import browser_of, somebody

__all__ = ["api", "folder"]
pytestmark = [pytest.mark.requirement("EXT-001"), pytest.mark.usefixtures("acme", "folder")]


def test_after_a_storage_that_was_away_the_last_piece_is_sent_again(
    api: Client, folder: Path, monkeypatch: Any
) -> None:
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])
    with monkeypatch.context() as away:
        away.setattr("django.core.files.storage.FileSystemStorage._save", _fail)
        assert send(api, url, 1000, TEXT[1000:]).status_code == 503
        assert send(api, url, 1000, TEXT[1000:1500]).status_code == 503

    assert (offset_of(api, url), len(objects(folder))) == (1000, 1)
    assert send(api, url, 1000, TEXT[1000:]).status_code == 204
    assert content_of(StoredFile.objects.get()) == TEXT


def _fail(*_: Any) -> str:
    raise OSError(28, "No space left on device")


def test_a_piece_that_is_lost_or_exchanged_ends_the_upload(api: Client, folder: Path) -> None:
    for spoil in (lambda one: one.unlink(), lambda one: one.write_bytes(b"x" * 1016)):
        url = begin(api)["Location"]
        send(api, url, 0, TEXT[:1000])
        spoil(folder / Piece.objects.get().place)

        assert send(api, url, 1000, TEXT[1000:]).status_code == 410
        assert not StoredFile.objects.exists()


@pytest.mark.requirement("SEC-AUTH-002")
def test_another_persons_upload_is_not_there(api: Client) -> None:
    url = begin(api)["Location"]
    other = browser_of(make_user("other@acme.example", timezone.now(), role="tenant_admin"))

    assert [other.head(url, headers=TUS).status_code, other.delete(url, headers=TUS).status_code] == [404, 404]
    assert send(other, url, 0, TEXT).status_code == 404
    assert api.get(f"/api/v1/files/{StoredFile.objects.get().pk}/").status_code == 404
    reader = browser_of(somebody(["files:tenant:read"], timezone.now()))
    assert begin(reader).status_code == 403


def test_one_that_is_given_up_leaves_nothing(
    api: Client, folder: Path, django_capture_on_commit_callbacks: Run
) -> None:
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])

    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(url, headers=TUS).status_code == 204

    assert (StoredFile.objects.count(), objects(folder)) == (0, [])
    assert send(api, url, 1000, TEXT[1000:]).status_code == 404


def test_one_that_is_not_ended_in_time_is_swept(
    api: Client, folder: Path, django_capture_on_commit_callbacks: Run
) -> None:
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])
    services.sweep(now=timezone.now() + timedelta(hours=23))
    assert (offset_of(api, url), len(objects(folder))) == (1000, 1)
    StoredFile.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert send(api, url, 1000, TEXT[1000:]).status_code == 404

    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep(now=timezone.now()).unfinished == 1

    assert (StoredFile.objects.count(), objects(folder)) == (0, [])


def test_too_many_pieces_are_too_many(api: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.files.services.uploading.MOST_PIECES", 2)
    url = begin(api)["Location"]
    send(api, url, 0, b"a")

    assert send(api, url, 1, b"a").json()["code"] == "upload_in_too_many_pieces"
    assert send(api, url, 1, TEXT[1:]).status_code == 204


def test_two_last_pieces_that_meet_make_one_file(api: Client, folder: Path, monkeypatch: Any) -> None:
    """The second one comes while the first is being brought to its place, and ends before it."""
    url = begin(api)["Location"]
    send(api, url, 0, TEXT[:1000])
    put = storage.put
    inner: list[int] = []

    def meet(place: str, chunks: Any) -> None:
        if not inner:
            inner.append(0)
            inner[0] = send(api, url, 1000, TEXT[1000:-1] + b"!").status_code
        put(place, chunks)

    monkeypatch.setattr(storage, "put", meet)
    outer = send(api, url, 1000, TEXT[1000:])

    assert (inner, outer.status_code) == ([204], 410)
    file = StoredFile.objects.get()
    assert content_of(file) == TEXT[:-1] + b"!"
    assert folder / file.place in objects(folder)
    assert len(objects(folder)) == 2  # and the piece, whose removal waits for a commit
