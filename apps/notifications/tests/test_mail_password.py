"""The password of the mail server may be in a vault; while it cannot be had, letters wait."""

from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from apps.configuration.environment import ENVIRONMENT
from apps.core.memory import forget_all
from apps.core.parts import PARTS, look
from apps.keys import providers
from apps.notifications.channels.email import EMAIL, NO_PASSWORD
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("UC-002", "SEC-DATA-001")


@pytest.fixture(autouse=True)
def _in_a_vault(acme: Any) -> Any:
    with override_settings(CONFIGURATION={"MAIL_PASSWORD": "vault:secret/data/resimate#smtp_password"}):
        forget_all()
        yield


def _connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    passwords = []
    real = mail.get_connection

    def connect(password: str | None = None, **more: Any) -> Any:
        passwords.append(password)
        return real(password=password, **more)

    monkeypatch.setattr("apps.notifications.channels.email.get_connection", connect)
    return passwords


def test_we_sign_in_with_what_stands_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "secret", lambda path, field: f"{field} of {path}")
    passwords = _connected(monkeypatch)

    assert list(EMAIL.deliver([])) == []

    assert passwords == ["smtp_password of secret/data/resimate"]


def test_without_one_that_of_the_address_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = _connected(monkeypatch)
    with override_settings(CONFIGURATION={}):
        ENVIRONMENT.look()
        list(EMAIL.deliver([]))

    assert passwords == [None]


def test_while_it_cannot_be_had_letters_wait_and_the_doctor_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_path: str, _field: str) -> str:
        raise providers.Unavailable("sealed")

    monkeypatch.setattr(providers, "secret", away)
    passwords = _connected(monkeypatch)

    (outcome,) = EMAIL.deliver([Message()])

    assert (outcome.is_sent, outcome.is_final, outcome.pause, passwords) == (False, False, NO_PASSWORD, [])
    state = look([PARTS["mail"]])["mail"]
    assert (state.up, state.detail) == (False, "What the installation sets mail.password to cannot be had now.")


def test_one_that_the_server_cannot_be_told_costs_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``smtplib`` says it when it signs in: the error itself holds the password."""
    monkeypatch.setattr(providers, "secret", lambda path, field: "schlüssel")

    def sign_in(connection: Any) -> bool:
        connection.password.encode("ascii")
        return True

    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.open", sign_in)
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend"):
        outcomes = list(EMAIL.deliver([Message(), Message()]))

    assert [(one.is_sent, one.is_final) for one in outcomes] == [(False, False)] * 2
    assert {one.error for one in outcomes} == {"SMTPException: UnicodeEncodeError"}
