"""A new password ends what the old one opened, and its owner hears of it; one that others know is replaced first."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import ApiKey, User
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001")
NEW = "ferry lantern quartz meadow"
HOST = {"host": "acme.localhost"}
SignIn = Callable[..., Client]


@pytest.fixture
def ada(acme: Any, make_user: Any) -> User:
    user: User = make_user("ada@acme.example", "tenant_admin")
    return user


@pytest.fixture
def ana(acme: Any, make_user: Any) -> User:
    user: User = make_user("ana@acme.example", "model_analyst")
    return user


@pytest.fixture
def sign_in() -> SignIn:
    def signed_in(user: User, password: str = PASSWORD) -> Client:
        browser = Client(headers=HOST)
        answer = browser.post("/sign-in/", {"email": user.email, "password": password})
        assert answer.status_code == 302, answer.content
        return browser

    return signed_in


def _key(user: User, name: str = "laptop") -> tuple[ApiKey, Callable[[], int]]:
    key, text = services.create_api_key(user, name=name, acting_user=user, now=timezone.now())
    headers = {**HOST, "authorization": f"Bearer {text}"}
    return key, lambda: Client().get("/api/v1/models/", headers=headers).status_code


def _change(browser: Client, **more: str) -> Any:
    form = {"change": "password", "present": PASSWORD, "password": NEW, "repeated": NEW, **more}
    return browser.post("/account/", form)


def _letters() -> list[tuple[str, str]]:
    return [(one.kind, str(one.address)) for one in Message.objects.order_by("pk")]


def test_a_reset_revokes_the_keys_and_tells_the_owner(ada: User, ana: User) -> None:
    _one, call = _key(ana)
    assert call() == 200

    services.reset_password(ana, acting_user=ada, now=timezone.now())

    assert call() == 401
    assert AuditEntry.objects.filter(action="api_key.revoked").count() == 1
    assert _letters() == [("api_key_made", "ana@acme.example"), ("password_changed", "ana@acme.example")]


@pytest.mark.parametrize(("asked", "then"), [({}, 200), ({"revoke_keys": "on"}, 401)])
def test_ones_own_change_revokes_keys_if_that_is_wanted(
    asked: dict[str, str], then: int, ana: User, sign_in: SignIn
) -> None:
    _one, call = _key(ana)
    browser = sign_in(ana)

    assert _change(browser, **asked).status_code == 302

    assert call() == then
    assert browser.get("/account/").status_code == 200
    assert ("password_changed", "ana@acme.example") in _letters()


def test_the_page_lists_ones_own_keys_and_revokes_them(ada: User, ana: User, sign_in: SignIn) -> None:
    mine, call = _key(ana, "my laptop")
    others, call_of_others = _key(ada, "not mine")
    browser = sign_in(ana)
    page = browser.get("/account/").content.decode()
    assert "my laptop" in page
    assert "not mine" not in page

    refused = browser.post("/account/", {"change": "key", "key": str(others.pk)})
    revoked = browser.post("/account/", {"change": "key", "key": str(mine.pk)})

    assert (refused.status_code, revoked.status_code) == (404, 302)
    assert (call(), call_of_others()) == (401, 200)
    assert "my laptop" not in browser.get("/account/").content.decode()


def test_a_reopened_account_revives_no_session_and_no_key(ada: User, ana: User, sign_in: SignIn) -> None:
    browser, (_one, call), now = sign_in(ana), _key(ana), timezone.now()
    assert browser.get("/account/").status_code == 200

    services.deactivate_user(ana, acting_user=ada, now=now)
    services.activate_user(ana, acting_user=ada, now=now)

    assert browser.get("/account/").status_code == 302
    assert call() == 401
    assert sign_in(ana).get("/account/").status_code == 200


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.requirement("SEC-AUTH-001")
def test_the_present_password_is_not_guessed_without_end(ana: User, sign_in: SignIn) -> None:
    browser = sign_in(ana)

    tries = [_change(browser, present=f"wrong {number}") for number in range(14)]

    assert {one.status_code for one in tries[:5]} == {422}
    assert tries[-1].status_code == 429
    assert int(tries[-1]["Retry-After"]) > 0
    assert _change(browser).status_code == 429
    assert User.objects.get(pk=ana.pk).check_password(PASSWORD)


def test_a_password_that_an_administrator_has_seen_opens_only_the_page_that_replaces_it(
    ada: User, ana: User, sign_in: SignIn
) -> None:
    _user, first = services.reset_password(ana, acting_user=ada, now=timezone.now())
    browser = sign_in(ana, first)

    pages = [browser.get(path) for path in ("/", "/models/", "/campaigns/", "/sign-in/")]
    api = browser.get("/api/v1/models/")

    assert {(one.status_code, one["Location"]) for one in pages[:3]} == {(302, "/account/")}
    assert (api.status_code, api.json()["code"]) == (403, "password_is_first")
    assert "Somebody else has seen your password" in browser.get("/account/").content.decode()
    same = _change(browser, present=first, password=first, repeated=first)
    assert same.status_code == 422
    assert browser.get("/models/").status_code == 302
    replaced = _change(browser, present=first)
    assert (replaced.status_code, replaced["Location"]) == (302, "/")
    assert browser.get("/models/").status_code == 200
    assert browser.get("/api/v1/models/").status_code == 200
    assert sign_in(ana, NEW).get("/models/").status_code == 200


def test_who_made_the_account_says_whose_password_it_is(ada: User) -> None:
    now = timezone.now()

    by_administrator = services.create_user("a@acme.example", password=PASSWORD, acting_user=ada, now=now)
    by_operator = services.create_user("b@acme.example", password=PASSWORD, now=now)

    assert (by_administrator.password_is_first, by_operator.password_is_first) == (True, False)
