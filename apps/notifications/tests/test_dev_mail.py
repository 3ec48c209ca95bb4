"""The mailbox of a development install."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from resimate_servers import mailbox

LETTER = (
    "From: Resimate <no-reply@localhost>\r\nTo: {to}\r\nSubject: {subject}\r\nX-Resimate-Tenant: {tenant}\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nOpen http://acme.localhost:8000/a/abc/ <b>now</b>\r\n"
)


@pytest.fixture
def mails(acme: Any, settings: Any, tmp_path: Path, now: datetime) -> Path:
    settings.MAILBOX_DIR, settings.DEVELOPMENT = tmp_path, True
    for tenant in ("acme", "beta"):
        content = LETTER.format(to=f"bo@{tenant}.example", subject=f"For {tenant}", tenant=tenant)
        mailbox.store(tmp_path, content.encode(), "no-reply@localhost", [f"bo@{tenant}.example"])
    return tmp_path


def get(path: str, host: str) -> Any:
    return Client().get(path, headers={"host": host})


def key_of(folder: Path, subject: str) -> str:
    return next(one.key for one in mailbox.messages(folder) if one.message["Subject"] == subject)


def test_a_tenants_host_shows_its_own_mails(mails: Path) -> None:
    page = get("/dev/mail/", "acme.localhost").content.decode()

    assert "For acme" in page
    assert "For beta" not in page


def test_another_tenants_mail_is_not_found(mails: Path) -> None:
    key = key_of(mails, "For beta")

    assert get(f"/dev/mail/{key}/", "acme.localhost").status_code == 404
    assert get(f"/dev/mail/{key}/", "beta.localhost").status_code == 200


def test_the_platforms_host_shows_all_mails(mails: Path) -> None:
    page = get("/dev/mail/", "localhost").content.decode()

    assert "For acme" in page
    assert "For beta" in page


def test_links_can_be_followed_and_markup_is_text(mails: Path) -> None:
    page = get(f"/dev/mail/{key_of(mails, 'For acme')}/", "acme.localhost").content.decode()

    assert '<a href="http://acme.localhost:8000/a/abc/"' in page
    assert "&lt;b&gt;now&lt;/b&gt;" in page


@pytest.mark.parametrize("key", ["nothing", "..", "1.M1P1Q1.host", "%2e%2e%2fsecret"])
def test_an_unknown_mail_is_not_found(mails: Path, key: str) -> None:
    assert get(f"/dev/mail/{key}/", "acme.localhost").status_code == 404


@pytest.mark.parametrize(("development", "folder"), [(False, True), (True, False)])
def test_there_is_no_mailbox_outside_an_embedded_development_install(
    mails: Path, settings: Any, development: bool, folder: bool
) -> None:
    settings.DEVELOPMENT = development
    settings.MAILBOX_DIR = mails if folder else None

    for host in ("acme.localhost", "localhost"):
        assert get("/dev/mail/", host).status_code == 404


def test_an_empty_mailbox_says_what_will_arrive(acme: Any, settings: Any, tmp_path: Path) -> None:
    settings.MAILBOX_DIR, settings.DEVELOPMENT = tmp_path, True

    assert "No e-mail yet" in get("/dev/mail/", "acme.localhost").content.decode()
