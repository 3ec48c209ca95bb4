"""Files come, are shown, fetched and deleted by the API, within the rights of who asks."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.audit.models import AuditEntry
from apps.campaigns.tests.story import make_user
from apps.files.models import StoredFile
from apps.files.tests.conftest import folder
from resimate.tests.permitted import browser_of, somebody

__all__ = ["folder"]
pytestmark = [pytest.mark.requirement("EXT-001"), pytest.mark.usefixtures("acme", "folder")]
FILES = "/api/v1/files/"
TEXT = "Der Deich hält.".encode()


@pytest.fixture
def api() -> Client:
    return browser_of(make_user("admin@acme.example", timezone.now(), role="tenant_admin"))


def send(api: Client, content: bytes = TEXT, name: str = "dike.txt", **more: Any) -> Any:
    return api.post(FILES, {"content": SimpleUploadedFile(name, content), **more})


def test_a_file_comes_is_shown_fetched_and_deleted(api: Client, django_capture_on_commit_callbacks: Any) -> None:
    answer = send(api)
    assert (answer.status_code, answer.json()["name"], answer.json()["media_type"]) == (201, "dike.txt", "text/plain")
    one = f"{FILES}{answer.json()['id']}/"
    assert [row["id"] for row in api.get(FILES).json()["results"]] == [answer.json()["id"]]

    fetched: Any = api.get(f"{one}content/")

    assert b"".join(fetched.streaming_content) == TEXT
    assert fetched["Content-Disposition"] == 'attachment; filename="dike.txt"'
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(one).status_code == 204
    assert not StoredFile.objects.exists()
    actions = set(AuditEntry.objects.filter(object_type="files.storedfile").values_list("action", flat=True))
    assert {"stored_file.kept", "stored_file.deleted"} < actions


def test_a_part_is_fetched_and_one_that_is_not_there_refused(api: Client) -> None:
    content = f"{FILES}{send(api).json()['id']}/content/"

    part: Any = api.get(content, headers={"Range": "bytes=4-9"})
    none = api.get(content, headers={"Range": "bytes=99-"})

    assert (part.status_code, b"".join(part.streaming_content), part["Content-Range"]) == (
        *(206, TEXT[4:10]),
        f"bytes 4-9/{len(TEXT)}",
    )
    assert (none.status_code, none["Content-Type"]) == (416, "application/problem+json")
    assert (none.json()["code"], none["Content-Range"]) == ("range_not_satisfiable", f"bytes */{len(TEXT)}")


def test_a_browser_that_is_signed_in_sends_a_file_with_its_token() -> None:
    """Whether the request is forged is asked of the form, before anybody reads the file in it."""
    browser = Client(headers={"host": "acme.localhost"}, enforce_csrf_checks=True)
    browser.force_login(make_user("admin@acme.example", timezone.now(), role="tenant_admin"))
    assert send(browser).status_code == 403
    browser.get("/account/")
    token = browser.cookies["csrftoken"].value

    sent = browser.post(FILES, {"content": SimpleUploadedFile("dike.txt", TEXT)}, headers={"X-CSRFToken": token})
    other = browser.post("/api/v1/roles/", {"code": "dike"}, headers={"X-CSRFToken": token})

    assert (sent.status_code, other.status_code) == (201, 415)
    assert StoredFile.objects.count() == 1


def test_an_address_opens_it_without_signing_in(api: Client) -> None:
    answer = api.post(f"{FILES}{send(api).json()['id']}/link/", content_type="application/json")
    path = answer.json()["url"].removeprefix("http://acme.localhost")

    fetched: Any = Client(headers={"host": "acme.localhost"}).get(path)
    assert b"".join(fetched.streaming_content) == TEXT
    assert Client(headers={"host": "beta.localhost"}).get(path).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "more", "pointer"),
    [
        (b"MZ" + bytes(99), "dike.txt", {}, "/content"),
        (TEXT, "dike.txt", {"kind": "none"}, "/kind"),
        (TEXT, "dike.txt", {"colour": "red"}, "/colour"),
    ],
    ids=["lies", "kind", "unknown"],
)
def test_what_cannot_be_kept_is_refused_by_its_field(
    api: Client, folder: Path, content: bytes, name: str, more: dict[str, str], pointer: str
) -> None:
    answer = send(api, content, name, **more)

    assert answer.status_code in (400, 415, 422)
    assert answer["Content-Type"] == "application/problem+json"
    assert not StoredFile.objects.exists()
    assert [*folder.rglob("*.*")] == []
    assert pointer in str(answer.json()) or "type" in answer.json()["code"]


@pytest.mark.requirement("SEC-AUTH-002")
def test_each_right_is_asked_for(api: Client, now: Any, beta: Any) -> None:
    one = f"{FILES}{send(api).json()['id']}/"
    reader = browser_of(somebody(["files:tenant:read"], now))
    nobody = browser_of(somebody([], now))

    assert [send(reader).status_code, reader.delete(one).status_code, reader.get(one).status_code] == [403, 403, 200]
    assert [nobody.get(FILES).status_code, nobody.get(f"{one}content/").status_code] == [403, 403]
    with tenant_context(beta):
        assert not StoredFile.objects.exists()


def test_the_administration_lists_fetches_and_deletes(api: Client) -> None:
    pk = send(api).json()["id"]
    home = "/admin/files/storedfile/"

    assert "dike.txt" in api.get(home).content.decode()
    assert "dike.txt" in api.get(f"{home}{pk}/change/").content.decode()
    fetched: Any = api.get(f"{home}{pk}/content/", follow=True)
    assert b"".join(fetched.streaming_content) == TEXT
    assert api.post(f"{home}{pk}/delete/", {"post": "yes"}).status_code == 302
    assert not StoredFile.objects.exists()


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_enters_the_administration_for_keys_deletes_no_file_there(api: Client, now: Any) -> None:
    pk = send(api).json()["id"]
    reader = browser_of(somebody(["files:tenant:read", "keys:tenant:read"], now))
    one = f"/admin/files/storedfile/{pk}/"

    assert reader.post(f"{one}delete/", {"post": "yes"}).status_code == 403
    assert StoredFile.objects.filter(pk=pk).exists()
