"""What the next page is to show, a first password among it, waits encrypted in the browser and in the session."""

import re
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from django.core.signing import get_cookie_signer
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from django_tenants.utils import schema_context

from apps.accounts.models import Session, User
from apps.accounts.session_store import SessionStore
from apps.core import crypto
from apps.core.flashes import Messages

pytestmark = pytest.mark.requirement("SEC-DATA-001")
ACME = {"host": "acme.localhost"}
PASSWORD = re.compile(r"shown only now: ([\w-]+)")


def _kept(client: Client) -> str:
    """What lies in the cookie, as far as anybody reads it, and in the sessions."""
    signed = client.cookies["messages"].value if "messages" in client.cookies else ""
    data = signed.split(":")[0]  # what follows says when, and by whom
    held = [SessionStore().decode(one.session_data) for one in Session.objects.all()]
    return f"{signed} {urlsafe_b64decode(data)!r} {held}"


def test_a_first_password_is_readable_on_the_page_that_shows_it_alone(admin: User) -> None:
    office = Client(headers=ACME)
    office.force_login(admin)
    form = {"email": "new@acme.example", "name": "Zwetschge", "language": "en"}
    office.post("/admin/accounts/user/add/", form)
    kept = _kept(office)

    page = office.get("/admin/accounts/user/").content.decode()

    password = PASSWORD.search(page)
    assert password is not None
    assert User.objects.at("new@acme.example").get().check_password(password[1])
    assert password[1] not in kept
    assert "shown only now" not in kept
    assert "shown only now" not in office.get("/admin/accounts/user/").content.decode()


def _read(cookies: dict[str, str], session: Any) -> tuple[list[str], bool]:
    """What the next page shows, and whether the cookie goes with it."""
    request, response = RequestFactory().get("/", headers=ACME), HttpResponse()
    request.COOKIES, request.session = cookies, session
    messages = Messages(request)
    shown = [str(one) for one in messages]
    messages.update(response)
    return shown, "messages" in response.cookies and not response.cookies["messages"].value


def _later(cookies: dict[str, str], session: Any) -> list[str]:
    return _read(cookies, session)[0]


def _stored(*texts: Any, session: Any = None) -> dict[str, str]:
    request = RequestFactory().get("/", headers=ACME)
    request.session = {} if session is None else session
    messages, response = Messages(request), HttpResponse()
    for text in texts:
        messages.add(20, text)
    messages.update(response)
    return {name: one.value for name, one in response.cookies.items()}


def test_what_is_too_long_for_a_cookie_waits_in_the_session_encrypted(acme: Any) -> None:
    session: dict[str, Any] = {}
    texts = [f"{number} {'Mirabelle' * 300}" for number in range(3)]
    cookies = _stored(*texts, session=session)

    assert session
    assert "Mirabelle" not in str(session) + str(cookies)
    assert sorted(_later(cookies, session)) == texts
    assert len(_later(cookies, {})) < len(texts)  # the session has ended meanwhile


def test_those_of_one_tenant_are_read_by_no_other_and_what_was_tampered_with_by_nobody(acme: Any) -> None:
    cookies, session = _stored("Mirabelle"), {"_messages": '[["__json_message",0,25,"of before",""]]'}

    assert _later(cookies, {}) == ["Mirabelle"]
    with schema_context("beta"):
        assert _later(cookies, {}) == []
    assert _later({"messages": cookies["messages"][:-1] + "?"}, {}) == []
    assert _later({}, session) == []


def test_what_nobody_can_read_is_thrown_away_but_not_while_the_key_is_away(
    acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> str:
        raise crypto.KeyAway("gone")

    cookies, plain = _stored("Mirabelle"), get_cookie_signer(salt="django.contrib.messages").sign("plain")

    assert _read({"messages": "tampered"}, {}) == _read({"messages": plain}, {}) == ([], True)
    with monkeypatch.context() as for_now:
        for_now.setattr(crypto, "decrypt", away)
        assert _read(cookies, {}) == ([], False)
    assert _read(cookies, {}) == (["Mirabelle"], True)
    assert _read({}, {}) == ([], False)


def test_a_message_is_in_the_language_of_the_page_that_caused_it(acme: Any) -> None:
    with translation.override("de"):
        cookies = _stored("Erased")  # as services refuse, in English

    assert _later(cookies, {}) == ["Gelöscht"]


def test_while_the_key_is_away_none_is_kept_and_the_page_goes_out(acme: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> bytes:
        raise crypto.KeyAway("gone")

    monkeypatch.setattr(crypto, "encrypt", away)
    assert _stored("Mirabelle") == {}
