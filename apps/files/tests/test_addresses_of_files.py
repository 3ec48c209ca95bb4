"""An address opens one file of one tenant, for a while, for whom it was made."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.files import links
from apps.files.models import StoredFile
from apps.files.sealing import PIECE
from apps.files.tests.story import TEXT, kept

pytestmark = [pytest.mark.requirement("CAMP-001", "SEC-AUTH-002"), pytest.mark.usefixtures("acme")]


def get(path: str, host: str = "acme.localhost", **headers: str) -> Any:
    return Client(headers={"host": host, **headers}).get(path)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def file(folder: Path) -> StoredFile:
    return kept(name='../Bo "S".txt')


def test_it_leads_to_the_file_which_is_downloaded(file: StoredFile) -> None:
    response = get(links.address(file, now=timezone.now()))

    assert response.status_code == 200
    assert body(response) == TEXT
    assert response["Content-Disposition"] == r'attachment; filename="Bo \"S\".txt"'
    assert response["Content-Length"] == str(len(TEXT))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_who_was_cut_off_goes_on(file: StoredFile) -> None:
    response = get(links.address(file, now=timezone.now()), Range=f"bytes={PIECE + 5}-")

    assert response.status_code == 206
    assert body(response) == TEXT[PIECE + 5 :]
    assert response["Content-Range"] == f"bytes {PIECE + 5}-{len(TEXT) - 1}/{len(TEXT)}"


def test_a_part_that_is_not_there_is_told_by_a_page(file: StoredFile) -> None:
    response = get(links.address(file, now=timezone.now()), Range="bytes=99999999999-")

    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(TEXT)}")
    assert f"{len(TEXT)} bytes" in response.content.decode()
    assert not AuditEntry.objects.filter(action="stored_file.exported").exists()


def test_a_part_of_another_content_is_not_given(file: StoredFile) -> None:
    response = get(links.address(file, now=timezone.now()), **{"Range": "bytes=7-", "If-Range": '"other"'})

    assert response.status_code == 200


@pytest.mark.requirement("LOG-002")
def test_each_download_is_in_the_trail(file: StoredFile) -> None:
    get(links.address(file, now=timezone.now()))

    assert AuditEntry.objects.get(action="stored_file.exported").object_id == str(file.pk)


def test_it_is_not_fetched_without_end(file: StoredFile) -> None:
    configuration.change("api.rate.files", 2, now=timezone.now())
    path = links.address(file, now=timezone.now())

    answers = [get(path) for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert "fetched too often" in answers[2].content.decode()
    assert AuditEntry.objects.filter(action="stored_file.exported").count() == 2
    assert get(links.address(kept(), now=timezone.now())).status_code == 200


def test_it_is_good_for_a_while(file: StoredFile) -> None:
    long_ago = timezone.now() - timedelta(minutes=15)

    response = get(links.address(file, now=long_ago))

    assert response.status_code == 410
    assert b"good for a while only" in response.content


def test_its_last_moment_is_the_first_at_which_it_is_over(file: StoredFile) -> None:
    over = timezone.now().replace(microsecond=0)
    token = links.address(file, now=over - timedelta(minutes=15)).split("/")[2]

    assert links.file_at(token, now=over - timedelta(microseconds=1), user=None) == file
    with pytest.raises(links.AddressExpired):
        links.file_at(token, now=over, user=None)


def test_it_is_never_good_for_longer_than_a_week(file: StoredFile) -> None:
    long_ago = timezone.now() - timedelta(days=7)

    assert get(links.address(file, now=long_ago, good_for=timedelta(days=90))).status_code == 410


@pytest.mark.parametrize("at", [10, 40, -3])
def test_what_was_changed_leads_nowhere(at: int, file: StoredFile) -> None:
    path = links.address(file, now=timezone.now())
    changed = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]

    assert get(changed).status_code == 404


def test_it_leads_nowhere_on_the_host_of_another_tenant(file: StoredFile, beta: Any) -> None:
    assert get(links.address(file, now=timezone.now()), "beta.localhost").status_code == 404


def test_one_that_another_tenant_signed_leads_nowhere(file: StoredFile, monkeypatch: Any, beta: Any) -> None:
    monkeypatch.setattr("apps.core.crypto.signing_secrets", lambda _schema: [b"the same for both" * 2])
    with tenant_context(beta):
        path = links.address(file, now=timezone.now())

    assert get(path).status_code == 404


def test_one_that_is_somebodys_opens_for_nobody_else(file: StoredFile) -> None:
    somebody, else_ = SimpleNamespace(pk=uuid4()), SimpleNamespace(pk=uuid4())
    token = links.address(file, now=timezone.now(), user=somebody).split("/")[-2]

    assert links.file_at(token, now=timezone.now(), user=somebody) == file
    for other in (else_, SimpleNamespace(pk=None)):
        with pytest.raises(links.AddressUnknown):
            links.file_at(token, now=timezone.now(), user=other)


def test_a_file_that_is_not_there_yet_is_not_found(file: StoredFile) -> None:
    StoredFile.objects.update(state="arriving")

    assert get(links.address(file, now=timezone.now())).status_code == 404


def test_what_is_gone_or_damaged_is_told_by_a_page(file: StoredFile, folder: Path) -> None:
    path = links.address(file, now=timezone.now())

    (folder / file.place).write_bytes(b"x" * 50)
    assert get(path).status_code == 409
    (folder / file.place).unlink()
    assert get(path).status_code == 410
    assert not AuditEntry.objects.filter(action="stored_file.exported").exists()


def test_an_address_of_before_what_is_said_to_be_good_opens_nothing(file: StoredFile) -> None:
    now = timezone.now()
    since = links._live_since(now)
    assert since is not None

    with pytest.raises(links.AddressExpired):
        links.file_at(_token(file, since), now=now, user=None)
    assert links.file_at(_token(file, since + timedelta(seconds=2)), now=now, user=None) == file


def _token(file: StoredFile, moment: Any) -> str:
    return links.address(file, now=moment, good_for=timedelta(days=365)).split("/")[2]


def test_the_platform_has_no_files_and_no_addresses_of_any() -> None:
    with schema_context("public"):
        assert links._live_since(timezone.now()) is None
