"""A link to sign in, in place of a password: for who may do no more than answer, where the tenant lets them."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from apps.accounts import services
from apps.accounts.models import Grant, Role, User
from apps.accounts.services.sign_in_links import LINKS, LONGEST_TARGET, SignInLinkOver
from apps.accounts.tests.conftest import PASSWORD
from apps.audit.models import AuditEntry
from apps.configuration import services as configuration
from apps.core import events
from apps.core.locking import locked
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("SEC-AUTH-001", "AUTH-001")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
BO = "bo@acme.example"


def _set(key: str, value: Any) -> None:
    configuration.change(f"sign_in.{key}", value, now=timezone.now())


@pytest.fixture
def bo(acme: Any, make_user: Callable[..., User]) -> User:
    _set("links", True)
    return make_user(BO, "stakeholder")


def _ask(email: str = BO, **more: str) -> Any:
    return Client(headers=ACME).post("/sign-in/link/", {"email": email, **more})


def _letters() -> list[Message]:
    events.deliver_due(timezone.now())
    return list(Message.objects.filter(kind="sign_in_link").order_by("pk"))


def _link() -> str:
    found = re.search(r"http://acme\.localhost(?::\d+)?(/sign-in/link/[^\s]+)", _letters()[-1].body)
    assert found
    return found[1]


def _path(user: User) -> str:
    return LINKS.path_for(User.objects.get(pk=user.pk))


def test_who_only_answers_signs_in_by_a_link_and_gets_to_where_they_wanted(bo: User) -> None:
    asked = _ask("BO@acme.example", next="/account/security/")
    browser, link = Client(headers=ACME), _link()
    shown = browser.get(link)
    entered = browser.post(link, {"next": "/account/security/"})

    assert (asked.status_code, asked["Location"]) == (302, "/sign-in/link/sent/")
    assert (shown.status_code, BO in shown.content.decode()) == (200, True)
    assert 'name="next" value="/account/security/"' in shown.content.decode()
    assert (entered.status_code, entered["Location"]) == (302, "/account/security/")
    assert browser.session["amr"] == ["email"]
    assert (browser.session["acr"], browser.session.get("factor_at")) == ("aal1", None)
    started = AuditEntry.objects.get(action="session.started")
    assert (started.object_id, started.details["amr"]) == (str(bo.pk), ["email"])
    assert AuditEntry.objects.filter(action="user.sign_in_link_asked", object_id=str(bo.pk)).exists()


def test_looking_at_the_link_changes_nothing_and_it_works_once(bo: User) -> None:
    _ask()
    link = _link()

    looked = [Client(headers=ACME).generic(method, link) for method in ("GET", "HEAD", "GET")]
    used = [Client(headers=ACME).post(link).status_code for _ in range(2)]

    assert [one.status_code for one in looked] == [200, 200, 200]
    assert not any("sessionid" in str(one.cookies) or "resimate" in one.cookies for one in looked)
    assert looked[0]["Referrer-Policy"] == "no-referrer"
    assert used == [302, 410]


def _work(email: str) -> tuple[Any, list[str]]:
    """The answer, and what it wrote and asked of people; settings are read anew every few seconds."""
    with CaptureQueriesContext(connection) as queries:
        answer = _ask(email)
    said = [re.sub(r"'[^']*'|\\x\w+|NULL", "?", one["sql"]) for one in queries]
    return answer, [one for one in said if re.search("accounts_|audit_|core_event", one)]


def test_every_address_gets_the_same_answer_and_the_same_work(
    bo: User, analyst: User, make_user: Callable[..., User]
) -> None:
    nothing = make_user("nothing@acme.example")
    both = make_user("both@acme.example", "stakeholder", "model_analyst")
    emails = [BO, "nobody@acme.example", str(analyst.email), str(nothing.email), str(both.email)]
    _ask("warm@acme.example")

    answers, work = zip(*map(_work, emails), strict=True)

    assert len({(one.status_code, one["Location"], one.content) for one in answers}) == 1
    assert work[0]
    assert [*work] == [work[0]] * len(emails)
    assert [one.address for one in _letters()] == [BO]


@pytest.mark.parametrize(
    "change", ["password", "epoch", "closed", "next link", "more rights", "no rights", "forbidden"]
)
def test_the_link_dies_with_what_it_was_made_for(bo: User, change: str) -> None:
    link, now = _path(bo), timezone.now()
    more = partial(services.grant_role, bo, acting_user=None, now=now)
    changes: dict[str, Callable[[], object]] = {
        "password": lambda: services.change_password(
            bo, present=PASSWORD, password="quite another lot of words", now=now
        ),
        "epoch": lambda: services.end_sessions(bo),
        "closed": lambda: User.objects.filter(pk=bo.pk).update(is_active=False),
        "next link": lambda: (_ask(), _letters()),
        "more rights": lambda: more(Role.objects.get(code="model_analyst")),
        "no rights": lambda: Grant.objects.filter(user=bo).delete(),
        "forbidden": lambda: _set("links", False),
    }
    changes[change]()

    assert Client(headers=ACME).post(link).status_code == 410


def test_the_link_is_good_for_as_long_as_the_tenant_says(bo: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = LINKS.token_for(bo), timezone.now()

    def after(hours: int) -> None:
        monkeypatch.setattr("django.core.signing.time.time", (now + timedelta(hours=hours, minutes=-1)).timestamp)

    after(24)
    assert services.owner_of_sign_in_link(token) == bo
    _set("link_hours", 2)
    after(2)
    assert services.owner_of_sign_in_link(token) == bo
    after(3)
    with pytest.raises(SignInLinkOver):
        services.owner_of_sign_in_link(token)


@pytest.mark.requirement("DB-002")
def test_the_link_opens_nothing_at_another_tenant(bo: User, beta: Any) -> None:
    link = _path(bo)
    with tenant_context(beta):
        _set("links", True)
        User.objects.create(pk=bo.pk, email=BO, password=bo.password, created_at=bo.created_at)
        services.grant_role(
            User.objects.get(pk=bo.pk), Role.objects.get(code="stakeholder"), acting_user=None, now=timezone.now()
        )

    assert Client(headers=BETA).post(link).status_code == 410
    assert Client(headers=ACME).post(link).status_code == 302


def test_it_leads_to_no_other_host(bo: User) -> None:
    _ask(next="https://evil.example/")
    link = _link()

    assert "evil" not in link
    assert Client(headers=ACME).post(link, {"next": "//evil.example/"})["Location"] == "/"


def test_where_the_tenant_does_not_let_people_nothing_is_shown(acme: Any) -> None:
    browser = Client(headers=ACME)

    assert b"/sign-in/link/" not in browser.get("/sign-in/").content
    assert [browser.get(path).status_code for path in ("/sign-in/link/", "/sign-in/link/sent/")] == [404, 404]
    assert browser.post("/sign-in/link/", {"email": BO}).status_code == 404
    assert not AuditEntry.objects.filter(action="user.sign_in_link_asked").exists()


def test_where_it_does_the_sign_in_page_leads_there_and_keeps_where_people_want_to_go(bo: User) -> None:
    page = Client(headers=ACME).get("/sign-in/", {"next": "/account/?a=1&b=2"}).content.decode()

    assert 'href="/sign-in/link/?next=%2Faccount%2F%3Fa%3D1%26b%3D2"' in page


def test_asking_again_and_again_gets_slower(bo: User, stopped_clock: None) -> None:
    statuses = [_ask(email).status_code for email in (BO, "nobody@acme.example") for _ in range(5)]

    assert statuses == [302, 302, 302, 302, 429] * 2
    assert len(_letters()) == 4


def test_of_two_at_once_one_comes_too_late(bo: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one is through between the first look at the link and the lock."""
    link, place = _path(bo), "apps.accounts.services.sign_in_links.locked"

    def overtaken(*args: Any) -> Any:
        monkeypatch.setattr(place, locked)
        assert Client(headers=ACME).post(link).status_code == 302
        return locked(*args)

    monkeypatch.setattr(place, overtaken)

    assert Client(headers=ACME).post(link).status_code == 410


def test_where_somebody_wants_to_go_makes_no_letter_longer_than_one_reads(bo: User) -> None:
    _ask(next="/account/?a=" + "x" * LONGEST_TARGET)

    assert "next=" not in _link()


def test_who_has_come_in_has_asked_in_vain_no_more(bo: User, stopped_clock: None) -> None:
    assert [_ask().status_code for _ in range(5)][-1] == 429
    Client(headers=ACME).post(_link())

    assert _ask().status_code == 302
