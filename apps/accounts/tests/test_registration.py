"""People make accounts by themselves where the tenant lets them, and nobody learns who has one."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Grant, Invitation, Registration, Role, User
from apps.accounts.services.invitations import LINKS
from apps.accounts.tests.conftest import PASSWORD
from apps.configuration import services as configuration
from apps.core import events
from apps.notifications.models import Message

pytestmark = pytest.mark.requirement("AUTH-001")

ACME, BETA = {"host": "acme.localhost"}, {"host": "beta.localhost"}
FORM = {"name": "Bo Quill", "password": PASSWORD, "repeated": PASSWORD}


@pytest.fixture
def opened(acme: Any) -> Callable[..., None]:
    def to(mode: str = "domains", domains: str = "acme.example, other.example", role: str = "none") -> None:
        for key, value in (("open", mode), ("domains", domains), ("role", role)):
            configuration.change(f"registration.{key}", value, now=timezone.now())

    return to


def _ask(email: str, host: dict[str, str] = ACME) -> Any:
    return Client(headers=host).post("/register/", {"email": email})


def _deliver() -> None:
    """What was asked is answered by another event."""
    for _ in range(2):
        events.deliver_due(timezone.now())


def _letters() -> list[tuple[str, str]]:
    _deliver()
    return [(one.kind, one.address) for one in Message.objects.select_related("key").order_by("pk")]


def _path() -> str:
    return f"/invitations/{LINKS.token_for(Invitation.objects.get())}/"


def test_there_is_no_such_page_where_the_tenant_does_not_say_so(acme: Any, opened: Any, beta: Any) -> None:
    for method in ("GET", "POST"):
        assert Client(headers=ACME).generic(method, "/register/").status_code == 404
    assert Client(headers=ACME).get("/register/sent/").status_code == 404
    assert b"/register/" not in Client(headers=ACME).get("/sign-in/").content
    with pytest.raises(services.RegistrationClosed):
        services.ask_to_register("x@acme.example", language="en", now=timezone.now())
    opened()

    assert Client(headers=ACME).get("/register/").status_code == 200
    assert b"/register/" in Client(headers=ACME).get("/sign-in/").content
    assert (_ask("x@acme.example", BETA).status_code, _ask("x@acme.example", {"host": "localhost"}).status_code) == (
        404,
        404,
    )


@pytest.mark.parametrize(
    ("key", "value"), [("open", "domains"), ("domains", "evil.example"), ("role", "stakeholder")], ids=str
)
def test_one_administrator_alone_lets_nobody_in(admin: User, make_user: Any, key: str, value: str) -> None:
    second, now, name = make_user("second@acme.example", "tenant_admin"), timezone.now(), f"registration.{key}"
    waits = configuration.change(name, value, now=now, actor=admin)

    assert waits is not None
    assert configuration.get(name) != value
    configuration.approve(waits, now=now, actor=second)
    assert configuration.get(name) == value


@pytest.mark.parametrize("role", ["none", "stakeholder"])
def test_an_account_is_made_once_the_mailbox_has_answered(opened: Any, role: str) -> None:
    opened(role=role)

    asked = _ask("Bo@Other.example")
    assert (asked.status_code, asked["Location"]) == (302, "/register/sent/")
    _deliver()
    letter = Message.objects.select_related("key").get()
    link = re.search(r"http://acme\.localhost(?::\d+)?(/invitations/[^\s]+/)", letter.body)
    assert link
    assert not User.objects.exists()
    made = Client(headers=ACME).post(link[1], FORM)

    assert (letter.kind, letter.address, made["Location"]) == ("account_registered", "Bo@Other.example", "/sign-in/")
    bo = User.objects.at("bo@other.example").get()
    assert list(Grant.objects.filter(user=bo).values_list("role__code", flat=True)) == [role][: role != "none"]
    assert not Registration.objects.exists()


@pytest.mark.requirement("SEC-AUTH-002")
def test_every_address_gets_the_same_answer_by_the_same_work(
    opened: Any, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process keeps for some seconds goes stale for neither, however busy the machine is."""
    opened()
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    _ask("warm@acme.example")
    work, answers = [], []
    for email in (admin.email, "nobody@acme.example"):
        with CaptureQueriesContext(connection) as queries:
            answers.append(_ask(email))
        work.append([re.sub(r"'[^']*'|\\x\w+|NULL|_x\d+", "?", one["sql"]) for one in queries])

    assert len({(one.status_code, one["Location"], one.content) for one in answers}) == 1
    assert [*work] == [work[0]] * 2
    kinds = {address: kind for kind, address in _letters()}
    assert (kinds[admin.email], kinds["nobody@acme.example"]) == ("account_is_there", "account_registered")


def test_other_domains_are_refused_at_the_field(opened: Any) -> None:
    opened()

    answers = [_ask(email) for email in ("x@evil.example", "x@notacme.example", "x@sub.acme.example", "x")]

    assert {one.status_code for one in answers} == {422}
    assert (
        b"Only addresses of these organisations can be registered: acme.example, other.example." in answers[0].content
    )
    assert not Registration.objects.exists()


@pytest.mark.requirement("SEC-AUTH-002")
def test_who_was_invited_gets_their_own_link_again_and_keeps_their_roles(opened: Any, admin: User) -> None:
    opened("invited")
    role = Role.objects.get(code="model_analyst")
    services.invite("bo@acme.example", roles=[role], acting_user=admin, now=timezone.now())

    assert {_ask(email).status_code for email in ("bo@acme.example", "cy@acme.example")} == {302}

    assert _letters() == [("colleague_invited", "bo@acme.example")] * 2
    assert Client(headers=ACME).post(_path(), FORM).status_code == 302
    assert Grant.objects.filter(user__in=User.objects.at("bo@acme.example")).get().role == role


@pytest.mark.requirement("SEC-AUTH-002")
@pytest.mark.parametrize("now_", ["closed", "invited", "domains"])
def test_what_the_settings_say_when_the_mailbox_answers_counts(opened: Any, now_: str) -> None:
    opened()
    _ask("bo@acme.example")
    _letters()
    path = _path()
    opened(now_, domains="other.example")

    assert Client(headers=ACME).post(path, FORM).status_code == 410
    assert not User.objects.exists()


def test_asking_again_and_again_gets_slower(opened: Any, stopped_clock: None) -> None:
    opened()

    answers = [_ask("bo@acme.example") for _ in range(6)]

    assert [one.status_code for one in answers[:3]] == [302] * 3
    assert (answers[5].status_code, bool(answers[5]["Retry-After"])) == (429, True)


@pytest.mark.parametrize("domains", ["bücher.example", "XN--bcher-kva.Example", "acme.example; BU\u0308CHER。example"])
def test_a_domain_is_admitted_in_every_spelling(opened: Any, domains: str) -> None:
    opened(domains=domains)

    assert {_ask(f"x@{one}").status_code for one in ("bücher.example", "xn--bcher-kva.example")} == {302}
    _ask("y@xn--bcher-kva.example")  # what browsers send of it
    assert "y@bücher.example" in {address for _kind, address in _letters()}
    refused = _ask("x@bucher.example")
    assert (refused.status_code, "bücher.example" in refused.content.decode()) == (422, True)


@pytest.mark.parametrize(
    "domains",
    [
        "acme",
        "@acme.example",
        "*.example",
        "ACME example",
        "a..example",
        "-a.example",
        "bü cher.example",
        "b\u2603.ex_",
    ],
)
def test_what_is_no_domain_is_no_setting(opened: Any, domains: str) -> None:
    from apps.core.errors import Refused

    with pytest.raises(Refused):
        opened(domains=domains)


@pytest.mark.requirement("SEC-DATA-002")
def test_an_address_that_made_no_account_is_forgotten_with_its_link(opened: Any, admin: User) -> None:
    """Anybody may have typed it. Who was invited by somebody since, or has an account, stays as they are."""
    opened()
    for name in ("gone", "invited", "joined"):
        _ask(f"{name}@acme.example")
    _deliver()
    gone, _, joined = [Invitation.objects.at(f"{one}@acme.example").get() for one in ("gone", "invited", "joined")]
    roles, now = [*Role.objects.filter(code="model_analyst")], timezone.now()
    invited = services.invite("invited@acme.example", roles=roles, acting_user=admin, now=now)
    services.accept_invitation(LINKS.token_for(joined), name="J", password=PASSWORD, now=now)

    events.deliver_due(now + timedelta(days=8))

    assert [Invitation.objects.get(pk=one.pk).is_erased for one in (gone, invited, joined)] == [True, False, False]
