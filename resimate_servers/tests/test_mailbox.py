"""The mailbox takes what is sent to it and shows it to whoever reads the folder."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from resimate_servers import mailbox, ports


@pytest.fixture
def server(tmp_path: Path) -> Iterator[mailbox.Mailbox]:
    running = mailbox.Mailbox(tmp_path, ports.choose("mail", {}))
    running.start()
    yield running
    running.stop()


def _letter(subject: str, **headers: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "no-reply@example.org", "ada@example.org", subject
    for name, value in headers.items():
        letter[name.replace("_", "-")] = value
    letter.set_content("Guten Tag,\n.\nbitte öffnen Sie https://example.org/a/token/\n")
    letter.add_alternative("<p>Guten Tag</p>", subtype="html")
    return letter


def test_it_keeps_a_message_whole(server: mailbox.Mailbox, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        client.send_message(_letter("Einladung für Ada", Message_ID="<1@example.org>"))

    [stored] = mailbox.messages(tmp_path)

    assert stored.message["Subject"] == "Einladung für Ada"
    assert stored.message["Message-ID"] == "<1@example.org>"
    body = stored.message.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "Guten Tag,\n.\nbitte öffnen Sie https://example.org/a/token/\n"
    assert mailbox.message(tmp_path, stored.key) == stored or stored.recipients == ("ada@example.org",)


def test_blind_copies_show_among_the_recipients(server: mailbox.Mailbox, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        client.send_message(_letter("Hallo"), to_addrs=["ada@example.org", "bo@example.org"])

    [stored] = mailbox.messages(tmp_path)

    assert stored.recipients == ("ada@example.org", "bo@example.org")


def test_the_newest_message_comes_first(server: mailbox.Mailbox, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        for number in range(12):
            client.send_message(_letter(str(number)))

    subjects = [stored.message["Subject"] for stored in mailbox.messages(tmp_path)]

    assert subjects == [str(number) for number in reversed(range(12))]


def test_one_message_is_found_by_its_key_and_no_other(server: mailbox.Mailbox, tmp_path: Path) -> None:
    key = mailbox.store(tmp_path, _letter("Kurzmitteilung").as_bytes(), "sms", ["+49 30 1234"])

    found = mailbox.message(tmp_path, key)

    assert found is not None
    assert (found.message["Subject"], found.recipients) == ("Kurzmitteilung", ("+49 30 1234",))
    assert mailbox.message(tmp_path, "../../etc/passwd") is None
